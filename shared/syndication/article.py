"""Pure. The read model: an article as its page and its feeds show it."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from html import escape

from pydantic import AwareDatetime

from shared.events import Change, Document, DocumentRelated, Fact, RelatedArticle, Subject
from shared.syndication.addresses import Site
from shared.syndication.directory import Directory, Placed
from shared.syndication.languages import known_language
from shared.syndication.markup import END_TAG, as_html, first_image, one_line, plain, sanitised, web_address

LARGEST_CONTENT = 50_000
"""Bytes of escaped markup above which a feed shows an entry's summary only; its page has the whole."""

FRAME = 1_000
"""Bytes that an entry has beside its texts: elements, addresses, identifiers, dates, what is said of its subjects."""

NEIGHBOURS = 5 * 200
"""Bytes kept free for the links to related articles, which come and go without the document."""


class Status(StrEnum):
    PUBLISHED = "published"
    RETRACTED = "retracted"


class Copy(Fact):
    """A document that says nearly the same: its id and title."""

    id: str
    title: str


class Article(Fact):
    """One document as readers see it.

    `updated_at` moves with the document's version and never because a neighbour's list changed. `feed_bytes`
    estimates, generously, what it takes in a feed; `whole` says whether a feed shows its content or its summary only.
    Both depend on the document alone, so an entry never shrinks under a reader's eyes because others came.
    """

    id: str
    version: int
    status: Status = Status.PUBLISHED
    title: str
    html: str = ""
    text: str = ""
    summary: str = ""
    authors: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    subject: Subject
    second: Subject | None = None
    runners_up: tuple[Subject, ...] = ()
    why: tuple[str, ...] = ()
    needs_review: bool = False
    duplicate_of: str | None = None
    in_feeds: bool = True
    """False for a near-duplicate that has a page only."""
    content_hash: str = ""
    related: tuple[RelatedArticle, ...] = ()
    original: Copy | None = None
    duplicates: tuple[Copy, ...] = ()
    source_url: str | None = None
    source_published_at: AwareDatetime | None = None
    language: str = "en"
    image: str | None = None
    first_published_at: AwareDatetime
    updated_at: AwareDatetime
    place: int | None = None
    """Where it stands for ever: the number of the change that brought it first. Higher is newer."""
    sequence: int = 0
    """The number of the change that brought this version."""
    whole: bool = True
    feed_bytes: int = FRAME

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """One or two; on the shelves of all of them it stands."""
        return (self.subject, self.second) if self.second else (self.subject,)

    @property
    def said(self) -> tuple[str, str | None]:
        """What is the same as long as nothing but the subject changes."""
        return self.content_hash, self.duplicate_of

    @property
    def retracted(self) -> bool:
        return self.status is Status.RETRACTED

    @property
    def score(self) -> int:
        """Its place on every shelf; by the clock, if it came before places were given."""
        return int(self.first_published_at.timestamp() * 1000) if self.place is None else self.place

    @property
    def neighbours(self) -> tuple[RelatedArticle, ...]:
        """The related articles that readers are told of."""
        return () if self.retracted else self.related

    @property
    def headline(self) -> str:
        """The title as feeds show it."""
        title = headline_of(self.title)
        return f"Retracted: {title}" if self.retracted else title

    @property
    def notice(self) -> str:
        """What stands in place of a retracted text."""
        day = f"{self.updated_at.astimezone(UTC):%d %B %Y}".lstrip("0")
        return f"This article was retracted on {day}. Please do not rely on earlier copies of it."

    @property
    def abstract(self) -> str:
        """Plain text, never empty."""
        return self.notice if self.retracted else one_line(self.summary) or self.headline

    @property
    def content(self) -> str:
        """The markup that a feed carries; empty if it shows the abstract only."""
        if self.retracted:
            return f"<p>{self.notice}</p>"
        return self.html if self.whole else ""


def article_of(
    event: DocumentRelated,
    site: Site,
    *,
    placed: Placed,
    first_published_at: datetime,
    with_duplicates: bool = False,
    place: int | None = None,
    sequence: int = 0,
) -> Article:
    """The article that `event` makes, sanitised and measured; `placed` says on which shelves it stands.

    A near-duplicate stands on none, unless `with_duplicates`.
    """
    document = event.document
    retracted = event.change is Change.RETRACTED
    html = "" if retracted else sanitised(document.html, document.url or site.document(document.id))
    article = Article(
        id=document.id,
        version=document.version,
        status=Status.RETRACTED if retracted else Status.PUBLISHED,
        title=document.title,
        html=html,
        text="" if retracted else document.text,
        summary="" if retracted else summary_of(document),
        authors=document.authors,
        keywords=document.keywords,
        subject=placed.subject,
        second=placed.second,
        runners_up=placed.runners_up,
        why=() if retracted or placed.lost else event.why,
        needs_review=not retracted and (placed.lost or event.needs_review),
        duplicate_of=document.duplicate_of,
        in_feeds=with_duplicates or document.duplicate_of is None,
        content_hash=document.content_hash,
        source_url=web_address(document.url),
        source_published_at=document.published_at,
        language=language_of(document),
        image=first_image(html),
        first_published_at=first_published_at,
        updated_at=event.occurred_at,
        place=place,
        sequence=sequence,
    )
    return _measured(article)


def headline_of(title: str) -> str:
    """A title as feeds show it."""
    # RSS has no way to show tags that look like HTML's (the W3C validator: ContainsHTML).
    return (plain if END_TAG.search(title) else one_line)(title) or "Untitled"


def summary_of(document: Document) -> str:
    """What the article says in short."""
    return one_line(document.summary) or _beginning(document.text)


def language_of(document: Document) -> str:
    """Its language by its tag (RFC 5646); what is none counts as English."""
    return known_language(document.language)


def placed_anew(article: Article, directory: Directory) -> Article:
    """The article under its subjects as they are now."""
    placed = directory.placed(article.subject, article.second, article.runners_up, since=article.updated_at)
    if (placed.subject, placed.second, placed.runners_up) == (article.subject, article.second, article.runners_up):
        return article
    changes: dict[str, object] = {"subject": placed.subject, "second": placed.second, "runners_up": placed.runners_up}
    if placed.lost:
        changes |= {"why": (), "needs_review": not article.retracted}
    return article.model_copy(update=changes)


def _beginning(text: str, length: int = 280) -> str:
    start = one_line(text[: length * 2])
    return start if len(start) <= length else start[:length].rsplit(" ", 1)[0] + "…"


def _measured(article: Article) -> Article:
    content = _size(article.html)
    whole = content <= LARGEST_CONTENT
    texts = (article.title, article.summary, article.source_url or "", *article.authors, *article.keywords)
    size = FRAME + NEIGHBOURS + sum(_size(as_html(text)) + 40 for text in texts)
    return article.model_copy(
        update={"whole": whole, "feed_bytes": size + (content if whole else _size(article.summary))}
    )


def _size(text: str) -> int:
    return len(escape(text, quote=False).encode(errors="replace"))
