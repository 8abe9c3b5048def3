"""What events do to the shelves, without Redis: the commands are applied to dictionaries."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feeds.app import decided
from services.feeds.places import Keys
from services.feeds.present import Present
from services.feeds.shelving import Shelving
from shared.events import Change, DocumentIngested, DocumentPublished, Event, RelatedPublished
from shared.steps import Step
from shared.syndication.article import Status
from tests.unit.shared.syndication.samples import (
    LAW,
    MEDICINE,
    SITE,
    at,
    changed_event,
    neighbours,
    related_event,
    retraction,
)

KEYS = Keys(lambda *parts: ":".join(parts))
SHELVING = Shelving(KEYS, SITE)
ALL_SHELF, MEDICINE_SHELF, LAW_SHELF = (KEYS.shelf(path) for path in ("all", "subjects/medicine", "subjects/law"))


def told(*events: Event) -> list[Step]:
    """The steps of these events, one after the other, on empty shelves."""
    steps = decided(SHELVING, events, {event.document_id: Present() for event in events}, 0)
    faults = [step for step in steps if isinstance(step, Exception)]
    assert faults == []
    return [step for step in steps if isinstance(step, Step)]


def kept(steps: Sequence[Step]) -> dict[str, dict[Any, Any]]:
    """The hashes and sorted sets that these steps leave."""
    store: dict[str, dict[Any, Any]] = defaultdict(dict)
    for name, key, *words in itertools.chain.from_iterable(step.writes for step in steps):
        match name:
            case "HSET":
                store[str(key)] |= dict(zip(words[::2], words[1::2], strict=True))
            case "ZADD":
                store[str(key)][words[1]] = words[0]
            case "ZREM":
                store[str(key)].pop(words[0], None)
    return store


def test_a_document_is_shelved_and_published() -> None:
    """On the shelf of all and of its subject; the fact goes on with link and times."""
    (step,) = told(related_event(related=neighbours("Moon"), related_revision=7))
    store = kept([step])
    published = step.emits[0]

    assert store[ALL_SHELF] == store[MEDICINE_SHELF] == {"doc1": 1}
    assert store[KEYS.subjects] == {"medicine": "Medicine"}
    assert store[KEYS.changed] == {"doc1": 1}
    assert isinstance(published, DocumentPublished)
    assert published.link == "https://news.example:8443/documents/doc1"
    assert (published.first_published_at, published.updated_at) == (at(1), at(1))
    assert (published.related, published.related_revision) == (neighbours("Moon"), 7)
    assert step.verdict == "shelved"


def test_a_correction_keeps_its_place() -> None:
    """The time of first publication stays, the time of the change moves."""
    steps = told(related_event(), related_event(1, 2, title="Tides, corrected"))
    published = steps[1].emits[0]

    assert kept(steps)[ALL_SHELF] == {"doc1": 1}
    assert isinstance(published, DocumentPublished)
    assert (published.first_published_at, published.updated_at) == (at(1), at(101))


def test_a_new_subject_moves_the_document() -> None:
    """It leaves its old shelf, even within one batch, and readers of both feeds can tell."""
    steps = told(related_event(), related_event(1, 2, subject=LAW))
    store = kept(steps)

    assert (store[MEDICINE_SHELF], set(store[LAW_SHELF])) == ({}, {"doc1"})
    assert store[KEYS.changed] == {"doc1": 2}


def test_an_older_version_changes_nothing() -> None:
    """Whatever comes late or twice is passed over, and not told again."""
    steps = told(related_event(1, 2), related_event(1, 1), related_event(1, 2))

    assert [step.verdict for step in steps] == ["shelved", "outdated", "outdated"]
    assert [len(step.writes) + len(step.emits) for step in steps[1:]] == [0, 0]


def test_a_retraction_stays_on_its_shelf() -> None:
    """Whatever subject the retraction carries: readers find it where they read the article."""
    steps = told(related_event(), retraction(subject=LAW))
    published = steps[1].emits[0]

    assert set(kept(steps)[MEDICINE_SHELF]) == {"doc1"}
    assert LAW_SHELF not in kept(steps)
    assert isinstance(published, DocumentPublished)
    assert (steps[1].verdict, published.subject) == ("retracted", MEDICINE)


def test_a_retraction_of_something_unseen_is_on_no_shelf() -> None:
    """Its page says so, but no feed brings it as news."""
    (step,) = told(retraction())
    store = kept([step])

    assert ALL_SHELF not in store
    assert f'"status":"{Status.RETRACTED}"'.encode() in store[KEYS.article("doc1")]["card"]


def test_a_changed_list_is_taken_over_and_told() -> None:
    """With title and link, and the feeds that show it are raised."""
    steps = told(related_event(), changed_event(1, 5, "Moon"))
    told_fact = steps[1].emits[0]

    assert kept(steps)[KEYS.article("doc1")]["related_revision"] == 5
    assert kept(steps)[KEYS.changed] == {"doc1": 2}
    assert isinstance(told_fact, RelatedPublished)
    assert (told_fact.title, told_fact.link) == ("Tides 1", SITE.document("doc1"))
    assert told_fact.related == neighbours("Moon")


def test_a_list_before_its_document_is_kept_quietly() -> None:
    """Nobody hears of an unknown article; the document finds the newer list there and publishes it."""
    steps = told(changed_event(1, 9, "Moon"), related_event(related=neighbours("Ebb"), related_revision=3))
    published = steps[1].emits[0]

    assert (steps[0].verdict, steps[0].emits) == ("kept", ())
    assert isinstance(published, DocumentPublished)
    assert (published.related, published.related_revision) == (neighbours("Moon"), 9)
    assert kept(steps)[KEYS.article("doc1")]["related_revision"] == 9


def test_a_retracted_article_tells_of_no_list() -> None:
    """Its neighbours are nobody's business any more."""
    steps = told(related_event(), retraction(), changed_event(1, 5, "Moon"))

    assert (steps[2].verdict, steps[2].emits) == ("kept", ())


