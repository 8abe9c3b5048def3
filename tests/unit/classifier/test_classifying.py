"""The classifier's step."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.classifier.classifying import classified
from services.classifier.taxonomy import TaxonomyUnfit
from services.classifier.watching import taxonomy_at
from shared.events import Change, DocumentClassified, DocumentIngested, Subject
from tests.unit.classifier.samples import NOON, document, small


def ingested(change: Change, text: str = "tide") -> DocumentIngested:
    return DocumentIngested.of(document(text, title="Harbour"), change, correlation_id="request", at=NOON)


@pytest.mark.parametrize("change", [Change.ADDED, Change.UPDATED])
def test_a_document_is_passed_on_with_its_subject(change: Change) -> None:
    """One event goes out: all that came in, the subject and the runners-up; the log gets slug and confidence, no content."""
    event = ingested(change, "tide water")
    step = classified(event, small())
    (sent,) = step.emits

    assert isinstance(sent, DocumentClassified)
    assert (event.document, change, "request") == (sent.document, sent.change, sent.correlation_id)
    assert ("sea", ["sky"]) == (sent.subject.slug, [subject.slug for subject in sent.runners_up])
    assert ("classified", ()) == (step.verdict, step.writes)
    assert {"subject": "sea", "confidence": round(sent.subject.confidence, 3), "given": False} == step.facts


def test_who_is_not_sure_asks_for_a_person() -> None:
    """Below the confidence that is wanted; never where a person has spoken, and never for a retraction."""
    unsure = ingested(Change.ADDED, "water")
    given = unsure.model_copy(update={"document": document("water", subject="sky")})

    asked = [classified(event, small(), review_below=0.99) for event in (unsure, given, ingested(Change.RETRACTED))]
    assert [True, False, False] == [step.emits[0].needs_review for step in asked]  # type: ignore[attr-defined]
    assert [False] == [event.needs_review for event in classified(unsure, small()).emits]  # type: ignore[attr-defined]
    assert asked[0].facts["needs_review"]


def test_a_repeated_cause_gives_the_same_event() -> None:
    """Handled again, an event leads to the same event with the same id."""
    event = ingested(Change.ADDED)

    assert classified(event, small()) == classified(event, small())


def test_a_retraction_is_passed_on_with_its_subject_unknown() -> None:
    """There is nothing to judge: the feeds know the shelf."""
    step = classified(ingested(Change.RETRACTED), small())
    (sent,) = step.emits

    assert isinstance(sent, DocumentClassified)
    assert (Subject(name="Rest", slug="rest", confidence=0), ()) == (sent.subject, sent.runners_up)
    assert (Change.RETRACTED, "passed") == (sent.change, step.verdict)


def test_a_missing_taxonomy_stops_the_start(tmp_path: Path) -> None:
    """The error names the file and the setting."""
    with pytest.raises(TaxonomyUnfit, match="SYNDICATE_TAXONOMY") as caught:
        taxonomy_at(tmp_path / "none.yaml")

    assert str(tmp_path / "none.yaml") == caught.value.fields["place"]
