"""What a sending means is decided from what is known, and from nothing else."""

from __future__ import annotations

from datetime import timedelta

from services.ingest.changes import Changed, Known, State, Unchanged, WasRetracted, decide, retract
from shared.events import Change
from tests.unit.ingest.samples import NOW, draft

LATER = NOW + timedelta(hours=1)


def accepted() -> Known:
    """A document that was sent once."""
    decision = decide(None, "id", draft(), NOW)
    assert isinstance(decision, Changed)
    return decision.known()


def retracted() -> Known:
    """A document that was sent and taken back."""
    decision = retract(accepted(), NOW)
    assert isinstance(decision, Changed)
    return decision.known()


def test_what_is_new_is_added() -> None:
    """As version 1, with all that was read."""
    decision = decide(None, "id", draft(subject="Medicine"), NOW)

    assert isinstance(decision, Changed)
    assert (decision.change, decision.document.version, decision.document.subject) == (Change.ADDED, 1, "Medicine")
    assert (decision.known().state, decision.document.received_at) == (State.ACCEPTED, NOW)


def test_the_same_again_is_nothing() -> None:
    """Also an hour later, and with other white space."""
    assert decide(accepted(), "id", draft(title=" The  heart "), LATER) == Unchanged(accepted().document)


def test_another_text_is_the_next_version() -> None:
    """Received when it came."""
    decision = decide(accepted(), "id", draft(html="<p>It stops.</p>", text="It stops."), LATER)

    assert isinstance(decision, Changed)
    assert (decision.change, decision.document.version, decision.document.received_at) == (Change.UPDATED, 2, LATER)


def test_a_retraction_has_a_title_and_no_words() -> None:
    """It is a version of its own, and happens once."""
    known = retracted()

    assert (known.state, known.version, known.document.title) == (State.RETRACTED, 2, "The heart")
    assert (known.document.html, known.document.text, known.document.summary) == ("", "", "")
    assert retract(known, LATER) == WasRetracted(known.document)


def test_what_was_retracted_comes_back_only_on_purpose() -> None:
    """A sending alone is refused; a restoring one adds it again, even with the same words."""
    assert decide(retracted(), "id", draft(), LATER) == WasRetracted(retracted().document)

    decision = decide(retracted(), "id", draft(), LATER, restore=True)

    assert isinstance(decision, Changed)
    assert (decision.change, decision.document.version) == (Change.ADDED, 3)
