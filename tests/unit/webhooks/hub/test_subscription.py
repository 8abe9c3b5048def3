"""Subscriptions as values: what a callback is asked, what is shown, what a request makes of what was there."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.webhooks.hub.subscription import (
    ALGORITHMS,
    Algorithm,
    Mode,
    Request,
    question_to,
    signature,
    verified,
)
from tests.unit.shared.syndication.samples import START

TOPIC = "https://a.example/feeds/search.atom?q=sea&content=summary#x"
CALLBACK = "https://reader.example/in?hub.mode=mine&a=b%20c&a=2"


def request(mode: Mode = Mode.SUBSCRIBE, number: int = 1, callback: str = CALLBACK, **facts: str) -> Request:
    common = {"number": number, "mode": mode, "callback": callback, "topic": TOPIC, "lease_seconds": 7_200}
    return Request.model_validate(common | facts)


def test_the_callbacks_own_query_is_kept() -> None:
    """Ours stands behind it, also where a name is the same, and the topic comes back whole."""
    asked = question_to(request(), "word")

    assert asked.startswith(f"{CALLBACK}&hub.mode=subscribe&")
    assert parse_qsl(urlsplit(asked).query)[3:] == [
        ("hub.mode", "subscribe"),
        ("hub.topic", TOPIC),
        ("hub.challenge", "word"),
        ("hub.lease_seconds", "7200"),
    ]


@pytest.mark.parametrize(
    ("mode", "names"),
    [
        (Mode.SUBSCRIBE, ["mode", "topic", "challenge", "lease_seconds"]),
        (Mode.UNSUBSCRIBE, ["mode", "topic", "challenge"]),
        (Mode.DENIED, ["mode", "topic", "reason"]),
    ],
)
def test_each_mode_says_what_belongs_to_it(mode: Mode, names: list[str]) -> None:
    """WebSub, sections 5.2 and 5.3."""
    asked = question_to(request(mode, callback="https://reader.example/in", reason="so & so"), "word")

    assert [name for name, _ in parse_qsl(urlsplit(asked).query)] == [f"hub.{name}" for name in names]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(secret=st.binary(max_size=199), body=st.binary(max_size=50))
def test_a_signature_is_an_hmac_of_the_body(algorithm: Algorithm, secret: bytes, body: bytes) -> None:
    """By each of the four methods, under its name."""
    expected = hmac.HMAC(secret, body, getattr(hashlib, algorithm)).hexdigest()

    assert signature(secret, algorithm, body) == f"{algorithm}={expected}"


def test_a_renewal_replaces_all_but_the_beginning() -> None:
    """The lane too stays, so that what waits still goes out."""
    first = verified(request(secret="sealed"), None, START)
    later = START + timedelta(hours=1)
    second = verified(request(number=9, algorithm="sha512"), first, later)

    assert (second.lane, second.since, second.id) == (first.lane, START, first.id)
    assert (second.secret, second.algorithm, second.number, second.renewed_at) == ("", "sha512", 9, later)
    assert [second.live(second.until - timedelta(seconds=1)), second.live(second.until)] == [True, False]


def test_no_secret_is_shown() -> None:
    """Neither the one of the signature nor what may be one in the callback."""
    shown = verified(request(secret="sealed"), None, START).shown()

    assert shown["callback"] == "https://reader.example/in?…"
    assert shown["signed"]
    assert "sealed" not in str(shown)
