"""What a site puts around an article goes, and an article that speaks of such things stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.normalise.furniture import COPYRIGHT, _may_be_notice, clear_furniture
from services.ingest.normalise.sheet import Reason, Sheet

ARTICLE = ["The heart is a muscle. It beats."] * 2


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Skip to main page content", Reason.CHROME),
        ("Jump to navigation", Reason.CHROME),
        ("Access keys NCBI Homepage MyNCBI Homepage", Reason.CHROME),
        ("We use cookies to improve your experience.", Reason.CHROME),
        ("An official website of the United States government", Reason.BANNER),
        ("The .gov means it’s official.", Reason.BANNER),
        ("© 2024 The Heart Ltd", Reason.COPYRIGHT),
        ("Copyright 2024 by nobody", Reason.COPYRIGHT),
        ("The Heart Ltd. All rights reserved.", Reason.COPYRIGHT),
        (
            "Copyright Notice: This article is contributed by internet users. Write to [email protected].",
            Reason.COPYRIGHT,
        ),
        ("Abstract", Reason.LABEL),
        ("![](x.png)", Reason.IMAGE),
        ("![]() |", Reason.IMAGE),
    ],
)
def test_furniture_goes(line: str, reason: Reason) -> None:
    """A notice of copyright only behind the article."""
    sheet = Sheet("\n".join([*ARTICLE, line]))
    clear_furniture(sheet)

    assert [reason] == [part.reason for part in sheet.removed()]


@pytest.mark.parametrize(
    "line",
    [
        "Skip to the next chapter if you know the heart.",
        "Cookies are baked for ten minutes; we use cookie cutters.",
        "Copyright law protects authors for seventy years after their death.",
        "The government's website of the United States was moved.",
        "Searching for the heart",
        "Photo: the heart",
    ],
)
def test_an_article_stays(line: str) -> None:
    """Words that furniture uses too are no furniture."""
    sheet = Sheet("\n".join([line, *ARTICLE, line]))
    clear_furniture(sheet)

    assert () == sheet.removed()


def test_a_caption_goes_with_its_picture() -> None:
    """The line behind a stub, if it looks like a caption."""
    sheet = Sheet(
        "Text.\n![]() |\nA doctor at work. Illustration: The Hospital |\nMore text.\n![]()\nNo caption but a sentence."
    )
    clear_furniture(sheet)

    assert "Text.\nMore text.\nNo caption but a sentence." == sheet.text


@given(st.from_regex(COPYRIGHT, fullmatch=True))
def test_no_notice_is_passed_over_for_its_signs(line: str) -> None:
    """Whatever the pattern takes has one of the signs by which a paragraph is looked at closer."""
    assert _may_be_notice(line)