def test_an_event_that_cannot_be_decided_stands_alone() -> None:
    """Its exception takes its place; the others are done."""
    odd = DocumentIngested(**related_event(2).model_dump(exclude={"type", "subject", "runners_up"}))
    steps = decided(SHELVING, [related_event(), odd], {"doc1": Present(), "doc2": Present()}, 0)

    assert isinstance(steps[0], Step)
    assert isinstance(steps[1], TypeError)


EVENTS = (
    related_event(1, 1, related=neighbours("Moon"), related_revision=1),
    related_event(1, 2, subject=LAW, related=neighbours("Ebb"), related_revision=3),
    related_event(1, 3, related=neighbours("Flow"), related_revision=4),
    changed_event(1, 2, "Sun"),
    changed_event(1, 6, "Star"),
)


@given(st.permutations(EVENTS), st.lists(st.sampled_from(EVENTS), max_size=5))
def test_the_newest_wins_in_every_order(events: list[Event], repeated: list[Event]) -> None:
    """Any order, any repetition: the last version on one subject's shelf, the list with the highest revision."""
    store = kept(told(*events, *repeated))

    assert b'"version":3' in store[KEYS.article("doc1")]["card"]
    assert store[KEYS.article("doc1")]["related_revision"] == 6
    assert (set(store[MEDICINE_SHELF]), store[LAW_SHELF]) == ({"doc1"}, {})


@pytest.mark.parametrize("step", told(related_event(), changed_event(1, 5, "Moon")))
def test_a_step_may_be_repeated(step: Step) -> None:
    """Doing it twice leaves what doing it once leaves."""
    assert kept([step]) == kept([step, step])


def test_a_near_duplicate_stands_in_no_feed() -> None:
    """It has its page, stands on its original's list, and goes on to partners who are told what it repeats."""
    (step,) = told(related_event(2, duplicate_of="doc1"))
    store = kept([step])
    published = step.emits[0]

    assert [] == [key for key in store if "shelf" in key or key == KEYS.subjects]
    assert set(store[KEYS.duplicates("doc1")]) == {"doc2"}
    assert isinstance(published, DocumentPublished)
    assert published.document.duplicate_of == "doc1"


def test_a_near_duplicate_stands_in_the_feeds_of_whoever_wants_it_there() -> None:
    """By the operator's setting."""
    (step,) = decided(
        replace(SHELVING, with_duplicates=True), [related_event(2, duplicate_of="doc1")], {"doc2": Present()}, 0
    )
    assert isinstance(step, Step)

    assert set(kept([step])[MEDICINE_SHELF]) == {"doc2"}


def test_what_repeats_nothing_any_more_enters_the_feeds() -> None:
    """As the newest there, and it leaves the list; partners hear of an update, not of a new subject."""
    steps = told(related_event(2, duplicate_of="doc1"), related_event(2, 2, change=Change.UPDATED))
    store = kept(steps)
    published = steps[1].emits[0]

    assert store[MEDICINE_SHELF] == {"doc2": 2}
    assert store[KEYS.duplicates("doc1")] == {}
    assert isinstance(published, DocumentPublished)
    assert published.reclassified is False


def test_what_comes_to_repeat_another_leaves_the_feeds() -> None:
    """Its readers are not told of it as of a retraction."""
    store = kept(told(related_event(2), related_event(2, 2, change=Change.UPDATED, duplicate_of="doc1")))

    assert (store[ALL_SHELF], store[MEDICINE_SHELF]) == ({}, {})
    assert store[KEYS.changed] == {"doc2": 2}


def test_a_near_duplicate_is_retracted_without_a_notice() -> None:
    """No reader of a feed has seen it; it leaves its original's list."""
    store = kept(told(related_event(2, duplicate_of="doc1"), retraction(2, duplicate_of="doc1")))

    assert (ALL_SHELF in store, store[KEYS.duplicates("doc1")]) == (False, {})
