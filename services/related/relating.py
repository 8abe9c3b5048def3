"""Pure. A batch of classified documents → what each of them causes.

The whole batch is taken first and told afterwards: every list that is sent on is the list after the last event of the
batch, under the one revision that the batch makes. A document of the batch carries its list itself; another one whose
list changed is sent on once, by the last event that changed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from services.related.index import Index
from services.related.lists import SHOWN
from services.related.reasons import Newcomer, Reasons
from services.related.records import Held, Record, day_of
from services.related.terms import Words, terms_in
from shared.events import (
    Change,
    DocumentClassified,
    DocumentRelated,
    Event,
    RelatedArticle,
    RelatedChanged,
    event_id,
    passed_on,
)
from shared.steps import Command, Step

REASONS = Reasons()
NO_MEANINGS: Mapping[int, bytes | Exception] = {}

Lists = Mapping[str, tuple[RelatedArticle, ...]]


class Reading(NamedTuple):
    """A document as it was read."""

    record: Record
    words: Words


class Relating:
    """One batch on its way through the index: take its events in their order, name what came, then ask for the steps.

    `meanings`: what the documents mean, by the places of their events, or why that cannot be told.
    """

    def __init__(
        self,
        index: Index,
        events: Sequence[Event],
        read: Mapping[int, Reading] | None = None,
        meanings: Mapping[int, bytes | Exception] = NO_MEANINGS,
    ) -> None:
        self.taken: list[int] = []
        """The places of the events that changed the index."""
        self._index = index
        self._events = events
        self._read = read or {}
        self._meanings = meanings
        self._failed: dict[int, Exception] = {}
        self._changed_by: dict[str, int] = {}
        self._changes: dict[int, int] = {}
        self._beside: dict[int, set[str]] = {}
        self._came: dict[str, Newcomer] = {}

    def take(self, place: int) -> None:
        """Let one event change the index; one that is not newer than what is known, or that fails, changes nothing.

        Nor does one that concerns no document: it is passed on.
        """
        event = self._events[place]
        if not isinstance(event, DocumentClassified):
            return
        if event.document.version <= self._index.version(event.document_id):
            return
        try:
            record, words = self._read.get(place) or reading_of(event, self._meaning(place))
        except Exception as error:  # this event's own fault: the belt tries it again or buries it
            self._failed[place] = error
            return
        self._beside[place] = self._index.standing.beside(event.document_id)
        changed = self._apply(event.document_id, record)
        self._came.pop(event.document_id, None)
        if not record.retracted:
            self._came[event.document_id] = Newcomer(event.document_id, changed, words)
        self._changed_by.update(dict.fromkeys(changed, place))
        self._changes[place] = len(changed)
        self.taken.append(place)

    def name(self) -> None:
        """Keep in words what each newcomer of the batch shares with those on its list and those on whose lists it came."""
        held = self._index.held_all(self._came)
        REASONS.meet(self._index, [_with_its_list(came, held[name]) for name, came in self._came.items()])

    def steps(self, revision: int, writes: Sequence[Command] = ()) -> list[Step | Exception]:
        """What each event causes, in their order; `revision` is the one that the lists have now.

        The first event that changed the index carries `writes`, which make the change of the whole batch last.
        """
        own = {self._events[place].document_id for place in self.taken}
        others: dict[int, list[str]] = {}
        for document_id, place in self._changed_by.items():
            if document_id not in own:
                others.setdefault(place, []).append(document_id)
        told = {event.document_id for event in self._events if isinstance(event, DocumentClassified)}
        lists = articles(self._index, [*told, *(self._changed_by.keys() - told)])
        carrier = self.taken[0] if self.taken else None
        return [
            self._failed.get(place)
            or self._step(place, others.get(place, ()), lists, revision, writes if place == carrier else ())
            for place in range(len(self._events))
        ]

    def _meaning(self, place: int) -> bytes:
        meaning = self._meanings.get(place, b"")
        if isinstance(meaning, Exception):
            raise meaning
        return meaning

    def _apply(self, document_id: str, record: Record) -> list[str]:
        if record.retracted:
            return self._index.remove(document_id, record.version)
        return self._index.put(document_id, record)

    def _step(self, place: int, others: Sequence[str], lists: Lists, revision: int, writes: Sequence[Command]) -> Step:
        event = self._events[place]
        if not isinstance(event, DocumentClassified):
            return Step("passed_on", emits=(passed_on(event, DocumentRelated.stream),))
        related = lists[event.document_id]
        changed = (
            RelatedChanged.after(event, about=other, id=other, related=lists[other], related_revision=revision)
            for other in others
        )
        beside = self._staying_beside(place, event)
        own = DocumentRelated.after(event, related=related, related_revision=revision, beside=beside, meaning=b"")
        facts = {"related": len(related), "changed": self._changes.get(place, 0), "revision": revision}
        return Step(self._verdict(place, event.change), writes=tuple(writes), emits=(own, *changed), facts=facts)

    def _staying_beside(self, place: int, event: DocumentClassified) -> tuple[str, ...]:
        """On whose lists it stood, and stands now unless it was taken back; who lets it in is told by a list of its own."""
        before = self._beside.get(place, set())
        if before and event.change is not Change.RETRACTED:
            before = before & self._index.standing.beside(event.document_id)
        return tuple(sorted(before))

    def _verdict(self, place: int, change: Change) -> str:
        if place not in self._changes:
            return "known"
        return "unlinked" if change is Change.RETRACTED else "linked"


def _with_its_list(came: Newcomer, held: Held | None) -> Newcomer:
    """The same with those on its list for its first neighbours."""
    listed = [near for near, _ in held.nearest[:SHOWN]] if held else []
    return came._replace(neighbours=[*dict.fromkeys([*listed, *came.neighbours])])


def reading_of(event: DocumentClassified, meaning: bytes = b"") -> Reading:
    """What is remembered of a document that means this, and its words."""
    words = Words.of(event.document.title, event.document.text)
    return Reading(_record(event, words, meaning), words)


def _record(event: DocumentClassified, words: Words, meaning: bytes) -> Record:
    document = event.document
    if event.change is Change.RETRACTED:
        return Record(document.version, retracted=True)
    return Record(
        document.version,
        document.title,
        terms_in(words),
        day=day_of(document.published_at),
        subject=event.subject.slug,
        original=document.duplicate_of or "",
        meaning=meaning,
    )


def articles(index: Index, document_ids: Iterable[str]) -> dict[str, tuple[RelatedArticle, ...]]:
    """Documents' lists as the events tell them."""
    lists = index.shown_all(document_ids)
    reasons = REASONS.of(index, {name: [near.id for near in shown] for name, shown in lists.items()})
    return {
        name: tuple(
            [
                RelatedArticle(id=near.id, title=near.title, score=near.score, why=why, pinned=near.pinned)
                for near, why in zip(shown, reasons[name], strict=True)
            ]
        )
        for name, shown in lists.items()
    }


def renewed(
    index: Index, document_ids: Iterable[str], *, cause: str, position: str, at: datetime
) -> tuple[RelatedChanged, ...]:
    """Tells lists that changed without an event: because they were searched anew, or an operator chose."""
    revision = int(position.partition("-")[0])
    return tuple(
        RelatedChanged(
            event_id=event_id(f"{cause}/{position}", RelatedChanged.stream, name),
            correlation_id=f"{cause}-{revision}",
            occurred_at=at,
            id=name,
            related=related,
            related_revision=revision,
        )
        for name, related in articles(index, document_ids).items()
    )
