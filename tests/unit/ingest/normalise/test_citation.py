"""Lines that cite the article itself are read; those that cite others are not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.normalise.citation import date_in, date_of, doi_in, keywords_in, take_citation
from services.ingest.normalise.sheet import Sheet

DAY = datetime(2024, 1, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        "2024-01-29", ". 2024 Jan 29:15:1357601.", "29 January 2024", "January 29, 2024", "Jan. 29th, 2024", "Published: 29 Jan 2024",
        "Published online on January 29, 2024", "By Jane Doe | January 29, 2024", "Last updated 2024-01-29 | 5 min read",
    ],
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(line: str) -> None:
    """At the beginning of a line, or behind a word that says what it is."""
    assert DAY == date_in(line)


@pytest.mark.parametrize(
    "line",
    [
        "The events of 29 January 2024",
        "29 January 2024 was a cold day",
        "2024-13-29",
        "31 February 2024",
        "2024",
        "May 2024",
        "",
    ],
)
def test_a_day_within_words_is_none_of_the_articles(line: str) -> None:
    """Nor is one that there never was."""
    assert date_in(line) is None


@pytest.mark.parametrize(
    ("written", "day"),
    [("2024/01/29/", "2024-01-29"), ("20240129", "2024-01-29"), ("2024 Jan 29", "2024-01-29"), ("2024 Jan", "2024-01-01"), ("2024", "2024-01-01"), ("soon", None), ("2024//", "2024-01-01")],
)  # fmt: skip
def test_a_catalogues_day_is_read(written: str, day: str | None) -> None:
    """As RIS and MEDLINE write it, as far as it is known."""
    assert day == date_of(written)


@pytest.mark.parametrize(
    ("line", "doi"),
    [
        ("doi: 10.3389/FIMMU.2024.1357601. eCollection 2024.", "10.3389/fimmu.2024.1357601"),
        ("https://doi.org/10.1000/182).", "10.1000/182"),
        ("version 10.4/5", None),
    ],
)
def test_a_doi_ends_before_the_sentence_does(line: str, doi: str | None) -> None:
    """In small letters."""
    assert doi == doi_in(line)


def test_keywords_are_separated_by_what_separates_them() -> None:
    """Semicolons, else commas."""
    assert ("a b", "c, d") == keywords_in("Keywords: a b; c, d.")
    assert ("a", "b") == keywords_in("Key words — a, b, a")
    assert () == keywords_in("Keywords are words.")


def test_only_the_head_is_believed() -> None:
    """A DOI within prose or far down is somebody else's; so are authors."""
    lines = [
        "A title",
        "Smith J et al. J Heart. 2020.",
        "doi:10.1000/1",
        "Prose with 10.1000/2 in it. " + "x" * 200,
        *["Line."] * 25,
        "doi: 10.1000/3",
    ]
    sheet = Sheet("\n".join(lines))
    found = take_citation(sheet)

    assert ("10.1000/1", "J Heart", ("Smith J et al.",)) == (found.doi, found.journal, found.authors)
    assert "10.1000/3" in sheet.text


@given(st.text(alphabet="2024-0129 JanuaryBy|./:,10doi", max_size=80))
def test_any_line_is_read_or_not(line: str) -> None:
    """Without an error."""
    found = date_in(line)
    assert found is None or str(found.year) in line
    assert take_citation(Sheet(line)) is not None
    assert date_of(line) is None or len(str(date_of(line))) == len("2024-01-29")
