"""Pure. What an event does to the shelves: the present article and the event in, a step and the next present out.

An article's text and its related list come by different events and each has a number of its own: `version` for the
one, `related_revision` for the other. A lower or equal number than the present one changes nothing, so neither the
order of arrival nor a repetition matters.

Nothing here has a guard. The reader of a batch (app.py) knows the present exactly, because it commits under a fence:
had anybody else written to the shelves since it looked, the whole batch would be decided again. That is what lets a
document leave its old shelf when its subject changes: which shelf that is must be known when the step is decided, and
a guard on the version alone would let two processes each decide on what the other was about to change. Every write
may be repeated without trace.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from services.feeds.addresses import Site
from services.feeds.article import Article, article_of
from shared.events import (
    Change,
    DocumentPublished,
    DocumentRelated,
    Event,
    RelatedArticle,
    RelatedChanged,
    RelatedPublished,
    Subject,
)
from shared.steps import Command, Step

ALL = "all"
RELATED = TypeAdapter(tuple[RelatedArticle, ...])
NEVER = -1


def subject_path(slug: str) -> str:
    """The path of a subject's feed; a shelf has its feed's path for a name."""
    return f"subjects/{slug}"


@dataclass(frozen=True, slots=True)
class Keys:
    """What feeds keeps in Redis.

    article(id)   hash    card: the article as JSON, without its html, text and related list; html; text;
                          related: the list as JSON; related_revision
    shelf(path)   zset    document id → when it was first published, in ms
    subjects      hash    slug → name, of every subject that ever had an article
    revisions     hash    path → the id of the last event that changed this feed
    fence         string  changed by every batch
    chronicle     hash    number → the event as outsiders are told of it; last: the newest number
    """

    key: Callable[..., str]

    def article(self, document_id: str) -> str:
        return self.key("feeds", "article", document_id)

    def shelf(self, path: str) -> str:
        return self.key("feeds", "shelf", path)

    @property
    def subjects(self) -> str:
        return self.key("feeds", "subjects")

    @property
    def revisions(self) -> str:
        return self.key("feeds", "revisions")

    @property
    def fence(self) -> str:
        return self.key("feeds", "fence")

    @property
    def chronicle(self) -> str:
        return self.key("feeds", "chronicle")


@dataclass(frozen=True, slots=True)
class Present:
    """What is there of a document: its article's card and the newest list of its neighbours."""

    article: Article | None = None
    related: tuple[RelatedArticle, ...] = ()
    related_revision: int = NEVER


@dataclass(frozen=True, slots=True)
class Shelving:
    """Decides; `site` gives the addresses."""

    keys: Keys
    site: Site

    def decide(self, event: Event, present: Present) -> tuple[Step, Present]:
        """The step that `event` causes, and what is there after it."""
        match event:
            case DocumentRelated():
                return self.shelve(event, present)
            case RelatedChanged():
                return self.relink(event, present)
        raise TypeError(f"feeds knows no {type(event).__name__}")

    def shelve(self, event: DocumentRelated, present: Present) -> tuple[Step, Present]:
        """Put a new version where it belongs; it keeps its place in time, and a retracted one its shelf."""
        before = present.article
        if before and before.version >= event.document.version:
            return Step("outdated", facts={"version": event.document.version}), present
        after = self._related_after(event, present)
        first = before.first_published_at if before else event.occurred_at
        subject = _subject_of(event, before)
        article = article_of(event, self.site, subject=subject, first_published_at=first)
        step = Step(
            verdict="retracted" if article.retracted else "shelved",
            writes=(self._kept(article), *self._linked(event, present), *self._placed(article, before, event.event_id)),
            emits=(self._published(event, article, after),),
            facts={"version": article.version, "subject": subject.slug},
        )
        return step, replace(after, article=article)

    def relink(self, event: RelatedChanged, present: Present) -> tuple[Step, Present]:
        """Take over a newer list; readers and partners hear of it if they know the article."""
        if event.related_revision <= present.related_revision:
            return Step("outdated", quiet=True), present
        after = self._related_after(event, present)
        writes = self._linked(event, present)
        article = present.article
        if article is None or article.retracted:
            return Step("kept", writes=writes, quiet=True), after
        told = RelatedPublished.after(event, title=article.title, link=self.site.document(article.id))
        return Step("relinked", (*writes, self._raised(event.event_id, article)), (told,), quiet=True), after

    def _published(self, event: DocumentRelated, article: Article, after: Present) -> DocumentPublished:
        return DocumentPublished.after(
            event,
            subject=article.subject,
            related=after.related,
            related_revision=max(after.related_revision, 0),
            link=self.site.document(article.id),
            first_published_at=article.first_published_at,
            updated_at=article.updated_at,
        )

    def _related_after(self, event: DocumentRelated | RelatedChanged, present: Present) -> Present:
        if event.related_revision <= present.related_revision:
            return present
        return replace(present, related=event.related, related_revision=event.related_revision)

    def _kept(self, article: Article) -> Command:
        card = article.model_dump_json(exclude={"html", "text", "related"})
        return ("HSET", self.keys.article(article.id), "card", card, "html", article.html, "text", article.text)

    def _linked(self, event: DocumentRelated | RelatedChanged, present: Present) -> tuple[Command, ...]:
        if event.related_revision <= present.related_revision:
            return ()
        key = self.keys.article(event.document_id)
        related = RELATED.dump_json(event.related)
        return (("HSET", key, "related", related, "related_revision", event.related_revision),)

    def _placed(self, article: Article, before: Article | None, event_id: str) -> tuple[Command, ...]:
        if article.retracted and before is None:  # nobody has seen it: a notice would be the first they hear of it
            return ()
        own = subject_path(article.subject.slug)
        score = int(article.first_published_at.timestamp() * 1000)
        onto = tuple(("ZADD", self.keys.shelf(path), score, article.id) for path in (ALL, own))
        named = ("HSET", self.keys.subjects, article.subject.slug, article.subject.name)
        moved = before is not None and before.subject.slug != article.subject.slug
        if before is None or not moved:
            return (*onto, named, self._raised(event_id, article))
        leave = ("ZREM", self.keys.shelf(subject_path(before.subject.slug)), article.id)
        return (leave, *onto, named, self._raised(event_id, article, before))

    def _raised(self, event_id: str, *articles: Article) -> Command:
        paths = [ALL, *(subject_path(article.subject.slug) for article in articles)]
        return ("HSET", self.keys.revisions, *(word for path in paths for word in (path, event_id)))


def _subject_of(event: DocumentRelated, before: Article | None) -> Subject:
    if before and event.change is Change.RETRACTED:
        return before.subject
    return event.subject
