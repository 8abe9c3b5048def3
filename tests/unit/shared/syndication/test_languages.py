"""Which languages a feed names."""

from __future__ import annotations

import pytest

from shared.syndication.languages import known_language, right_to_left


@pytest.mark.parametrize(
    ("said", "known"),
    [("de", "de"), ("pt-BR", "pt-BR"), ("fil", "fil"), ("zz", "en"), ("english", "en"), ("", "en"), ("e\n", "en")],
)
def test_a_language_that_there_is_not_is_not_named(said: str, known: str) -> None:
    """A reader would have to guess at it; the W3C validator calls it InvalidLanguage."""
    assert known_language(said) == known


@pytest.mark.parametrize(
    ("said", "so"),
    [
        ("ar", True),
        ("HE-il", True),
        ("uz-Arab-AF", True),
        ("az", False),
        ("ur-Latn", False),
        ("en", False),
        ("ckb", True),
    ],
)
def test_the_script_says_from_where_a_text_is_read(said: str, *, so: bool) -> None:
    """Where the tag names none the language does."""
    assert right_to_left(said) is so
