"""Keywords are what a text says often, and what its title says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.normalise.phrases import MOST, keywords_of

TEXT = "Heart valves close. A heart valve opens; blood flows. The blood pressure falls, and blood pressure rises. Heart valves tire."


def test_pairs_come_before_their_words() -> None:
    """One in singular and in plural is one, in its usual spelling; a word that says nothing more is left out."""
    assert ("heart valves", "blood pressure") == keywords_of("On heart valves", TEXT, "en")


def test_small_words_of_the_language_do_not_count() -> None:
    """Nor do words that stand anywhere."""
    assert ("herz",) == keywords_of("Das Herz", "Das Herz und das Herz. Nicht wird, nicht wird.", "de")


@given(st.text(max_size=60), st.text(max_size=400))
def test_there_are_at_most_twelve(title: str, text: str) -> None:
    """Each once."""
    found = keywords_of(title, text, "en")

    assert len(set(found)) == len(found) <= MOST
