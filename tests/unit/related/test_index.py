"""services/related/index.py"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.related.choosing import TWIN, Curated
from services.related.closeness import Weights
from services.related.index import Index
from services.related.lists import FLOOR, SHOWN
from services.related.records import Record
from services.related.terms import terms_of
from tests.unit.related.samples import NAMES, record_of, renew_all

IDS = st.sampled_from(NAMES)
STRENGTHS = st.dictionaries(st.integers(0, 9), st.integers(20, 90), max_size=5)
"""Few terms: most documents are related, many of them equally, and the rows are fuller than they can be."""
WITH_MEANING = Weights(meaning=0.4)


def copy_of(index: Index) -> Index:
    """Another index that was filled from what this one would write, all at once."""
    again = Index(WITH_MEANING)
    there = {name: index.record(name) for name in NAMES}
    again.install(
        {name: Record.unpack(record.pack()) for name, record in there.items() if record},
        {name: index.held(name) for name in NAMES},
        {name: index.curation.of(name) for name in NAMES},
    )
    return again


def told(index: Index) -> dict[str, list[str]]:
    return {name: [near.id for near in index.shown(name)] for name in NAMES}


def recomputed(index: Index) -> dict[str, list[str]]:
    """The lists of an index that meets all documents anew and searches each list with the frequencies of the end."""
    fresh = copy_of(index)
    renew_all(fresh)
    return told(fresh)


class Changes(RuleBasedStateMachine):
    """Documents come, change, go and are chosen, settled or taken back."""

    def __init__(self) -> None:
        super().__init__()
        self.index = Index(WITH_MEANING)
        self.settled = Index(WITH_MEANING)

    @initialize(strengths=st.lists(STRENGTHS, min_size=len(NAMES), max_size=len(NAMES)))
    def fill(self, strengths: list[dict[int, int]]) -> None:
        for name, chosen in zip(NAMES, strengths, strict=True):
            self.put(name, chosen, "one", "")
        self.settle()

    @rule(
        name=IDS, strengths=STRENGTHS, title=st.sampled_from(["one", "two"]), original=st.sampled_from(["", *NAMES[:2]])
    )
    def put(self, name: str, strengths: dict[int, int], title: str, original: str) -> None:
        before = told(self.index)
        titles = {other: [near.title for near in self.index.shown(other)] for other in NAMES}
        original = "" if original == name else original
        changed = self.index.put(name, record_of(strengths, title, original=original))
        after = {other: [near.title for near in self.index.shown(other)] for other in NAMES}
        others = [other for other in NAMES if other != name]
        assert {other for other in others if before[other] != told(self.index)[other]} <= {*changed}
        assert {other for other in others if titles[other] != after[other]} <= {*changed}

    @rule(names=st.lists(IDS, min_size=1, max_size=6))
    def remove(self, names: list[str]) -> None:
        for name in names:
            before = told(self.index)
            changed = self.index.remove(name, 1)
            assert sorted(o for o in NAMES if o != name and before[o] != told(self.index)[o]) == changed

    @rule(name=IDS, pinned=st.lists(IDS, max_size=2, unique=True), banned=st.lists(IDS, max_size=2, unique=True))
    def curate(self, name: str, pinned: list[str], banned: list[str]) -> None:
        before = told(self.index)
        changed = self.index.curate(name, Curated(tuple(pinned), tuple(banned)))
        assert sorted(other for other in NAMES if before[other] != told(self.index)[other]) == changed

    @rule()
    def settle(self) -> None:
        self.index.settle()
        self.settled = copy_of(self.index)

    @rule()
    def take_back(self) -> None:
        """What was on trial, and nothing else, is installed as it was settled."""
        trial, settled = self.index.trial, self.settled
        self.index.install(
            {name: settled.record(name) for name in trial.records},
            settled.held_all(trial.lists),
            {name: settled.curation.of(name) for name in trial.curated},
        )
        self.index.settle()
        assert told(settled) == told(self.index)

    @rule()
    def move(self) -> None:
        """Another index that installs what this one would write has the same lists, and goes on from there."""
        before = told(self.index)
        self.index = copy_of(self.index)
        assert before == told(self.index)
        self.settle()

    @invariant()
    def renewed_lists_are_those_of_a_recompute(self) -> None:
        index = copy_of(self.index)
        for name in reversed(NAMES):
            if name in index.documents.slot:
                index.renew(name)
        renew_all(index)
        assert recomputed(self.index) == told(index)

    @invariant()
    def who_says_the_same_is_passed_over_as_of_now(self) -> None:
        slots = np.array([*self.index.documents.slot.values()], np.int64)
        assert not self.index.standing.stale(slots).any()

    @invariant()
    def nobody_stands_in_a_list_who_must_not(self) -> None:
        for name in NAMES:
            curated = self.index.curation.of(name)
            shown = self.index.shown(name)
            for near in shown:
                assert near.id in self.index.documents.slot
                assert near.id != name
                assert near.pinned or near.id not in curated.banned
                assert near.pinned or not self.index.documents.silent[self.index.documents.slot[near.id]]
            pins = [pin for pin in curated.pinned if pin in self.index.documents.slot and pin != name]
            if name in self.index.documents.slot:
                assert pins == [near.id for near in shown if near.pinned]


TestChanges = Changes.TestCase
TestChanges.settings = settings(max_examples=12, stateful_step_count=12, deadline=None)


@settings(max_examples=25, deadline=None)
@given(st.lists(STRENGTHS, min_size=3, max_size=len(NAMES)))
def test_a_renewed_list_is_that_of_brute_force(strengths: list[dict[int, int]]) -> None:
    """By the definition: tf-idf cosine, best first, ties by id, none below the floor, none that says the same."""
    index = Index()
    records = {name: record_of(each) for name, each in zip(NAMES, strengths, strict=False)}
    for name, record in records.items():
        index.put(name, record)
    renew_all(index)
    documents = len(records)
    frequency = np.bincount([n for r in records.values() for n in r.terms.numbers.tolist()], minlength=10)
    rarity = np.log1p((documents + 1) / (frequency + 1))

    def vector(record: Record) -> np.ndarray:
        found = np.zeros(10)
        found[record.terms.numbers] = record.terms.strengths * rarity[record.terms.numbers]
        return found / (np.sqrt(np.square(found).sum()) or 1)

    for name, record in records.items():
        scores = {o: round(float(vector(record) @ vector(r)) * 1e6) for o, r in records.items() if o != name}
        expected = sorted((-units, other) for other, units in scores.items() if units >= FLOOR)
        shown = [near.id for near in index.shown(name)]
        assert {o for _, o in expected} >= {*shown}
        near, _ = index._lists.rows(np.array([index.documents.slot[name]]))
        if not any(-units >= TWIN - 2 for units, _ in expected) and not index._lists.any_at(TWIN - 2, near):
            best = [near.score for near in index.shown(name)]
            assert [-units / 1e6 for units, _ in expected[:SHOWN]] == pytest.approx(best, abs=0.0006)


@settings(max_examples=25, deadline=None)
@given(st.lists(STRENGTHS, min_size=3, max_size=len(NAMES)), st.sampled_from([0.2, 1.0]))
def test_meaning_counts_by_its_weight(strengths: list[dict[int, int]], weight: float) -> None:
    """(1 - w) · words + w · meanings squared for two who have one, words alone else; the same from both sides."""
    plain, index = Index(), Index(Weights(meaning=weight))
    records = {name: record_of(each) for name, each in zip(NAMES, strengths, strict=False) if each}
    for name, record in records.items():
        plain.put(name, record)
        index.put(name, record)
    slots = [index.documents.slot[name] for name in records]
    vectors = {name: np.frombuffer(record.meaning, np.int8).astype(float) for name, record in records.items()}

    for one, name in zip(slots, records, strict=True):
        for other, other_name in zip(slots, records, strict=True):
            expected = plain._search.closeness(one, other) / 1e6
            mine, theirs = vectors[name], vectors[other_name]
            if len(mine) and len(theirs):
                alike = max(float(mine @ theirs / np.linalg.norm(mine) / np.linalg.norm(theirs)), 0)
                expected = (1 - weight) * expected + weight * alike**2
            assert abs(expected - index._search.closeness(one, other) / 1e6) < 3e-6
            assert index._search.closeness(one, other) == index._search.closeness(other, one)


def test_a_text_finds_the_text_that_it_shares_words_with() -> None:
    """And not the one that it shares none with."""
    index = Index()
    texts = {
        "tides": "moon and tides of the sea",
        "moon": "the moon and the sea at night",
        "law": "contracts and torts",
    }
    for document_id, text in texts.items():
        index.put(document_id, Record(1, document_id, terms_of(document_id, text)))

    assert [near.id for near in index.shown("tides")] == ["moon"]
    assert [near.id for near in index.shown("moon")] == ["tides"]
    assert index.shown("law") == ()


def test_a_retracted_document_leaves_its_version_behind() -> None:
    """An old event must not bring it back; a new version may."""
    index = Index()
    index.put("tides", record_of({1: 32}))
    index.remove("tides", 2)

    assert (2, True) == (index.version("tides"), index.record("tides") == Record(2, retracted=True))
    assert index.held("tides") is None

    index.put("tides", record_of({1: 32}, version=3))
    found = index.record("tides")
    assert found is not None
    assert (found.version, found.retracted) == (3, False)
