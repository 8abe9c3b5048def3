"""Settings that would do harm are refused before anything starts."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from shared.settings import Settings


@pytest.mark.parametrize(
    "said",
    [
        "news.example",
        "ftp://news.example",
        "https://",
        "https://b\u00fccher.example",
        "https://user:word@news.example",
        "https://news.example/?a=b",
        "https://news example",
    ],
)
def test_a_public_address_that_is_none_is_refused(said: str) -> None:
    """It would stand in every link, and the entries' ids would change when it is mended."""
    with pytest.raises(ValidationError, match="is no address"):
        Settings(public_url=said)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("https://News.Example:8443/", "https://News.Example:8443"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://news.example/the/paper/", "https://news.example/the/paper"),
        ("http://feeds_1:8000", "http://feeds_1:8000"),
    ],
)
def test_a_public_address_may_have_a_port_and_a_path(said: str, meant: str) -> None:
    """A slash at its end makes no difference."""
    assert Settings(public_url=said).base_url == meant
