"""A person's way through the documents in doubt."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feeds.desk import Answer, Ask, Choice, Desk, Give, Say, Stop, TakeBack, choices

SUBJECTS = ("Art", "Law", "Law of the Sea", "Medicine", "Science")


def subject(name: str, confidence: float = 0.3) -> dict[str, Any]:
    return {"name": name, "slug": name.lower(), "confidence": confidence, "given": False}


def document(number: int, name: str = "Law", second: str = "", *others: str) -> dict[str, Any]:
    return {
        "id": f"doc{number}",
        "version": 1,
        "subject": subject(name),
        "second": subject(second, 0.25) if second else None,
        "runners_up": [subject(other, 0.2) for other in others],
    }


def desk(*documents: dict[str, Any]) -> Desk:
    made = Desk(subjects=SUBJECTS)
    made.lay(documents)
    return made


def test_the_likeliest_subject_comes_first() -> None:
    """What it was given, the second one, the runners-up, and then all others, each once."""
    found = choices(document(1, "Science", "Law", "Art"), SUBJECTS)

    assert [Choice("Science", 0.3), Choice("Law", 0.25), Choice("Art", 0.2)] == found[:3]
    assert [Choice("Law of the Sea"), Choice("Medicine")] == found[3:]


def test_a_digit_gives_a_subject_and_goes_on() -> None:
    """The first one confirms what the machine thought, any other corrects it."""
    table = desk(document(1, "Law", "", "Science"), document(2))
    answers = [table.pressed("2"), table.pressed("1")]

    assert [Give(document(1, "Law", "", "Science"), "Science"), Give(document(2), "Law")] == answers
    assert (1, 1, 0, 0) == (table.corrected, table.confirmed, table.skipped, len(table.waiting))


def test_undo_goes_back_as_far_as_one_likes() -> None:
    """What was given is taken back; what was skipped only comes again."""
    table = desk(document(1), document(2), document(3))
    table.pressed("2")
    table.pressed("s")
    answers = [table.pressed("u"), table.pressed("u"), table.pressed("u")]

    assert [Say("Back to the one before."), TakeBack(document(1)), Say("There is nothing to undo.")] == answers
    assert ["doc1", "doc2", "doc3"] == [each["id"] for each in table.waiting]
    assert (0, 0, 0) == (table.corrected, table.confirmed, table.skipped)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("law\n", Give(document(1), "Law")),
        ("the sea", Give(document(1), "Law of the Sea")),
        ("LA", Say("Which one? Law, Law of the Sea")),
        ("weaving", Say("No subject is called so.")),
        ("  ", Say("No subject is called so.")),
    ],
)
def test_another_subject_is_found_by_enough_of_its_name(words: str, answer: Answer) -> None:
    """The whole name wins over a part of another's."""
    table = desk(document(1))

    assert Ask() == table.pressed("o")
    assert answer == table.other(words)


@pytest.mark.parametrize("key", ["q", "", "\x04"])
def test_one_can_stop_at_any_time(key: str) -> None:
    """By q, at the end of a pipe, or by Ctrl-D."""
    assert Stop() == desk(document(1)).pressed(key)


def test_what_was_not_taken_counts_for_nothing() -> None:
    """The document is passed over, and undo goes to the one before it."""
    table = desk(document(1), document(2))
    table.pressed("s")
    table.pressed("1")
    table.refused()

    assert (0, 1) == (table.confirmed, table.skipped)
    assert Say("Back to the one before.") == table.pressed("u")


def test_a_document_is_laid_on_the_desk_once() -> None:
    """It may stand in the list for a moment after it was settled."""
    table = desk(document(1), document(1))
    table.pressed("1")
    table.lay([document(1), document(2)])

    assert ["doc2"] == [each["id"] for each in table.waiting]


@given(st.text(alphabet="123456789su0x", max_size=30))
def test_nothing_is_lost_on_the_desk(keys: str) -> None:
    """Whatever is pressed: each document waits or is counted once."""
    table = desk(*(document(number) for number in range(5)))
    for key in keys:
        if table.waiting:
            table.pressed(key)

    assert 5 == len(table.waiting) + table.corrected + table.confirmed + table.skipped
