"""Conditional requests, as a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feeds.conditional import entity_tag, http_date, second_after, unchanged, unchanged_since
from services.feeds.serving import asked, not_modified

TAG = '"abc"'
MODIFIED = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
NOW = MODIFIED + timedelta(minutes=1)
SAME = "Sun, 01 Mar 2026 12:00:30 GMT"
LATER = "Sun, 01 Mar 2026 12:00:31 GMT"
EARLIER = "Sun, 01 Mar 2026 12:00:29 GMT"


@pytest.mark.parametrize(
    ("if_none_match", "expected"),
    [
        ('"abc"', True),
        ('W/"abc"', True),
        ('"abd"', False),
        ('"x", "abc"', True),
        ('"x","abc","y"', True),
        ('W/"x" , W/"abc"', True),
        ('"x,\'", "abc"', True),
        ("*", True),
        (" * ", True),
        ("", False),
        ("abc", False),
        ('"abc', False),
        ('w/"abc"', False),
        ('"abc" nonsense', False),
        ('"xabc"', False),
    ],
)
def test_a_reader_that_has_these_bytes_gets_304(*, if_none_match: str, expected: bool) -> None:
    """If-None-Match, weakly compared, if it can be read."""
    assert expected == unchanged(TAG, if_none_match)


@pytest.mark.parametrize(
    ("if_modified_since", "expected"),
    [
        (SAME, True),
        (LATER, True),
        (EARLIER, False),
        ("Sun, 01 Mar 2026 12:01:30 GMT", True),
        ("Sun, 01 Mar 2026 12:01:31 GMT", False),
        ("Sunday, 01-Mar-26 12:00:30 GMT", True),
        ("Sun Mar  1 12:00:30 2026", True),
        ("yesterday", False),
        ("", False),
    ],
)
def test_a_reader_that_has_what_is_of_this_date_gets_304(*, if_modified_since: str, expected: bool) -> None:
    """In all three forms of a date (RFC 9110, 5.6.7), if it can be read and is not still to come."""
    assert expected == unchanged_since(MODIFIED, if_modified_since, NOW)


WANTED = [
    ({b"if-none-match": b'"abc"', b"if-modified-since": EARLIER.encode()}, True),
    ({b"if-none-match": b'"other"', b"if-modified-since": LATER.encode()}, False),
    ({b"if-none-match": b"nonsense", b"if-modified-since": LATER.encode()}, False),
    ({b"if-modified-since": LATER.encode()}, True),
    ({}, False),
]


@pytest.mark.parametrize(("headers", "expected"), WANTED)
def test_the_tag_decides_where_it_stands(*, headers: dict[bytes, bytes], expected: bool) -> None:
    """If-Modified-Since is not looked at beside If-None-Match (RFC 9110, 13.2.2)."""
    assert expected == not_modified(asked("GET", headers.items()), "abc", MODIFIED, NOW)


@given(st.text(max_size=80), st.text(max_size=40))
def test_no_header_breaks_the_answer(if_none_match: str, if_modified_since: str) -> None:
    """Whatever a client sends, there is an answer."""
    unchanged(TAG, if_none_match)
    unchanged_since(MODIFIED, if_modified_since, NOW)


@given(st.integers(0, 10**9))
def test_what_we_send_is_recognised(seconds: int) -> None:
    """A reader that sends our own validators back gets 304."""
    made = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=seconds % 10**6)
    tag = entity_tag(str(seconds).encode())

    assert unchanged(tag, tag)
    assert unchanged_since(second_after(made), http_date(second_after(made)), second_after(made))
    assert not unchanged_since(second_after(made), http_date(made), second_after(made))


def test_tags_differ_where_bytes_do() -> None:
    """A strong entity tag is equal exactly if the bytes are."""
    assert entity_tag(b"one") == entity_tag(b"one")
    assert entity_tag(b"one") != entity_tag(b"two")
