"""A title is said once, and so is a line."""

from __future__ import annotations

import pytest

from services.ingest.normalise.repeats import clear_repeats, clear_title
from services.ingest.normalise.sheet import Sheet

TITLE = "Why the heart beats all day"


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (f"{TITLE} Because it must.", "Because it must."),
        (f"{TITLE} {TITLE} is a question.", f"{TITLE} is a question."),
        (f"{TITLE} is a question.", f"{TITLE} is a question."),
        (f"It must. {TITLE}", "It must."),
        (f"This is {TITLE}", f"This is {TITLE}"),
        ("Why the heart beats", ""),
        ("WHY THE HEART BEATS ALL DAY?", ""),
        ("Why the heart", "Why the heart"),
        ("Why the heart beats all da", "Why the heart beats all da"),
    ],
)
def test_a_title_is_cut_where_no_sentence_needs_it(line: str, left: str) -> None:
    """Before a sentence of its own, behind one, and as a line; never out of a sentence."""
    sheet = Sheet(line)
    clear_title(sheet, TITLE)

    assert left == sheet.text


def test_a_short_title_is_only_cut_as_a_line() -> None:
    """`Hearts` begins many a sentence."""
    sheet = Sheet("Hearts\nHearts Are muscles.")
    clear_title(sheet, "Hearts")

    assert "Hearts Are muscles." == sheet.text


def test_a_long_line_stays_once() -> None:
    """Short ones may be meant."""
    sheet = Sheet("This line is long enough.\nYes\nThis line is long enough.\nYes")
    clear_repeats(sheet)

    assert "This line is long enough.\nYes\nYes" == sheet.text
