"""Words that compare."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.classifier.words import SMALL, WORD, singular, spoken, words_of


def test_words_are_lower_case_and_small_words_and_plurals_are_gone() -> None:
    """Case, punctuation, small words and plural endings make no difference."""
    assert ["rule", "law", "self", "esteem", "1914", "çédille"] == words_of(
        "The Rules of LAW: self-esteem (1914), Çédilles"
    )


@given(st.text() | st.text(st.characters(max_codepoint=127)))
def test_plain_text_is_cut_as_any_other(text: str) -> None:
    """The quick way through ASCII finds the very same words."""
    assert WORD.findall(text.lower()) == spoken(text)


def test_small_words_are_left_out() -> None:
    """What stands around them are neighbours."""
    assert ["rule", "law", "court"] == words_of("rule of law in courts")


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("cell", "cells"),
        ("theory", "theories"),
        ("class", "classes"),
        ("virus", "viruses"),
        ("church", "churches"),
        ("tax", "taxes"),
        ("tie", "ties"),
        ("movie", "movies"),
        ("cause", "causes"),
        ("child", "children"),
        ("woman", "women"),
        ("lens", "lenses"),
        ("bias", "biases"),
        ("physics", "physics"),
    ],
)
def test_singular_and_plural_are_the_same_word(one: str, many: str) -> None:
    """Both forms of a noun come out the same."""
    assert singular(one) == singular(many)


@pytest.mark.parametrize("word", ["gas", "dna", "analysis", "virus", "stress", "is"])
def test_a_singular_in_s_stays(word: str) -> None:
    """What only looks like a plural is left alone."""
    assert word == singular(word)


@given(st.text())
def test_any_text_has_words(text: str) -> None:
    """No text raises, no word is empty or a small one as it was written."""
    words = words_of(text)

    assert all(words)
    assert not SMALL.intersection(word for word in words if len(word) == 1)
