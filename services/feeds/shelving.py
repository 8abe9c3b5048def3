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

from array import array
from dataclasses import dataclass, field, replace

from services.feeds.finding import words_in
from services.feeds.nearness import moved, renewed
from services.feeds.places import DIRECTORY, Keys, card_of, changed, flat, placing, rearranged
from services.feeds.present import RELATED, Present
from shared.events import (
    Change,
    DocumentPublished,
    DocumentRelated,
    Event,
    RelatedChanged,
    RelatedPublished,
    TaxonomyPassed,
)
from shared.steps import Command, Step, Word
from shared.syndication.addresses import Site
from shared.syndication.article import Article, Status, article_of
from shared.syndication.directory import Directory, Placed

STAYING = ("authors", "keywords", "language", "source_url")
"""What decides in which feeds an article stands, beside its subjects."""


@dataclass(frozen=True, slots=True)
class Shelving:
    """Decides; `site` gives the addresses, `directory` the subjects. `with_duplicates`: near-duplicates enter the feeds too.

    Each change of the shelves has a `number`, higher than all before it.
    """

    keys: Keys
    site: Site
    directory: Directory = field(default_factory=Directory)
    with_duplicates: bool = False

    def decide(self, event: Event, present: Present, number: int) -> tuple[Step, Present, Directory]:
        """The step that `event` causes, and what is there after it."""
        match event:
            case DocumentRelated():
                return self.shelve(event, present, number)
            case RelatedChanged():
                return (*self.relink(event, present, number), self.directory)
            case TaxonomyPassed():
                step, directory = rearranged(event, self.directory, number, self.keys)
                return step, present, directory
        raise TypeError(f"feeds knows no {type(event).__name__}")

    def shelve(self, event: DocumentRelated, present: Present, number: int) -> tuple[Step, Present, Directory]:
        """Put a new version where it belongs; it keeps its place in time, and a retracted one its shelf."""
        before = present.article
        if before and before.version >= event.document.version:
            return Step("outdated", facts={"version": event.document.version}), present, self.directory
        after = self._related_after(event, present)
        first = before.first_published_at if before else event.occurred_at
        article = article_of(
            event,
            self.site,
            placed=self._placing(event, before),
            first_published_at=first,
            with_duplicates=self.with_duplicates,
            place=before.place if before and before.in_feeds else number,
            sequence=number,
        )
        if before and article.retracted:  # readers find the notice wherever they found the article
            article = article.model_copy(update={name: getattr(before, name) for name in STAYING})
        directory = self.directory.revived(subject.slug for subject in article.subjects)
        after = replace(after, card=card_of(article).encode())
        step = Step(
            verdict="retracted" if article.retracted else "shelved",
            writes=(
                (
                    "HSET",
                    self.keys.article(article.id),
                    *("card", after.card, "html", article.html, "text", article.text),
                    *_remembered(article, present),
                    *_listed(present, after, number),
                ),
                *self._moved(event.document_id, present, after, number),
                *placing(article, before, number, self.keys),
                *(self._revived(directory, number) if directory is not self.directory else ()),
            ),
            emits=(self._published(event, article, present, after),),
            facts={"version": article.version, "subject": article.subject.slug},
        )
        return step, after, directory

    def relink(self, event: RelatedChanged, present: Present, number: int) -> tuple[Step, Present]:
        """Take over a newer list; readers and partners hear of it if they know the article."""
        if event.related_revision <= present.related_revision:
            return Step("outdated", quiet=True), present
        after = self._related_after(event, present)
        kept: Command = ("HSET", self.keys.article(event.id), *_listed(present, after, number))
        writes = (kept, *self._moved(event.id, present, after, number))
        article = present.heading
        if article is None or article.status is Status.RETRACTED:
            return Step("kept", writes=writes, quiet=True), after
        moves = moved(present.neighbours, after.neighbours)
        told = RelatedPublished.after(
            event, title=article.title, link=self.site.document(article.id), sequence=number, **moves
        )
        mark = changed(article.id, number, self.keys)
        return Step("relinked", (*writes, mark), (told,), quiet=True), after

    def _placing(self, event: DocumentRelated, before: Article | None) -> Placed:
        if before and event.change is Change.RETRACTED:
            return self.directory.placed(before.subject, before.second, before.runners_up, since=before.updated_at)
        return self.directory.placed(event.subject, event.second, event.runners_up, since=event.occurred_at)

    def _published(
        self, event: DocumentRelated, article: Article, present: Present, after: Present
    ) -> DocumentPublished:
        before = present.article
        # Nobody follows what is near an article that was not there.
        moves = moved(present.neighbours, after.neighbours) if before and not before.retracted else {}
        same_words = before is not None and not before.retracted and before.said == article.said
        return DocumentPublished.after(
            event,
            subject=article.subject,
            second=article.second,
            runners_up=article.runners_up,
            why=article.why,
            needs_review=article.needs_review,
            reclassified=event.change is Change.UPDATED and same_words and bool(article.content_hash),
            related=event.related if after.related_revision > present.related_revision else present.related,
            related_revision=max(after.related_revision, 0),
            link=self.site.document(article.id),
            first_published_at=article.first_published_at,
            updated_at=article.updated_at,
            sequence=article.sequence,
            **moves,
        )

    def _related_after(self, event: DocumentRelated | RelatedChanged, present: Present) -> Present:
        if event.related_revision <= present.related_revision:
            return present
        listed = RELATED.serializer.to_json(event.related)
        return Present(present.card, listed, event.related_revision, relisted=True, text=present.text)

    def _revived(self, directory: Directory, number: int) -> tuple[Command, ...]:
        """Write down a directory that a subject has come back to."""
        words: Command = ("HSET", self.keys.taxonomy, *flat(directory.words()))
        return words, changed(DIRECTORY, number, self.keys)

    def _moved(self, document_id: str, present: Present, after: Present, number: int) -> tuple[Command, ...]:
        if after.related_revision == present.related_revision:
            return ()
        placed = present.relisted
        return renewed(document_id, present.neighbours, after.neighbours, number, self.keys, placed=placed)


def _remembered(article: Article, present: Present) -> tuple[Word, ...]:
    """By which words a retracted article is found, so that its notice reaches whom the article has reached."""
    before = present.article
    if before is None or before.retracted or not article.retracted:
        return ()
    return "words", array("Q", sorted(words_in(before, present.text))).tobytes()


def _listed(present: Present, after: Present, number: int) -> tuple[Word, ...]:
    if after.related_revision == present.related_revision:
        return ()
    return "related", after.listed, "related_revision", after.related_revision, "relisted", number
