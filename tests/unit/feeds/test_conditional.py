"""Conditional requests, as a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feeds.conditional import entity_tag, http_date, unchanged

TAG = '"abc"'
MODIFIED = datetime(2026, 3, 1, 12, 0, 30, 999_999, tzinfo=UTC)
SAME = "Sun, 01 Mar 2026 12:00:30 GMT"
LATER = "Sun, 01 Mar 2026 12:00:31 GMT"
EARLIER = "Sun, 01 Mar 2026 12:00:29 GMT"


@pytest.mark.parametrize(
    ("if_none_match", "if_modified_since", "expected"),
    [
        (None, None, False),
        ('"abc"', None, True),
        ('W/"abc"', None, True),
        ('"abd"', None, False),
        ('"x", "abc"', None, True),
        ('"x","abc","y"', None, True),
        ('W/"x" , W/"abc"', None, True),
        ('"x,\'", "abc"', None, True),
        ("*", None, True),
        (" * ", None, True),
        ("", None, False),
        ("abc", None, False),
        ('"abc', None, False),
        ('w/"abc"', None, False),
        ('"abc" nonsense', None, False),
        ('"xabc"', None, False),
        (None, SAME, True),
        (None, LATER, True),
        (None, EARLIER, False),
        (None, "Sunday, 01-Mar-26 12:00:30 GMT", True),
        (None, "Sun Mar  1 12:00:30 2026", True),
        (None, "yesterday", False),
        (None, "", False),
        ('"other"', LATER, False),
        ('"abc"', EARLIER, True),
        ("nonsense", LATER, False),
    ],
)
def test_a_reader_that_has_these_bytes_gets_304(
    *, if_none_match: str | None, if_modified_since: str | None, expected: bool
) -> None:
    """If-None-Match decides where it stands (RFC 9110, 13.2.2), else If-Modified-Since, if it can be read."""
    answer = unchanged(tag=TAG, modified=MODIFIED, if_none_match=if_none_match, if_modified_since=if_modified_since)

    assert expected == answer


@given(st.text(max_size=80), st.text(max_size=40))
def test_no_header_breaks_the_answer(if_none_match: str, if_modified_since: str) -> None:
    """Whatever a client sends, there is an answer."""
    unchanged(tag=TAG, modified=MODIFIED, if_none_match=if_none_match, if_modified_since=None)
    unchanged(tag=TAG, modified=MODIFIED, if_none_match=None, if_modified_since=if_modified_since)


@given(st.integers(0, 10**9))
def test_what_we_send_is_recognised(seconds: int) -> None:
    """A reader that sends our own validators back gets 304."""
    modified = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=seconds % 10**6)
    tag = entity_tag(str(seconds).encode())

    assert unchanged(tag=tag, modified=modified, if_none_match=tag, if_modified_since=None)
    assert unchanged(tag=tag, modified=modified, if_none_match=None, if_modified_since=http_date(modified))


def test_tags_differ_where_bytes_do() -> None:
    """A strong entity tag is equal exactly if the bytes are."""
    assert entity_tag(b"one") == entity_tag(b"one")
    assert entity_tag(b"one") != entity_tag(b"two")
