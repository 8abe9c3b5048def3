"""What a source says of its document is looked up, measured and taken or refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from services.ingest.draft import MAX_AUTHORS, MAX_KEYWORD, MAX_KEYWORDS, MAX_TITLE
from services.ingest.fields import absolute, given, language, moment
from shared.errors import DocumentRejected


def test_names_are_looked_up_in_their_order() -> None:
    """The first name that says something counts, also within `seo`."""
    said = given(
        {"title": " ", "article_title": "The  heart", "question": "?", "seo": {"page_description": "It\nbeats."}}
    )

    assert (said.title, said.summary) == (None, "It beats.")
    assert given({"title": None, "question": "Why?"}).title == "Why?"


def test_a_line_of_keywords_is_a_list() -> None:
    """Commas separate, doubles and gaps are dropped, the first spelling stays."""
    said = given({"tags": "Heart, valves,,heart , blood"})

    assert said.keywords == ("Heart", "valves", "blood")


def test_keywords_without_a_comma_are_words() -> None:
    """If they are too many for one keyword; a phrase stays a phrase."""
    line = " ".join(f"keyword{number}" for number in range(12))

    assert given({"keywords": line}).keywords == tuple(line.split())
    assert given({"keywords": "heart valve"}).keywords == ("heart valve",)


def test_authors_come_as_one_or_as_a_list() -> None:
    """A comma in a name is a comma; an entry may be a mapping with a name."""
    assert given({"author": "Bian, Yuan"}).authors == ("Bian, Yuan",)
    assert given({"authors": ["A", {"name": "B"}, None]}).authors == ("A", "B")


@pytest.mark.parametrize(
    "told",
    [
        {"title": 5},
        {"title": ["a"]},
        {"title": "x" * (MAX_TITLE + 1)},
        {"keywords": {"a": 1}},
        {"keywords": [1]},
        {"keywords": ["x"] * (MAX_KEYWORDS + 1)},
        {"keywords": ["x" * (MAX_KEYWORD + 1)]},
        {"authors": ["x"] * (MAX_AUTHORS + 1)},
        {"authors": [{"name": 3}]},
        {"date": 20241122},
        {"id": True},
        {"id": 1.5},
        {"url": ["https://example.org"]},
    ],
)
def test_wrong_types_and_too_much_are_refused(told: dict[str, Any]) -> None:
    """The refusal names the field."""
    with pytest.raises(DocumentRejected) as refused:
        given(told)

    assert (refused.value.code, refused.value.fields["field"]) == ("bad-field", next(iter(told)))


@pytest.mark.parametrize(
    ("written", "when"),
    [
        ("2024-11-22", datetime(2024, 11, 22, tzinfo=UTC)),
        ("2024-11-22T10:30:00Z", datetime(2024, 11, 22, 10, 30, tzinfo=UTC)),
        ("2024-11-22 10:30:00 +0200", datetime(2024, 11, 22, 8, 30, tzinfo=UTC)),
        ("Fri, 22 Nov 2024 10:30:00 +0000", datetime(2024, 11, 22, 10, 30, tzinfo=UTC)),
        ("2024-13-45", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("0001-01-01", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates_are_read_or_dropped(written: str, when: datetime | None) -> None:
    """A bare date begins at midnight UTC; what is no day of our times is nothing."""
    assert moment(written) == when


@pytest.mark.parametrize(
    "address",
    [
        "/learn/medicine", "//example.org/x", "javascript:alert(1)", "ftp://example.org", "https://", "http://[::1",
        "https://a b.org", "https://user:secret@example.org", "https://example.org:99999", "https://e.org/<script>",
        'https://e.org/"onload=', "data:text/html,x", "https://example.org/" + "x" * 2_000,
    ],
)  # fmt: skip
def test_only_absolute_web_addresses_are_addresses(address: str) -> None:
    """Relative, unsafe, broken and endless ones are none."""
    assert absolute(address) is None


def test_a_web_address_stays_as_it_was_given() -> None:
    """Nothing is rewritten in what readers will see."""
    assert absolute("https://Example.org/a?b=c&d#e") == "https://Example.org/a?b=c&d#e"


def test_languages_have_the_shape_of_tags() -> None:
    """An underscore is forgiven, prose is not."""
    assert [language(tag) for tag in ("en", "pt_BR", "zh-Hant-TW", "English please", "")] == [
        "en", "pt-BR", "zh-Hant-TW", None, None,
    ]  # fmt: skip


@given_any(st.text(max_size=60))
def test_any_writing_is_a_moment_or_nothing(written: str) -> None:
    """Reading a date never fails, and what comes out is aware and of our times."""
    when = moment(written)

    assert when is None or (when.tzinfo is UTC and 999 <= when.year <= 2200)


def test_what_nobody_can_see_is_nothing() -> None:
    """A title of zero-width spaces would be a link that nobody finds."""
    told = given({"title": " \u200b\u2060 ", "keywords": ["\u00ad", "sea"], "author": "\u200d"})
    assert (told.title, told.keywords, told.authors) == (None, ("sea",), ())
