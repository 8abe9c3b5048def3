"""Pure. The keeping of the lists: what changes in them, which ones did, and whose readers see another one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from services.related.choosing import TWIN, Curation
from services.related.closeness import MILLION
from services.related.documents import Documents
from services.related.lists import CLOSED, NOBODY, Lists, Row, Rows, inserted, ordered
from services.related.records import Held
from services.related.searching import Search
from services.related.standing import Seen, Standing
from services.related.terms import Numbers

NOTABLE = MILLION // 100
"""A closeness that has drifted by less is left to the next search of the other one's list."""


@dataclass(slots=True)
class Trial:
    """The documents whose record, list or curation changed since the last change that is settled, in their order."""

    records: dict[str, None] = field(default_factory=dict)
    lists: dict[str, None] = field(default_factory=dict)
    curated: dict[str, None] = field(default_factory=dict)


class Keeping:
    """Changes the lists of documents, and remembers which ones."""

    def __init__(
        self, documents: Documents, lists: Lists, curation: Curation, search: Search, standing: Standing
    ) -> None:
        self.trial = Trial()
        self._documents = documents
        self._lists = lists
        self._curation = curation
        self._search = search
        self._standing = standing
        self._before: dict[str, Seen] = {}
        self._parted: set[int] = set()
        """Those who have other twins than before this change."""

    def held(self, document_ids: Iterable[str]) -> dict[str, Held | None]:
        """Documents' lists as they are kept; None where one is not here."""
        found: dict[str, Held | None] = dict.fromkeys(document_ids)
        if not (here := {name: slot for name in found if (slot := self._documents.slot.get(name)) is not None}):
            return found
        ids = self._documents.ids
        for name, (near, units, whole, passed_over) in zip(here, self._lists.kept([*here.values()]), strict=True):
            nearest = tuple(zip([ids[neighbour] for neighbour in near], units, strict=True))
            found[name] = Held(nearest, whole, tuple([ids[other] for other in passed_over]))
        return found

    def touch(self, *document_ids: str) -> None:
        """Remember what lists show before they may change."""
        if untouched := [name for name in document_ids if name not in self._before]:
            self._before.update(self._seen(untouched))

    def store(self, slot: int, row: Row, whole: bool) -> None:  # noqa: FBT001 - the second half of what Search.ranked gives
        """Replace a list."""
        self.trial.lists[self._documents.ids[slot]] = None
        slots = np.array([slot])
        before = self._lists.rows(slots)
        self._lists.store(slot, row, whole=whole)
        self._pass_over(slots, before)

    def replace(self, slots: Numbers, rows: Rows) -> None:
        """Replace the rows of lists, all at once: each for itself would be many small steps."""
        if not len(slots):
            return
        names = [self._documents.ids[slot] for slot in slots.tolist()]
        self.touch(*names)
        self.trial.lists.update(dict.fromkeys(names))
        before = self._lists.rows(slots)
        self._lists.replace(slots, rows)
        self._pass_over(slots, before)

    def drop(self, slot: int, holder: int) -> None:
        """Take a document out of a list."""
        self.touch(self._documents.ids[holder])
        rest = [neighbour for neighbour in self._lists.row(holder) if neighbour[0] != slot]
        self.store(holder, rest, whole=bool(self._lists.whole[holder]))

    def offer(self, newcomer: int, others: Numbers, units: Numbers) -> None:
        """Give a document its place in those of the lists of `others` where it has one.

        Without proof of what follows the end of a list, nobody comes in there.
        """
        welcome = units >= self._lists.entry[others]
        if self._curation:
            welcome &= ~self._banned(newcomer, others)
        others, close = others[welcome], units[welcome].astype(np.int32)
        rows = self._lists.rows(others)
        places = self._places(newcomer, close, rows)
        enters = self._lists.whole[others] | (places < (rows[0] != NOBODY).sum(axis=1))
        rows, places = (rows[0][enters], rows[1][enters]), places[enters]
        self.replace(others[enters], inserted(rows, places, newcomer, close[enters]))

    def tell(self, slot: int, others: Numbers, units: Numbers) -> None:
        """Let the neighbours of a document whose closeness drifted know how close it is now."""
        told = self._lists.told(slot, others)
        drifted = (told > 0) & (np.abs(units - told) >= NOTABLE)
        near, held = self._lists.rows(others[drifted])
        again = np.where(near == slot, units[drifted].astype(np.int32)[:, None], held)
        self.replace(others[drifted], ordered((near, again), self._documents.ids))
        strangers = told == 0
        self.offer(slot, others[strangers], units[strangers])

    def look_again(self, holders: Collection[int]) -> None:
        """Tell who is passed over in these lists, if they may change."""
        slots = np.array(sorted(holders), np.int64)
        slots = slots[self._lists.entry[slots] != CLOSED]
        if not len(slots := slots[self._standing.stale(slots)]):
            return
        names = [self._documents.ids[slot] for slot in slots.tolist()]
        self.touch(*names)
        self.trial.lists.update(dict.fromkeys(names))
        self._lists.pass_by(slots, self._standing.repeating(slots, self._lists.rows(slots)))

    def changed(self, renamed: int = NOBODY, but: str = "") -> list[str]:
        """Complete the lists that lost too much, then tell whose shown one, `but` for this one's, is another than before, or names it anew."""
        slots = (self._documents.slot.get(name) for name in self._before)
        here = np.array([slot for slot in slots if slot is not None], np.int64)
        for slot in here[self._lists.wanting(here)].tolist():
            self.store(slot, *self._search.ranked(slot, *self._search.all_near(slot)))
        self._look_at_parted()
        before, self._before = self._before, {}
        before.pop(but, None)
        after = self._seen(before)
        return sorted(name for name, seen in after.items() if seen != before[name] or renamed in seen)

    def _look_at_parted(self) -> None:
        """Tell who is passed over in lists that hold two of those who have other twins, or have one of them pinned."""
        parted, self._parted = self._parted, set()
        if not parted:
            return
        ids, here = self._documents.ids, self._documents.slot
        pinning = (here.get(holder) for each in parted for holder in self._curation.pinned_to(ids[each]))
        both = self._lists.holding_two(sorted(parted), self._documents.slots)
        self.look_again({*both.tolist(), *(holder for holder in pinning if holder is not None)})

    def _places(self, newcomer: int, close: NDArray[np.int32], rows: Rows) -> Numbers:
        """Behind how many of each row it comes, ties by id."""
        near, units = rows
        ahead, ids = units > close[:, None], self._documents.ids
        for line, place in np.argwhere(units == close[:, None]).tolist():
            ahead[line, place] = ids[near[line, place]] < ids[newcomer]
        places: Numbers = ahead.sum(axis=1)
        return places

    def _banned(self, newcomer: int, others: Numbers) -> NDArray[np.bool_]:
        ids = self._documents.ids
        return np.array([ids[newcomer] in self._curation.of(ids[other]).banned for other in others.tolist()], np.bool_)

    def _pass_over(self, slots: Numbers, before: Rows) -> None:
        """Tell who is in the rows of these; others may hold two who said the same `before` and do no longer, or the other way round."""
        rows = self._lists.rows(slots)
        if (repeats := self._standing.repeating(slots, rows)).any():
            self._lists.pass_by(slots, repeats)
        self._parted |= _parted(slots, before, rows)

    def _seen(self, names: Collection[str]) -> dict[str, Seen]:
        seen: dict[str, Seen] = dict.fromkeys(names, ())
        here = {name: slot for name in names if (slot := self._documents.slot.get(name)) is not None}
        seen.update(zip(here, self._standing.standing([*here.values()]), strict=True))
        return seen


def _parted(slots: Numbers, before: Rows, after: Rows) -> set[int]:
    """Those of `slots` who have others for twins than before, and these others."""
    found: set[int] = set()
    for line in np.flatnonzero((before[1][:, 0] >= TWIN) | (after[1][:, 0] >= TWIN)).tolist():
        was, now = (set(near[line, units[line] >= TWIN].tolist()) for near, units in (before, after))
        if others := was ^ now:
            found |= others | {int(slots[line])}
    return found
