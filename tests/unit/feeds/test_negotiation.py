"""Who gets the page, and who the JSON."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feeds.negotiation import prefers_html, wanted_format
from shared.syndication.addresses import Format

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


FEED_READERS = {
    "newsboat, sfeed, rsstail, curl": "*/*",
    "nothing said": None,
    "feedparser, rss2email": FEEDPARSER,
    "reader": f"{FEEDPARSER}, application/feed+json",
    "FreshRSS": "application/atom+xml, application/rss+xml, application/rdf+xml;q=0.9, application/xml;q=0.8, text/html;q=0.7, */*;q=0.2",
    "Miniflux": MINIFLUX,
    "NetNewsWire": "application/rss+xml, application/rdf+xml, application/atom+xml, text/xml, application/xml, */*;q=0.5",
    "a program": "application/json",
    "xmllint": "application/xml, text/xml",
}
BROWSERS = {
    "Chromium": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Firefox": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "lynx": "text/html, text/plain, text/sgml;q=0.01",
}


@pytest.mark.parametrize("accept", FEED_READERS.values(), ids=FEED_READERS)
def test_no_reader_is_handed_a_page(accept: str | None) -> None:
    """As captured from the readers, or read in their sources."""
    assert wanted_format(accept) is not None


@pytest.mark.parametrize("accept", BROWSERS.values(), ids=BROWSERS)
def test_a_browser_gets_a_page(accept: str) -> None:
    """It names HTML, and no feed."""
    assert wanted_format(accept) is None


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("application/rss+xml", Format.RSS),
        ("application/feed+json, application/atom+xml;q=0.9", Format.JSON),
        ("application/rss+xml;q=0.5, application/atom+xml;q=0.6", Format.ATOM),
        ("application/json", Format.JSON),
        ("application/atom+xml;q=0, text/html", None),
    ],
)
def test_the_best_format_is_chosen(accept: str, form: Format | None) -> None:
    """By quality; Atom where they are equal."""
    assert wanted_format(accept) is form
