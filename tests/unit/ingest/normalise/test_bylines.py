"""A name is found where names stand, without its ranks and degrees."""

from __future__ import annotations

import pytest

from services.ingest.normalise.bylines import bare_name, names_in, take_bylines
from services.ingest.normalise.sheet import Sheet

TEXT = ["The heart is a muscle.", "It beats."]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("jane jane", ("jane",)),
        ("Jane Doe Jane Doe", ("Jane Doe",)),
        ("By Jane Doe", ("Jane Doe",)),
        ("by Jane Doe and John van der Berg, PhD", ("Jane Doe", "John van der Berg")),
        ("Written by Dr. Jane Doe, MD | May 3, 2024", ("Jane Doe",)),
        ("Von Änne Müller", ("Änne Müller",)),
        ("Author: Jane Doe", ("Jane Doe",)),
    ],
)
def test_a_byline_before_the_article_is_read_and_cut(line: str, names: tuple[str, ...]) -> None:
    """In its first lines."""
    sheet = Sheet("\n".join([line, *TEXT]))

    assert names == take_bylines(sheet)
    assert "\n".join(TEXT) == sheet.text


@pytest.mark.parametrize(
    "line", ["By the time it beats", "By and large", "Bye Jane Doe", "had had", "no no.", "The heart"]
)
def test_other_lines_are_no_bylines(line: str) -> None:
    """Sentences that begin with `By`, and a doubled word with an end."""
    sheet = Sheet("\n".join([line, *TEXT]))
    names = take_bylines(sheet)

    assert (line == "had had") == (names == ("had",))
    assert (line == "had had") == (line not in sheet.text)


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (
            ["Associate Professor, Doctor Ngo Thi Tinh", "Department of Oncology", "Tam Anh General Hospital Hanoi"],
            ("Ngo Thi Tinh",),
        ),
        (["Jane Doe", "University of the Heart"], ("Jane Doe",)),
        (["Dr Jane Doe"], ("Jane Doe",)),
        (["Jane Doe"], ()),
        (["The heart beats on"], ()),
    ],
)
def test_a_signature_is_a_rank_or_an_institution(lines: list[str], names: tuple[str, ...]) -> None:
    """A name alone may be anybody."""
    sheet = Sheet("\n".join([*TEXT, *lines]))

    assert names == take_bylines(sheet)
    assert bool(names) == (sheet.text == "\n".join(TEXT))


def test_ranks_and_degrees_fall_off() -> None:
    """All of them; a name that is none stays out."""
    assert "Jane Doe" == bare_name("Prof. Dr. Jane Doe, MD, PhD")
    assert () == names_in("the editors of this paper")
