"""shared/semantic/pieces.py"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Unfit
from shared.semantic.pieces import LONGEST_WORD, PIECE_LENGTH, Pieces, words
from tests.semantic_model import VOCABULARY

PIECES = Pieces(VOCABULARY)


def pieces(text: str, most: int = 24) -> list[str]:
    return [VOCABULARY[number] for number in PIECES.of(text, most)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Moon", ["the", "moon"]),
        ("Naïve ÜBER", ["naive", "uber"]),
        ("don't: a_b-c", ["don", "'", "t", ":", "a", "_", "b", "-", "c"]),
        ("5 € “→” ½", ["5", "€", "“", "→", "”", "½"]),
        ("月とsea", ["月", "とsea"]),
        ("a\u200bb\x00c\ufffd\u00a0d\te", ["abc", "d", "e"]),
        ("", []),
    ],
)
def test_a_text_is_words_and_marks(text: str, expected: list[str]) -> None:
    """In small letters, without accents; as the original tokeniser of the model cuts them."""
    assert expected == words(text)


def test_a_word_is_cut_into_the_longest_pieces_that_are_known() -> None:
    """From its beginning; one that has an unknown part is unknown as a whole."""
    assert ["[CLS]", "moon", "##light", "moons", "tide", "##s", "[SEP]"] == pieces("moonlight moons tides")
    assert ["[CLS]", "l", "##a", "##x", "[UNK]", "月", "[SEP]"] == pieces("lax moonß 月")
    assert ["[CLS]", "[UNK]", "sea", "[SEP]"] == pieces(f"{'x' * (LONGEST_WORD + 1)} sea")


@given(st.text(max_size=200), st.integers(2, 20))
def test_there_are_never_too_many(text: str, most: int) -> None:
    """And the first and the last say that a text begins and ends."""
    found = pieces(text, most)

    assert 2 <= len(found) <= most
    assert ("[CLS]", "[SEP]") == (found[0], found[-1])


def test_of_a_long_text_only_the_beginning_is_looked_at() -> None:
    """However long it is."""
    assert pieces("moon " * 10**5, 5) == ["[CLS]", "moon", "moon", "moon", "[SEP]"]
    assert pieces(" " * PIECE_LENGTH * 5 + "moon", 5) == ["[CLS]", "[SEP]"]


def test_a_vocabulary_without_its_marks_is_refused() -> None:
    """Rather than texts that begin with anything."""
    with pytest.raises(Unfit, match=r"\[SEP\]"):
        Pieces(["[CLS]", "[UNK]", "moon"])
