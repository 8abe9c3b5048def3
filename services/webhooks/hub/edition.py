"""Pure. What subscribers of a topic are sent: a whole feed with the new, changed and retracted entries alone, in the bytes of the feed itself.

Source: WebSub, section 7 ("the full contents of the topic URL", of which a feed's entries that were delivered before may be left out).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.webhooks.hub.filing import Filed
from services.webhooks.hub.topics import Topic
from shared.events import Change, DocumentPublished
from shared.syndication.addresses import Address, Format, Site
from shared.syndication.article import Article, article_of
from shared.syndication.directory import Placed
from shared.syndication.facets import SUBJECTS, facets_of
from shared.syndication.feed import Feed, titled
from shared.syndication.formats import BETWEEN, ENDS, entry, head, summarised, with_related
from shared.syndication.questions import question_in
from shared.syndication.splicing import Piece, plain, spliced

Key = TypeVar("Key")
Value = TypeVar("Value")
MOST_KEPT = 2_000
"""Entries that are kept for the next topic that they belong to: 10 kB each, as a rule."""


@dataclass(frozen=True, slots=True)
class News:
    """A document's newest event, or its article as another one's event told it, the place in the stream, and what is remembered of it."""

    event: DocumentPublished | Article
    place: int
    record: Filed

    @property
    def document(self) -> str:
        return self.event.id if isinstance(self.event, Article) else self.event.document_id

    @property
    def correlation(self) -> str:
        return "" if isinstance(self.event, Article) else self.event.correlation_id


class Renderer:
    """Renders each version of a document once for each format, however many topics it belongs to."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._articles: OrderedDict[tuple[str, int], Article] = OrderedDict()
        self._entries: OrderedDict[tuple[str, int, Format, bool], Piece] = OrderedDict()

    def article(self, news: News) -> Article:
        """The article as feeds shelve it."""
        return _kept(self._articles, (news.document, news.place), lambda: self._article(news))

    def entry(self, news: News, form: Format, *, summary: bool) -> Piece:
        """The article's entry, with its related articles."""

        def render() -> Piece:
            article = self.article(news)
            shown = summarised(article) if summary else article
            return Piece(with_related(entry(shown, self._site, form), shown, self._site, form))

        return _kept(self._entries, (news.document, news.place, form, summary), render)

    def edition(self, topic: Topic, news: Sequence[News], name: str = "", number: int = 0) -> bytes:
        """The feed with these entries alone, newest first. `name`: what it is about, if they do not say it; `number`: as of Feed."""
        address, form = topic.address, topic.form
        assert address, "what others publish is not rendered here"  # noqa: S101 - a programmer's error
        assert form, "what others publish is not rendered here"  # noqa: S101 - a programmer's error
        ordered = sorted(news, key=_newest_first)
        if topic.near:
            ordered = sorted(news, key=_latest_first)
        articles = tuple(map(self.article, ordered))
        title, about = titled(self._site, name or name_of(address, articles), address.path)
        top = Piece(head(Feed(self._site, address, title, about, articles, number=number), form))
        entries = [self.entry(each, form, summary=address.summary) for each in ordered]
        return plain(spliced(top, entries, Piece(BETWEEN[form]), Piece(ENDS[form])))

    def _article(self, news: News) -> Article:
        event, record = news.event, news.record
        if isinstance(event, Article):
            return event
        placed = Placed(event.subject, event.second, event.runners_up)
        made = article_of(
            event,
            self._site,
            placed=placed,
            first_published_at=event.first_published_at,
            place=news.place,
            sequence=event.sequence,
        )
        facts: dict[str, object] = {"updated_at": event.updated_at, "related": event.related}
        facts |= {"why": () if event.change is Change.RETRACTED else event.why, "needs_review": event.needs_review}
        if event.change is Change.RETRACTED:  # it says no longer where it stood
            facts |= {"authors": record.authors, "keywords": record.keywords}
            facts |= {"language": record.language, "source_url": record.source_url}
        return made.model_copy(update=facts)


def name_of(address: Address, articles: Sequence[Article]) -> str:
    """What a feed is about, in the words of its documents; empty for everything."""
    if address.query:
        return question_in(address.query).title
    kind, _, slug = address.path.partition("/")
    for article in articles:
        if kind == SUBJECTS and (found := [each.name for each in article.subjects if each.slug == slug]):
            return found[0]
        if name := facets_of(article).get(address.path):
            return name
    return slug


def _newest_first(news: News) -> tuple[float, int]:
    return -news.event.first_published_at.timestamp(), -news.place


def _latest_first(news: News) -> int:
    return -news.place


def _kept(known: OrderedDict[Key, Value], key: Key, make: Callable[[], Value]) -> Value:
    if key not in known:
        known[key] = make()
        while len(known) > MOST_KEPT:
            known.popitem(last=False)
    known.move_to_end(key)
    return known[key]
