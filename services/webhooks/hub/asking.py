"""Pure. What somebody asks of the hub: the form's fields, decoded and judged (WebSub, sections 5.1 and 5.1.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from services.webhooks.hub.subscription import ALGORITHMS, USUAL, Algorithm, Mode, lease_of
from shared.addresses import MAX_URL_CHARACTERS
from shared.errors import Rejected

PUBLISH = "publish"
MOST_SECRET_BYTES = 199
MOST_FIELDS = 200
MOST_TOPICS = 50
ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
"""RFC 3986, section 2.3."""


class BadRequest(Rejected):
    """The request cannot be handled as it is."""

    code = "bad-request"
    title = "The hub cannot do that"
    status = 400


@dataclass(frozen=True, slots=True)
class Wish:
    """A subscription that somebody wants to begin, to renew or to end."""

    mode: Mode
    callback: str
    topic: str
    lease_seconds: int
    secret: bytes
    algorithm: Algorithm


@dataclass(frozen=True, slots=True)
class Ping:
    """Somebody says that these topics have something new."""

    topics: tuple[str, ...]


def wish_of(body: bytes) -> Wish | Ping:
    """What the body of a POST asks for. Raises BadRequest, in words for a person."""
    fields = _fields(body)
    mode = _one(fields, "hub.mode")
    if mode == PUBLISH:
        return _ping(fields)
    if mode not in {Mode.SUBSCRIBE, Mode.UNSUBSCRIBE}:
        raise BadRequest("hub.mode is subscribe, unsubscribe or publish")
    callback, topic = (_address(fields, name) for name in ("hub.callback", "hub.topic"))
    if mode == Mode.UNSUBSCRIBE:  # what only a subscription needs is not even looked at
        return Wish(Mode.UNSUBSCRIBE, callback, topic, lease_of(None), b"", USUAL)
    return Wish(Mode.SUBSCRIBE, callback, topic, _lease(fields), _secret(fields), _algorithm(fields))


def _fields(body: bytes) -> Mapping[str, list[str]]:
    try:
        # Bytes as letters: a secret may be any bytes.
        pairs = parse_qsl(body.decode("latin-1"), True, encoding="latin-1", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise BadRequest("that are too many fields") from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _one(fields: Mapping[str, list[str]], name: str) -> str:
    values = set(fields.get(name, ()))
    if len(values) > 1:
        raise BadRequest(f"{name} stands there twice, with different values")
    return values.pop() if values else ""


def _address(fields: Mapping[str, list[str]], name: str) -> str:
    value = _one(fields, name)
    if not value:
        raise BadRequest(f"{name} is missing")
    return address_in(value, name)


def address_in(value: str, name: str) -> str:
    """A URL with its unreserved characters decoded. Raises BadRequest if it cannot be one."""
    if len(value) > MAX_URL_CHARACTERS or not value.isascii() or not value.isprintable() or set(value) & set(' <>"'):
        raise BadRequest(f"{name} is no URL of at most {MAX_URL_CHARACTERS} characters")
    return ENCODED.sub(_decoded, value)


def _decoded(found: re.Match[str]) -> str:
    letter = chr(int(found[1], 16))
    return letter if letter in UNRESERVED else found[0]


def _lease(fields: Mapping[str, list[str]]) -> int:
    value = _one(fields, "hub.lease_seconds").strip()
    if not value:
        return lease_of(None)
    if not (value.isascii() and value.isdigit()):
        raise BadRequest("hub.lease_seconds is a number of seconds")
    return lease_of(int(value[:12]))


def _secret(fields: Mapping[str, list[str]]) -> bytes:
    secret = _one(fields, "hub.secret").encode("latin-1")
    if len(secret) > MOST_SECRET_BYTES:
        raise BadRequest(f"hub.secret has at most {MOST_SECRET_BYTES} bytes")
    return secret


def _algorithm(fields: Mapping[str, list[str]]) -> Algorithm:
    value = _one(fields, "hub.algorithm") or USUAL
    for algorithm in ALGORITHMS:
        if value == algorithm:
            return algorithm
    raise BadRequest(f"hub.algorithm is one of {', '.join(ALGORITHMS)}")


def _ping(fields: Mapping[str, list[str]]) -> Ping:
    given: Iterable[str] = (*fields.get("hub.url", ()), *fields.get("hub.topic", ()))
    topics = tuple(dict.fromkeys(address_in(each, "hub.url") for each in given if each))
    if not topics:
        raise BadRequest("hub.url is missing")
    if len(topics) > MOST_TOPICS:
        raise BadRequest(f"at most {MOST_TOPICS} topics at once")
    return Ping(topics)
