"""Titles and first sentences are found in texts that have no marks for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.prose import headline, lead, lines_of, sentences


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        (["zhiwei zhiwei", "Why is the heart red? An answer", "Why is the heart red?", "Because."], "Why is the heart red? An answer"),
        (["How the heart works", "How the heart works It pumps.", "More."], "How the heart works"),
        (["Menu", "Case Reports", "Case Reports", "A giant of a heart: one case", "A giant of a heart: one case"], "A giant of a heart: one case"),
        (["The heart", "It beats."], "The heart"),
        (["The heart beats. It pumps blood.", "More."], "The heart beats. It pumps blood."),
        (["Only one line without an end"], "Only one line without an end"),
        ([], ""),
    ],
)  # fmt: skip
def test_a_title_is_repeated_or_short_or_the_first_sentence(lines: list[str], title: str) -> None:
    """In that order."""
    assert headline(lines) == title


def test_a_long_first_sentence_is_cut() -> None:
    """A title made of a sentence has at most 90 characters."""
    assert headline(["word " * 40 + "end.", "more"]) == ("word " * 17).strip() + "…"


@pytest.mark.parametrize(
    ("lines", "summary"),
    [
        (["Short.", "The heart is a muscle, and this is a long sentence about what it is. So."], "The heart is a muscle, and this is a long sentence about what it is. So."),
        (["Background: The heart is a muscle that pumps blood through the whole body. X" + "x" * 160], "The heart is a muscle that pumps blood through the whole body."),
        (["The heart " + "beats and " * 10 + "pumps, which it does all day" + " long" * 20 + "."], "The heart " + "beats and " * 10 + "pumps…"),
        (["Despite the heart's work " + "it rests " * 20 + "at night.", "A heart's work at night is that of a muscle which rests while it beats."], "A heart's work at night is that of a muscle which rests while it beats."),
        (["Only a line"], "Only a line"),
        ([], ""),
    ],
)  # fmt: skip
def test_the_lead_is_a_sentence_of_the_text(lines: list[str], summary: str) -> None:
    """Whole if it fits, without the label of its section; cut at a comma; or another one where a cut would say nothing."""
    assert summary == lead(lines)


def test_sentences_end_where_people_end_them() -> None:
    """Not within numbers or abbreviations in small letters; quotes belong to their sentence."""
    assert sentences("It is 3.5 cm, i.e. small. Next one. " + "x" * 200, 30) == "It is 3.5 cm, i.e. small."
    assert sentences("“It beats.” He left. " + "x" * 200, 12) == "“It beats.”"
    assert sentences("心臓は動く。速い。", 6) == "心臓は動く。"


def test_lines_that_were_wrapped_by_hand_are_joined() -> None:
    """Short lines in blocks are paragraphs; long lines are paragraphs themselves."""
    assert lines_of("The heart\nbeats.\n\nAll day\nlong.") == ["The heart beats.", "All day long."]
    assert lines_of("One\nTwo\n\n") == ["One", "Two"]
    assert lines_of("x" * 101 + "\nTwo\n\nThree") == ["x" * 101, "Two", "Three"]


@given(st.lists(st.text(min_size=1, max_size=200).map(str.strip).filter(bool), min_size=1))
def test_limits_hold_for_any_text(lines: list[str]) -> None:
    """A title has at most 200 characters, a summary 160."""
    title = headline(lines)

    assert len(title) <= 200
    assert len(lead(lines)) <= 160
