"""What is cut is noted where it stood, and the rest reads on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.fields import Given
from services.ingest.normalise.normal import normalised
from services.ingest.normalise.sheet import Reason, Sheet
from tests.unit.ingest.samples import SEEDS

PIECES = [
    "Skip to content", "U.S. flag", "The heart beats all day long", "The heart beats all day long It pumps.", "References", "1. A B. J (2020) 3:4.",
    "![]() |", "A caption |", "doi: 10.1000/182", "By Jane Doe", "jane jane", "Keywords: a; b.", "Copyright 2020 X. All rights reserved.",
    "Funding", "None. The heart was paid by nobody, and nobody else was paid for it either, as far as anybody knows here today.",
]  # fmt: skip
TEXTS = st.lists(
    st.sampled_from(PIECES) | st.text(max_size=40).map(lambda text: " ".join(text.split())).filter(bool),
    min_size=1,
    max_size=30,
).map("\n".join)


def test_a_line_is_shortened_at_both_ends_or_goes() -> None:
    """Each cut is reported with its place in the whole text."""
    sheet = Sheet("one two three\nfour\nfive")
    sheet.cut_start(0, 4, Reason.REPEATED_TITLE)
    sheet.cut_end(0, 6, Reason.REPEATED_TITLE)
    sheet.cut(1, Reason.BYLINE)
    sheet.cut(2, Reason.BYLINE)

    assert "two" == sheet.text
    assert [(1, "one"), (1, "three"), (2, "four five")] == [(part.line, part.excerpt) for part in sheet.removed()]
    assert [(0, 4), (7, 13), (14, 23)] == [(part.start, part.end) for part in sheet.removed()]


def rest_of(whole: str, spans: list[tuple[int, int]]) -> str:
    """`whole` without `spans`, in one line; where something was cut, white space stays."""
    kept, position = [], 0
    for start, end in spans:
        kept.append(whole[position:start])
        position = end
    return " ".join(" ".join([*kept, whole[position:]]).split())


@given(TEXTS)
def test_the_whole_is_the_text_and_what_was_removed(whole: str) -> None:
    """Nothing is left out that is not reported, nothing is reported that is not left out, and something always stays."""
    normal = normalised(whole, Given())
    spans = [(part.start or 0, part.end or 0) for part in normal.removed]

    assert spans == sorted(spans)
    assert rest_of(whole, spans) == " ".join(normal.text.split())
    assert normal.text


def test_the_seeds_are_accounted_for() -> None:
    """The same for real pages."""
    for seed in SEEDS.iterdir():
        whole = seed.read_text().replace("\u00a0", " ")
        normal = normalised(whole, Given())

        assert rest_of(whole, [(part.start or 0, part.end or 0) for part in normal.removed]) == " ".join(
            normal.text.split()
        )
