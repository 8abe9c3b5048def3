"""Pure. A batch of classified documents → what each of them causes.

The whole batch is taken first and told afterwards: every list that is sent on is the list after the last event of the
batch, under the one revision that the batch makes. A document of the batch carries its list itself; another one whose
list changed is sent on once, by the last event that changed it.
"""

from __future__ import annotations

from collections.abc import Sequence

from services.related.index import Index, Shown
from services.related.records import Record
from services.related.terms import terms_of
from shared.events import Change, DocumentClassified, DocumentRelated, Event, RelatedArticle, RelatedChanged, passed_on
from shared.steps import Command, Step


class Relating:
    """One batch on its way through the index: take its events in their order, then ask for the steps."""

    def __init__(self, index: Index, events: Sequence[Event]) -> None:
        self.taken: list[int] = []
        """The places of the events that changed the index."""
        self._index = index
        self._events = events
        self._failed: dict[int, Exception] = {}
        self._changed_by: dict[str, int] = {}
        self._changes: dict[int, int] = {}

    def take(self, place: int) -> None:
        """Let one event change the index; one that is not newer than what is known, or that fails, changes nothing.

        Nor does one that concerns no document: it is passed on.
        """
        event = self._events[place]
        if not isinstance(event, DocumentClassified):
            return
        known = self._index.record(event.document_id)
        if known is not None and event.document.version <= known.version:
            return
        try:
            record = self._record(event)
        except Exception as error:  # this event's own fault: the belt tries it again or buries it
            self._failed[place] = error
            return
        changed = self._apply(event.document_id, record)
        self._changed_by.update(dict.fromkeys(changed, place))
        self._changes[place] = len(changed)
        self.taken.append(place)

    def steps(self, revision: int, writes: Sequence[Command] = ()) -> list[Step | Exception]:
        """What each event causes, in their order; `revision` is the one that the lists have now.

        The first event that changed the index carries `writes`, which make the change of the whole batch last.
        """
        own = {self._events[place].document_id for place in self.taken}
        others: dict[int, list[str]] = {}
        for document_id, place in self._changed_by.items():
            if document_id not in own:
                others.setdefault(place, []).append(document_id)
        carrier = self.taken[0] if self.taken else None
        return [
            self._failed.get(place)
            or self._step(place, others.get(place, ()), revision, writes if place == carrier else ())
            for place in range(len(self._events))
        ]

    def _record(self, event: DocumentClassified) -> Record:
        document = event.document
        if event.change is Change.RETRACTED:
            return Record(document.version, retracted=True)
        vector = self._index.weigh(terms_of(document.title, document.text))
        return Record(document.version, document.title, vector)

    def _apply(self, document_id: str, record: Record) -> list[str]:
        if record.retracted:
            return self._index.remove(document_id, record.version)
        return self._index.put(document_id, record)

    def _step(self, place: int, others: Sequence[str], revision: int, writes: Sequence[Command]) -> Step:
        event = self._events[place]
        if not isinstance(event, DocumentClassified):
            return Step("passed_on", emits=(passed_on(event, DocumentRelated.stream),))
        related = _articles(self._index.shown(event.document_id))
        changed = (
            RelatedChanged.after(
                event, about=other, id=other, related=_articles(self._index.shown(other)), related_revision=revision
            )
            for other in others
        )
        own = DocumentRelated.after(event, related=related, related_revision=revision)
        facts = {"related": len(related), "changed": self._changes.get(place, 0), "revision": revision}
        return Step(self._verdict(place, event.change), writes=tuple(writes), emits=(own, *changed), facts=facts)

    def _verdict(self, place: int, change: Change) -> str:
        if place not in self._changes:
            return "known"
        return "unlinked" if change is Change.RETRACTED else "linked"


def _articles(shown: Shown) -> tuple[RelatedArticle, ...]:
    return tuple(RelatedArticle(id=document_id, title=title, score=score) for document_id, title, score in shown)
