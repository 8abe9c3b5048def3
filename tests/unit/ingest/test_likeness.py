"""How alike two documents are: the hashes say what counting by hand says, and MinHash estimates it well."""

from __future__ import annotations

import random
import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest import likeness
from services.ingest.likeness import (
    ALIKE,
    BANDS,
    PERMUTATIONS,
    SHARDS,
    buckets,
    exact_bucket,
    jaccard,
    shingles,
    signature,
)

WORDS = [f"word{number}" for number in range(2_000)]
VOCABULARY = st.lists(st.sampled_from(["a", "b", "c", "d", "é", "moon", "sea", "42"]), max_size=30)
STANDARD_ERROR = 0.5 / PERMUTATIONS**0.5


def by_hand(one: str, other: str) -> float:
    """The similarity of two texts' sets of word 3-grams."""
    sets = [
        {" ".join(words[place : place + 3]) for place in range(max(1, len(words) - 2))}
        for words in map(str.split, (one, other))
    ]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def edited(chance: random.Random, words: list[str], share: float) -> list[str]:
    """A copy of which about so many words are others."""
    return [chance.choice(WORDS) if chance.random() < share else word for word in words]


@given(VOCABULARY, VOCABULARY)
def test_the_similarity_is_that_of_sets_of_word_3_grams(one: list[str], other: list[str]) -> None:
    """Counted by hand; a text of fewer than three words is one of its own."""
    hashed = jaccard(shingles("", " ".join(one)), shingles("", " ".join(other)))
    expected = by_hand(" ".join(one), " ".join(other)) if one and other else 0.0

    assert hashed == pytest.approx(expected)


@given(st.text())
def test_any_text_has_its_words(text: str) -> None:
    """As many 3-grams as words but two, whatever is between them; case makes no difference."""
    ascii_text = text.encode("ascii", "ignore").decode()
    count = len(re.findall("[0-9a-z]+", ascii_text.lower()))

    assert len(shingles("", ascii_text)) == (max(1, count - 2) if count else 0)
    assert len(shingles(text, text)) >= 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The moon pulls the sea.", "the MOON pulls, the sea!"),
        ("It’s the “moon” — that pulls", 'It\'s the "moon" - that pulls'),
        ("Über den Mond", "über den mond"),
        ("月亮牵引着大海", "月亮, 牵引着 大海。"),
    ],
)
def test_what_is_between_words_makes_no_difference(one: str, other: str) -> None:
    """Nor do capitals; scripts without spaces are compared by characters."""
    assert 1.0 == jaccard(shingles("", one), shingles("", other))


@given(st.integers(min_value=0), st.floats(min_value=0, max_value=0.4), st.integers(min_value=20, max_value=600))
def test_the_estimate_is_near_the_truth(seed: int, share: float, length: int) -> None:
    """Within five standard errors, whatever the similarity; buckets are shared as often as the estimate promises."""
    chance = random.Random(seed)
    words = chance.choices(WORDS, k=length)
    one, other = (shingles("", " ".join(each)) for each in (words, edited(chance, words, share)))
    estimate = float(np.mean(signature(one) == signature(other)))

    assert abs(estimate - jaccard(one, other)) <= 5 * STANDARD_ERROR


def test_estimates_are_right_on_average() -> None:
    """Of 300 pairs the mean error is a tenth of one estimate's."""
    chance = random.Random(1)
    errors = []
    for _ in range(300):
        words = chance.choices(WORDS, k=200)
        one, other = (shingles("", " ".join(each)) for each in (words, edited(chance, words, 0.1)))
        errors.append(float(np.mean(signature(one) == signature(other))) - jaccard(one, other))

    assert abs(float(np.mean(errors))) < STANDARD_ERROR / 8
    assert float(np.std(errors)) < 1.2 * STANDARD_ERROR


def test_the_near_alike_meet_and_strangers_do_not() -> None:
    """Of 200 pairs of a similarity of 0.8 or more, all share three buckets; of 200 strangers no two share any."""
    chance = random.Random(2)
    strangers: Counter[tuple[int, bytes]] = Counter()
    for _ in range(200):
        words = chance.choices(WORDS, k=200)
        one, other = (shingles("", " ".join(each)) for each in (words, edited(chance, words, 0.025)))
        strangers.update(buckets(one))
        if jaccard(one, other) >= ALIKE:
            assert len(set(buckets(one)) & set(buckets(other))) >= 3

    assert (200 * BANDS, 1) == (len(strangers), max(strangers.values()))


def test_buckets_stay_the_same() -> None:
    """They stand in Redis: another machine, another day and another version of the library must find them."""
    first, *_, last = buckets(shingles("The tides", "The moon pulls the sea twice a day."))

    assert ((7553, "4cd87416"), (8194, "083bbc36")) == ((first[0], first[1].hex()), (last[0], last[1].hex()))
    assert (1653, "8e445377a69dab5b") == (exact_bucket("00")[0], exact_bucket("00")[1].hex())


@given(st.text())
def test_a_bucket_is_a_short_field_of_a_shard(text: str) -> None:
    """None for what has no words."""
    places = buckets(shingles("", text))

    assert len(places) in {0, BANDS}
    assert all(0 <= shard < SHARDS and len(field) == 4 for shard, field in places)


def test_a_document_of_any_length_has_its_buckets() -> None:
    """Pieces make no difference: a text that is its own double has the same 3-grams but for those at the seam."""
    words = " ".join(random.Random(3).choices(WORDS, k=9_000))

    assert jaccard(shingles("", words), shingles("", f"{words} {words}")) > 0.999
    assert len(set(buckets(shingles("", words))) & set(buckets(shingles("", f"{words} {words}")))) >= BANDS - 1


@given(st.text(alphabet="ab é,", max_size=200), st.integers(min_value=1, max_value=40))
def test_pieces_make_no_difference(text: str, size: int) -> None:
    """However long a piece is, as long as the longest word fits into it."""
    whole = shingles("", text)
    with pytest.MonkeyPatch.context() as patch:
        longest = max((len(word.encode()) for word in re.split("[ ,]", text)), default=0)
        patch.setattr(likeness, "PIECE_OCTETS", size + longest + 1)

        assert shingles("", text).tolist() == whole.tolist()
