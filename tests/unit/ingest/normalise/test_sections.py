"""The sections behind an article are left out, and those within it are not."""

from __future__ import annotations

import pytest

from services.ingest.normalise.sections import clear_sections
from services.ingest.normalise.sheet import Reason, Sheet

PROSE = "The heart is a muscle that pumps blood through the body all day and all night, and it never rests for longer than a second."
BODY = [PROSE] * 3


def cleared(*lines: str) -> tuple[str, list[Reason]]:
    """What is left, and why the rest is not."""
    sheet = Sheet("\n".join(lines))
    clear_sections(sheet)
    return sheet.text, [part.reason for part in sheet.removed()]


@pytest.mark.parametrize(
    ("heading", "reason"),
    [
        ("References", Reason.REFERENCES),
        ("## References:", Reason.REFERENCES),
        ("7. REFERENCES", Reason.REFERENCES),
        ("Similar articles", Reason.SIMILAR),
        ("Conflict of interest statement", Reason.CONFLICT),
        ("Declaration of competing interests", Reason.CONFLICT),
        ("Figures", Reason.FIGURES),
        ("Funding", Reason.FUNDING),
        ("Acknowledgments", Reason.ACKNOWLEDGEMENTS),
    ],
)
def test_a_section_goes_with_its_heading(heading: str, reason: Reason) -> None:
    """However the heading is marked, up to the end."""
    assert ("\n".join(BODY), [reason]) == cleared(*BODY, heading, "Smith J. Hearts. J Heart (2020) 1:2.", "Another")


def test_each_section_has_its_reason() -> None:
    """They follow one another."""
    _, reasons = cleared(*BODY, "Funding", "None.", "Figures", "Figure 1", PROSE, "References", "1. A B. 2020;3.")

    assert [Reason.FUNDING, Reason.FIGURES, Reason.REFERENCES] == reasons


def test_the_article_may_go_on() -> None:
    """A heading that is none of these, with prose behind it, ends the section."""
    text, _ = cleared(*BODY, "Funding", "Nobody paid.", "What the heart does at night", PROSE)

    assert text.endswith(f"What the heart does at night\n{PROSE}")


@pytest.mark.parametrize(
    "lines",
    [
        ("References", *BODY),
        (*BODY, "References to the heart are many in the poems of all times and peoples that we know"),
        BODY,
    ],
)
def test_what_only_looks_like_one_stays(lines: tuple[str, ...]) -> None:
    """A table of contents before the article, and sentences."""
    assert ("\n".join(lines), []) == cleared(*lines)
