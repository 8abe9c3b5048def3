"""What can be asked of the hub, and what cannot."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.webhooks.hub.asking import BadRequest, Ping, Wish, address_in, wish_of
from services.webhooks.hub.subscription import LEASE_SECONDS, Mode

USUAL = {"hub.mode": "subscribe", "hub.callback": "https://reader.example/in?a=1", "hub.topic": "https://a.example/f"}
HOUR, DAY = 3_600, 86_400


def asked(**fields: str) -> Wish | Ping:
    return wish_of(urlencode(USUAL | {f"hub.{name}": value for name, value in fields.items()}).encode())


def test_a_subscription_is_asked_for() -> None:
    """With what is usual where nothing else is said; what is not known is ignored."""
    body = urlencode(USUAL | {"foo": "bar", "hub.foo": "hub.bar"}).encode()

    assert wish_of(body) == Wish(
        Mode.SUBSCRIBE, USUAL["hub.callback"], USUAL["hub.topic"], LEASE_SECONDS, b"", "sha256"
    )


@pytest.mark.parametrize(
    ("given_seconds", "lease"),
    [
        ("", 10 * DAY),
        ("0", HOUR),
        ("1", HOUR),
        ("3600", HOUR),
        ("7200", 7_200),
        ("2592000", 30 * DAY),
        ("9" * 40, 30 * DAY),
    ],
)
def test_a_lease_is_between_an_hour_and_thirty_days(given_seconds: str, lease: int) -> None:
    """Whatever is asked for."""
    wish = asked(lease_seconds=given_seconds)

    assert isinstance(wish, Wish)
    assert wish.lease_seconds == lease


@given(st.binary(max_size=199))
def test_a_secret_is_any_bytes(secret: bytes) -> None:
    """Fewer than 200 of them."""
    wish = wish_of(f"{urlencode(USUAL)}&hub.secret={quote(secret)}".encode())

    assert isinstance(wish, Wish)
    assert wish.secret == secret


@pytest.mark.parametrize(
    "fields",
    [
        {"mode": ""},
        {"mode": "Subscribe"},
        {"callback": ""},
        {"callback": "https://reader.example/\x00"},
        {"callback": "https://reader.example/ x"},
        {"callback": "https://ü.example/"},
        {"callback": "https://reader.example/" + "x" * 2_000},
        {"topic": ""},
        {"secret": "ü" * 100},
        {"lease_seconds": "-1"},
        {"lease_seconds": "1.5"},
        {"lease_seconds": "²"},
        {"algorithm": "md5"},
        {"algorithm": "SHA256"},
        {"mode": "publish", "topic": ""},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_said(fields: dict[str, str]) -> None:
    """In words, with 400."""
    with pytest.raises(BadRequest):
        asked(**fields)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"a=1" + b"&a=1" * 300, b"hub.mode=subscribe&hub.mode=unsubscribe"])
def test_nonsense_is_no_request(body: bytes) -> None:
    """Whatever the bytes."""
    with pytest.raises(BadRequest):
        wish_of(body)


def test_what_an_end_does_not_need_is_not_looked_at() -> None:
    """WebSub, section 5.1: hub.lease_seconds is ignored there."""
    wish = asked(mode="unsubscribe", lease_seconds="nonsense", secret="x" * 300, algorithm="none")

    assert isinstance(wish, Wish)
    assert wish.mode is Mode.UNSUBSCRIBE


def test_pings_name_topics_in_either_way() -> None:
    """hub.url or hub.topic, several, each once."""
    body = b"hub.mode=publish&hub.url=https://a.example/1&hub.url=https://a.example/2&hub.topic=https://a.example/1"

    assert wish_of(body) == Ping(("https://a.example/1", "https://a.example/2"))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("https://a.example/%7Eann/%66eed?x=%2D%2e", "https://a.example/~ann/feed?x=-."),
        ("https://a.example/a%2Fb?x=%26%3D%20%2B", "https://a.example/a%2Fb?x=%26%3D%20%2B"),
        ("https://a.example/100%", "https://a.example/100%"),
        ("https://a.example/%2561", "https://a.example/%2561"),
    ],
)
def test_unreserved_characters_are_decoded_and_no_others(said: str, meant: str) -> None:
    """RFC 3986, section 2.4, as WebSub, section 5.1.1 wants it; and only once."""
    assert address_in(said, "hub.topic") == meant
