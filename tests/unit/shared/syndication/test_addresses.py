"""Addresses and identifiers."""

from __future__ import annotations

import re

import pytest

from shared.syndication.addresses import Format, Site

TAG = re.compile(r"tag:[a-z0-9.-]+,\d{4}:[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,]*")


def test_addresses_stand_under_the_public_url() -> None:
    """Every address is absolute."""
    site = Site("https://news.example/x", "News")

    assert site.document("4hx") == "https://news.example/x/documents/4hx"
    assert site.feed("subjects/law", Format.ATOM) == "https://news.example/x/feeds/subjects/law.atom"


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://News.Example:8443", "news.example"),
        ("http://127.0.0.1:8000", "127.0.0.1"),
        ("http://localhost", "localhost"),
        ("http://[::1]:8000", "1"),
        ("http://[::]", "localhost"),
    ],
)
def test_an_identifier_is_a_tag_uri(url: str, authority: str) -> None:
    """The host makes it ours, the port and the scheme do not matter (RFC 4151)."""
    tag = Site(url, "News").tag("documents", "a b/ü")

    assert tag == f"tag:{authority},2026:documents/a%20b/%C3%BC"
    assert TAG.fullmatch(tag)
