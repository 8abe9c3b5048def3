"""Pure. Signatures by Standard Webhooks 1.0.0, scheme v1: HMAC-SHA256 over `id.timestamp.body`.

Source: standard-webhooks/spec/standard-webhooks.md, "Signature scheme" and "Verifying webhook authenticity".
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping

from shared.errors import Rejected

PREFIX = "whsec_"
SECRET_BYTES = 32
SHORTEST_SECRET_BYTES = 24
LONGEST_SECRET_BYTES = 64
TOLERANCE_SECONDS = 300
MOST_SIGNATURES = 20
"""More than any rotation needs; a longer header is only there to cost time."""


class SecretRejected(Rejected):
    """The text is no signing secret. It never stands in the error."""

    code = "bad-secret"
    title = "A signing secret is whsec_ and the base64 of 24 to 64 bytes"


class SignatureRejected(Rejected):
    """The message does not prove who sent it and when. `code` is one of the keys of `CODES`."""

    status = 401
    CODES = ("missing-header", "bad-timestamp", "too-old", "too-new", "no-match")

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def secret_of(key: bytes) -> str:
    """The text form of a secret key of 24 to 64 random bytes."""
    if not SHORTEST_SECRET_BYTES <= len(key) <= LONGEST_SECRET_BYTES:
        raise SecretRejected
    return PREFIX + b64encode(key).decode()


def key_of(secret: str) -> bytes:
    """The key that a secret stands for. Raises SecretRejected, and never repeats the text."""
    if not secret.startswith(PREFIX):
        raise SecretRejected
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise SecretRejected from None
    if not SHORTEST_SECRET_BYTES <= len(key) <= LONGEST_SECRET_BYTES:
        raise SecretRejected
    return key


def sign(key: bytes, message: str, timestamp: int, body: bytes) -> str:
    """One signature, `v1,<base64>`. `timestamp`: whole Unix seconds of the attempt. `message`: its id, without a dot."""
    content = f"{message}.{timestamp}.".encode() + body
    return "v1," + b64encode(hmac.digest(key, content, "sha256")).decode()


def headers(keys: Iterable[bytes], message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a message; one signature for each key, so that an old and a new one are good at once."""
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(key, message, timestamp, body) for key in keys),
    }


def verify(
    keys: Iterable[bytes],
    given: Mapping[str, str],
    body: bytes,
    *,
    now: float,
    tolerance: float = TOLERANCE_SECONDS,
) -> str:
    """The message's id, if one of `keys` signed exactly this body within `tolerance` seconds of `now` (Unix seconds).

    `given` has its names in small letters. Raises SignatureRejected.
    """
    message, stamp, signatures = _required(given)
    timestamp = _within(stamp, now, tolerance)
    candidates = [part.encode() for part in signatures.split(" ")[:MOST_SIGNATURES]]
    expected = [sign(key, message, timestamp, body).encode() for key in keys]
    # Every pair is compared, so that the time taken tells nothing about which one fitted.
    if not any([hmac.compare_digest(mine, theirs) for mine in expected for theirs in candidates]):  # noqa: C419
        raise SignatureRejected("no-match", "no signature fits")
    return message


def _required(given: Mapping[str, str]) -> tuple[str, str, str]:
    found = tuple(given.get(name, "") for name in ("webhook-id", "webhook-timestamp", "webhook-signature"))
    if not all(found):
        raise SignatureRejected("missing-header", "webhook-id, webhook-timestamp and webhook-signature are all needed")
    return found[0], found[1], found[2]


def _within(stamp: str, now: float, tolerance: float) -> int:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= len("99999999999")):
        raise SignatureRejected("bad-timestamp", "webhook-timestamp is no whole number of seconds")
    timestamp = int(stamp)
    if timestamp < now - tolerance:
        raise SignatureRejected("too-old", "the message is too old")
    if timestamp > now + tolerance:
        raise SignatureRejected("too-new", "the message is from the future")
    return timestamp
