"""services/related/terms.py"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.related.terms import (
    KNOWN,
    LONGEST_TEXT,
    NO_TERM,
    PAIR_STRENGTH,
    SPACE,
    STRENGTH_UNIT,
    TITLE_COUNTS,
    WORD,
    Numbers,
    Words,
    number_of,
    pairs,
    stem,
    terms_of,
    written_in,
)


def words(text: str) -> Numbers:
    return Words.of("", text).numbers


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("tides", "tide"),
        ("studies", "study"),
        ("gas", "gas"),
        ("virus", "virus"),
        ("process", "process"),
        ("aloes", "aloes"),
        ("matrices", "matrice"),
        ("tide", "tide"),
    ],
)
def test_stem_takes_off_plurals_only(word: str, expected: str) -> None:
    """Harman's three rules, and their exceptions."""
    assert expected == stem(word)


def test_case_plural_punctuation_and_stop_words_make_no_difference() -> None:
    """Two ways to write the same words."""
    assert words("moon tide").tolist() == words("The Moon's TIDES, and").tolist()


@given(st.one_of(st.text(), st.text(st.characters(max_codepoint=127))))
def test_words_are_those_of_the_pattern(text: str) -> None:
    """Plain text, which is read in another way, has the same ones."""
    assert words(text).tolist() == words(" é ".join(WORD.findall(text.lower()))).tolist()


def test_title_counts_as_several_mentions() -> None:
    """A word that stands in the title alone is as strong as one that stands so often in the text."""
    expected = round(STRENGTH_UNIT * (1 + np.log(TITLE_COUNTS)))

    assert expected == terms_of("", "tide " * TITLE_COUNTS).strengths[0] == terms_of("tide", "").strengths[0]


def test_pair_counts_from_its_second_mention() -> None:
    """A pair that occurs once is left out; one that occurs twice weighs less than a word."""
    once = terms_of("", "spring tide")
    twice = terms_of("", "spring tide and spring tide")

    assert len(once.numbers) == 2
    added = {*pairs(words("spring tide")).tolist(), *pairs(words("tide spring")).tolist()} & {*twice.numbers.tolist()}
    assert len(added) == 1
    expected = round(STRENGTH_UNIT * PAIR_STRENGTH * (1 + np.log(2)))
    assert expected == twice.strengths[twice.numbers.tolist().index(added.pop())]


def test_pairs_know_their_order() -> None:
    """A dog that bites a man is another pair than the reverse."""
    assert pairs(words("dog man")).tolist() != pairs(words("man dog")).tolist()


def test_title_and_text_are_no_neighbours() -> None:
    """The last word of the one and the first of the other are no pair, whichever of the two may be empty."""
    once = [terms_of("", "spring tide moon"), terms_of("spring", "tide moon"), terms_of("moon", "spring tide")]

    assert [3, 3, 3] == [len(terms.numbers) for terms in once]
    assert [2, 3] == [len(terms_of(title, "spring tide").numbers) for title in ("spring", "spring tide")]
    assert terms_of("", "spring spring").numbers.tolist() == terms_of("spring", "spring").numbers.tolist()


@given(st.text(), st.text())
def test_any_text_has_ascending_terms_within_the_space(title: str, text: str) -> None:
    """Whatever comes in, the terms are distinct, sorted, inside the tables, and each has a strength."""
    terms = terms_of(title, text)

    assert sorted(set(terms.numbers.tolist())) == terms.numbers.tolist()
    assert all(0 <= number < SPACE for number in terms.numbers.tolist())
    assert len(terms.numbers) == len(terms.strengths)
    assert all(strength > 0 for strength in terms.strengths.tolist())


def test_text_is_read_to_its_limit() -> None:
    """What stands beyond the limit does not count."""
    assert (
        terms_of("", "tide " * (LONGEST_TEXT // 5)).numbers.tolist()
        == terms_of("", "tide " * (LONGEST_TEXT // 5) + " moon").numbers.tolist()
    )


def test_numbers_are_the_same_in_every_process() -> None:
    """Vectors outlive the process that made them; Python's own hash would not do."""
    program = "from services.related.terms import Words; print(Words.of('moon', 'tide gravity').numbers.tolist())"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert str(words("moon tide gravity").tolist()) == told.strip()


def test_a_term_is_named_by_the_words_that_it_was_met_as() -> None:
    """A word in small letters with its ending, two words as they stood."""
    text = Words.of("The Tides", "of spring tides")
    [tide, spring], [pair] = words("tide spring").tolist(), pairs(words("spring tides")).tolist()

    assert [tide, spring, pair] == [number_of(name) for name in ("tides", "spring", "spring tides")]
    assert ["tides", "spring"] == [*text.names([tide, spring, pair]).values()]
    assert ["spring tides", ""] == [text.pair_name(each) for each in (pair, 0)]


@given(st.text(alphabet="abc ", max_size=80), st.text(alphabet="abc ", max_size=30))
def test_a_word_counts_as_often_as_it_is_written(text: str, title: str) -> None:
    """By definition: 1 + ln of the count, the title's four times; in ascending order, nobody twice."""
    found = terms_of(title, text)
    counts = Counter(KNOWN[word] for word in (title.split() * TITLE_COUNTS + text.split()))
    counts.pop(NO_TERM, None)
    strengths = dict(zip(found.numbers.tolist(), found.strengths.tolist(), strict=True))

    assert [*strengths] == sorted(strengths)
    assert {*counts} <= {*strengths}
    for number, count in counts.items():
        assert strengths[number] >= round(STRENGTH_UNIT * (1 + log(count)))


@pytest.mark.parametrize(
    "texts", [("月亮的引力使海水涨落。", "海水为什么涨落?因为月亮"), ("月の引力で海の水が動く", "海の水と月の話")]
)
def test_what_is_written_without_spaces_shares_words(texts: tuple[str, str]) -> None:
    """Every two neighbouring characters count as one, beside what is written with spaces."""
    one, other = (terms_of("", text).numbers for text in texts)

    assert len(np.intersect1d(one, other)) >= 2
    assert ["tide", "海水", "水涨", "涨落", "moon"] == written_in("tide海水涨落 moon")
