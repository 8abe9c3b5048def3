"""Who gets the page, and who the JSON."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feeds.negotiation import prefers_html

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
MINIFLUX = "application/xml,application/atom+xml,application/rss+xml,application/feed+json,text/html,*/*;q=0.9"
FEEDPARSER = (
    "application/atom+xml,application/rdf+xml,application/rss+xml,application/x-netcdf,"
    "application/xml;q=0.9,text/xml;q=0.2,*/*;q=0.1"
)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (CHROME, True),
        (FIREFOX, True),
        ("text/html", True),
        ("TEXT/HTML", True),
        ("text/*", True),
        ("text/html;charset=utf-8", True),
        ("application/json;q=0.5, text/html", True),
        ("application/json;q=0.5, text/html;q=0.6", True),
        (MINIFLUX, True),
        (FEEDPARSER, False),
        ("*/*", False),
        (None, False),
        ("", False),
        ("application/json", False),
        ("text/html, application/json", False),
        ("text/html;q=0.5, application/json", False),
        ("text/html;q=0", False),
        ("text/html;q=0, */*", False),
        ("text/html, */*", False),
        ("text/html;level=1;q=0.2, application/*;q=0.3", False),
        ("nonsense", False),
    ],
)
def test_accept_decides(*, accept: str | None, expected: bool) -> None:
    """HTML only for those who would rather have it than JSON."""
    assert expected == prefers_html(accept)


@given(st.text(max_size=100))
def test_no_header_breaks_the_answer(accept: str) -> None:
    """Whatever a client sends, there is an answer."""
    prefers_html(accept)
