"""services/related/relating.py"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from services.related.choosing import Curated
from services.related.index import Index
from services.related.relating import Relating
from shared.events import (
    Change,
    Document,
    DocumentClassified,
    DocumentRelated,
    Event,
    RelatedChanged,
    Subject,
    TaxonomyChanged,
    TaxonomyPassed,
    event_id,
)
from shared.steps import Command, Step

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TIDES = "moon tides sea"
WRITE: Command = ("SET", "a", "b")


def classified(name: str, text: str = TIDES, *, version: int = 1, change: Change = Change.ADDED) -> DocumentClassified:
    """A document as it comes from the classifier; some of its words are its own."""
    text = f"{text} {name}{name} {name}own {name}ed" if text else ""
    return DocumentClassified(
        event_id=event_id(f"{name}/{version}", DocumentClassified.stream, name),
        correlation_id="test",
        occurred_at=NOW,
        change=change,
        document=Document(id=name, version=version, content_hash="0", title=name, text=text, received_at=NOW),
        subject=Subject(name="Physics", slug="physics", confidence=1),
    )


def related(index: Index, *events: Event, revision: int = 1) -> list[Step | Exception]:
    """Relate a whole batch."""
    relating = Relating(index, events)
    for place in range(len(events)):
        relating.take(place)
    relating.name()
    return relating.steps(revision, (WRITE,))


def told(steps: Sequence[Step | Exception]) -> list[list[tuple[str, list[str]]]]:
    """Per step, whose lists are sent on, and who is on them."""
    return [
        [(event.document_id, sorted(near.id for near in event.related)) for event in step.emits]  # type: ignore[attr-defined]
        for step in steps
        if isinstance(step, Step)
    ]


def test_a_newcomer_is_sent_on_with_its_list_and_its_neighbours() -> None:
    """The older one's list has changed too; both carry the revision of the batch."""
    index = Index()
    related(index, classified("a"))
    index.settle()

    (step,) = related(index, classified("b"), revision=2)

    assert isinstance(step, Step)
    own, other = step.emits
    assert isinstance(own, DocumentRelated)
    assert isinstance(other, RelatedChanged)
    assert told([step]) == [[("b", ["a"]), ("a", ["b"])]]
    assert {2} == {own.related_revision, other.related_revision}
    assert step.verdict == "linked"


def test_an_old_list_is_sent_on_once_by_the_last_event_that_changed_it() -> None:
    """Three newcomers change it three times; the last list is the one that is told."""
    index = Index()
    related(index, classified("old"))
    index.settle()

    steps = related(index, classified("x"), classified("y"), classified("other", "contracts torts"))

    assert told(steps) == [[("x", ["old", "y"])], [("y", ["old", "x"]), ("old", ["x", "y"])], [("other", [])]]


def test_a_document_of_the_batch_carries_its_last_list_itself() -> None:
    """A later member of the batch is already on it."""
    assert told(related(Index(), classified("a"), classified("b"))) == [[("a", ["b"])], [("b", ["a"])]]


def test_a_version_that_is_not_newer_changes_nothing_and_is_told_the_present_list() -> None:
    """A repeat, and an older version that comes late."""
    index = Index()
    related(index, classified("a", version=2), classified("b"))
    index.settle()

    steps = related(index, classified("a", "contracts torts", version=2), classified("a", version=1))

    assert told(steps) == [[("a", ["b"])], [("a", ["b"])]]
    assert [step.verdict for step in steps if isinstance(step, Step)] == ["known", "known"]
    assert index.trial.records == {}


def test_a_known_member_whose_list_changes_later_in_the_batch_is_told_of_it() -> None:
    """Its own step may be skipped as a repeat, so the change is sent on apart."""
    index = Index()
    related(index, classified("a"))
    index.settle()

    assert told(related(index, classified("a"), classified("b"))) == [[("a", ["b"])], [("b", ["a"]), ("a", ["b"])]]


def test_a_retraction_is_sent_on_without_a_list_and_leaves_all_lists() -> None:
    """The neighbour closes the gap; an old version does not come back."""
    index = Index()
    related(index, classified("a"), classified("b"), classified("c"))
    index.settle()

    steps = related(index, classified("b", "", version=2, change=Change.RETRACTED), classified("b", version=1))

    assert told(steps) == [[("b", []), ("a", ["c"]), ("c", ["a"])], [("b", [])]]
    assert [step.verdict for step in steps if isinstance(step, Step)] == ["unlinked", "known"]


def test_an_event_that_fails_leaves_the_index_as_it_was() -> None:
    """Its neighbours in the batch go their way."""
    index = Index()
    broken = classified("broken").model_copy(
        update={"document": classified("broken").document.model_copy(update={"text": None})}
    )

    steps = related(index, classified("a"), broken, classified("b"))

    assert isinstance(steps[1], Exception)
    assert told(steps) == [[("a", ["b"])], [("b", ["a"])]]
    assert index.record("broken") is None


def test_the_first_event_that_changed_the_index_carries_what_lasts() -> None:
    """Its step is never skipped; the step of a known version might be."""
    index = Index()
    related(index, classified("a"))
    index.settle()

    steps = related(index, classified("a"), classified("b"), classified("c"))

    assert [step.writes for step in steps if isinstance(step, Step)] == [(), (WRITE,), ()]


def test_what_concerns_no_document_is_passed_on() -> None:
    """A changed taxonomy goes through among the documents, and the index does not move for it."""
    index = Index()
    changed = TaxonomyChanged(
        event_id="t", correlation_id="test", occurred_at=NOW, version=2, subjects=(), moved={"a": "b"}, fallback="rest"
    )
    first, step = related(index, classified("a"), changed)

    assert isinstance(first, Step)
    assert isinstance(step, Step)
    (sent,) = step.emits
    assert (first.writes, step.writes) == ((WRITE,), ())
    assert isinstance(sent, TaxonomyPassed)
    assert (2, {"a": "b"}, "rest") == (sent.version, sent.moved, sent.fallback)


def test_a_list_says_why() -> None:
    """The words that both have, in the list that is told."""
    (_, second) = related(Index(), classified("a"), classified("b"))

    assert isinstance(second, Step)
    assert isinstance(second.emits[0], DocumentRelated)
    assert {"moon", "tides", "sea"} == {*second.emits[0].related[0].why}


def beside(step: Step | Exception) -> tuple[str, ...]:
    """On whose lists the step's own document stands."""
    assert isinstance(step, Step)
    assert isinstance(step.emits[0], DocumentRelated)
    return step.emits[0].beside


def test_a_correction_tells_on_whose_lists_it_stays() -> None:
    """Not those that it enters or leaves: these are told of by lists of their own; and nobody stood beside what was not there."""
    index = Index()
    first = related(index, classified("a"), classified("b"), classified("c", "else where quite"))
    staying = related(index, classified("a", version=2))
    moving = related(index, classified("a", "else where quite", version=3))

    assert [beside(step) for step in (*first, *staying, *moving)] == [(), (), (), ("b",), ()]


def test_a_retraction_tells_on_whose_lists_it_stood() -> None:
    """By nearness or because an operator pinned it."""
    index = Index()
    related(index, classified("a"), classified("b"), classified("c", "else where quite"))
    index.curate("c", Curated(pinned=("a",)))
    (gone,) = related(index, classified("a", "", version=2, change=Change.RETRACTED))

    assert beside(gone) == ("b", "c")
