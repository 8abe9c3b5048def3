"""Questions: what they mean, and the one way to write each of them."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.syndication.directory import Lead
from shared.syndication.questions import BadQuestion, Question, question_in, question_of, words_of

VALUES = st.sampled_from(
    ["tides", "Moon", "sea,SAND", "a OR b", "-ebb", "Café", "heart-attack", "x y z", "b,a", "-a -b"]
)
NAMES = st.sampled_from(["q", "subject", "keyword", "author", "lang", "not.q", "not.subject", "not.author"])
PAIRS = st.lists(
    st.tuples(NAMES, VALUES)
    | st.sampled_from([("since", "2026-02-01"), ("since", "2026-02-01T10:00:00+02:00"), ("match", "any")]),
    max_size=5,
)


@pytest.mark.parametrize(
    ("spelled", "written"),
    [
        ("q=Tides+MOON", "q=moon+tides"),
        ("q=moon+tides+tides", "q=moon+tides"),
        ("q=tides+OR+moon", "q=moon,tides"),
        ("q=tides%2Cmoon", "q=moon,tides"),
        ("q=tides+-moon", "q=tides&not.q=moon"),
        ("q=caf%C3%A9", "q=cafe"),
        ("subject=Law+%26+Order&q=x", "q=x&subject=law-and-order"),
        ("subject=b,a&subject=c", "subject=a,b&subject=c"),
        ("subject=a,b&subject=a", "subject=a"),
        ("not.author=b&not.author=a", "not.author=a,b"),
        ("subject=a&author=b&match=any", "subject=a&author=b&match=any"),
        ("subject=a&match=any", "subject=a"),
        ("q=x&since=2026-01-01T00:00:00Z", "q=x&since=2026-01-01"),
        ("q=x&since=0500-01-01", "q=x&since=0500-01-01"),
        ("source=https://www.A.example/feed&q=x", "q=x&source=a.example"),
        ("q=x&match=all", "q=x"),
        ("lang=pt-BR&q=x", "q=x&lang=pt-br"),
    ],
)
def test_each_question_has_one_address(spelled: str, written: str) -> None:
    """Order, case, accents, repetitions and ways to say "or" make no difference."""
    assert question_in(spelled).written == written
    assert question_in(written) == question_in(spelled)


@given(PAIRS)
def test_what_is_written_asks_the_same(pairs: list[tuple[str, str]]) -> None:
    """The canonical address is its own."""
    try:
        question = question_of(pairs)
    except BadQuestion:
        return

    assert question_in(question.written) == question
    assert question_in(urlencode(pairs)) == question


@pytest.mark.parametrize(
    "query",
    [
        "page=2",
        "q=",
        "q=---",
        "since=yesterday",
        "since=0001-01-01T00:00:00%2B14:00",
        "match=some",
        "subject=,",
        "q=" + "a" * 3000,
        "not.since=2026-01-01",
    ],
)
def test_what_means_nothing_is_refused(query: str) -> None:
    """A misspelled filter must not give the wrong articles."""
    with pytest.raises(BadQuestion):
        question_in(query)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("", "all"),
        ("subject=Medicine", "subjects/medicine"),
        ("author=Ann+Author", "authors/ann-author"),
        ("keyword=sea", "keywords/sea"),
        ("lang=de", "languages/de"),
        ("source=a.example", "sources/a.example"),
        ("subject=a,b", None),
        ("subject=a&lang=de", None),
        ("q=a", None),
        ("not.subject=a", None),
    ],
)
def test_a_plain_question_is_a_plain_feed(query: str, path: str | None) -> None:
    """Whoever asks for one subject gets that subject's feed."""
    assert question_in(query).path == path


@pytest.mark.parametrize(
    "words",
    [
        ",".join(f"a{number}.b{number}" for number in range(200)),
        " ".join(",".join(f"a{row}.b{column}" for column in range(6)) for row in range(40)),
    ],
)
def test_a_question_of_too_many_parts_costs_nothing(words: str) -> None:
    """Two words in each of two hundred alternatives are two to the power of two hundred parts."""
    before = time.process_time()
    with pytest.raises(BadQuestion):
        question_of([("q", words)])

    assert time.process_time() - before < 2


def test_a_question_can_be_read_by_people() -> None:
    """It is the feed's title."""
    assert question_in("q=tides,moon&subject=law&not.lang=de").title == "moon or tides, subject law, not lang de"
    assert Question().title == ""


def test_words_have_neither_case_nor_accents() -> None:
    """And a hyphen parts them, wherever they stand."""
    assert words_of("Über-Größe, naïve_42; 東京!") == ["uber", "grosse", "naive", "42", "東京"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("q=tides&subject=law-studies", "q=tides&subject=law"),
        ("q=tides&subject=law,law-studies,medicine", "q=tides&subject=law,medicine"),
        ("q=tides+moon,sun&not.subject=law-studies", "q=tides+moon,sun&not.subject=law"),
        ("subject=law-studies", "subject=law"),
        ("keyword=law-studies&q=a&since=2026-01-01", "q=a&keyword=law-studies&since=2026-01-01"),
        ("q=tides&subject=alchemy", "q=tides&subject=alchemy"),
    ],
)
def test_a_question_follows_its_subjects(before: str, after: str) -> None:
    """Renamed and merged ones go along, and what is said twice then is said once; a removed one leads nowhere."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    leads = {"law-studies": Lead(to="law", at=at), "alchemy": Lead(at=at)}

    assert question_in(after) == question_in(before).following(leads)
