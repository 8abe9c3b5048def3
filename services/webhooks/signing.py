"""Pure. Signatures by Standard Webhooks 1.0.0 over `id.timestamp.body`: v1 (HMAC-SHA256) and v1a (Ed25519).

A secret's text begins with whsec_ (a shared key of 24 to 64 bytes) or whsk_ (an Ed25519 key pair, whose public half is shown as whpk_).
Source: standard-webhooks/spec/standard-webhooks.md, "Signature scheme" and "Verifying webhook authenticity"; RFC 8032.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.errors import Rejected

PREFIX = "whsec_"
PRIVATE_PREFIX = "whsk_"
PUBLIC_PREFIX = "whpk_"
SECRET_BYTES = 32
SHORTEST_SECRET_BYTES = 24
LONGEST_SECRET_BYTES = 64
PAIR_BYTES = 64
TOLERANCE_SECONDS = 300
MOST_SIGNATURES = 20
"""More than any rotation needs; a longer header is only there to cost time."""

Key = bytes | Ed25519PrivateKey
"""What signs."""
Proof = bytes | Ed25519PublicKey
"""What verifies."""


class SecretRejected(Rejected):
    """The text is no signing secret. It never stands in the error."""

    code = "bad-secret"
    title = "A signing secret is whsec_ and the base64 of 24 to 64 bytes, or whsk_ and that of an Ed25519 key pair"


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


def pair_of(seed: bytes) -> str:
    """The text form (whsk_) of the Ed25519 key pair that 32 random bytes make."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return PRIVATE_PREFIX + b64encode(seed + private.public_key().public_bytes_raw()).decode()


def public_of(secret: str) -> str | None:
    """The public half (whpk_) of a secret; None if it has none."""
    key = key_of(secret)
    if isinstance(key, bytes):
        return None
    return PUBLIC_PREFIX + b64encode(key.public_key().public_bytes_raw()).decode()


def key_of(secret: str) -> Key:
    """The key that a secret stands for. Raises SecretRejected, and never repeats the text."""
    if secret.startswith(PRIVATE_PREFIX):
        return _private(_decoded(secret, PRIVATE_PREFIX))
    key = _decoded(secret, PREFIX)
    if not SHORTEST_SECRET_BYTES <= len(key) <= LONGEST_SECRET_BYTES:
        raise SecretRejected
    return key


def proof_of(text: str) -> Proof:
    """What verifies the messages that a secret signs: of whsec_… the key itself, of whsk_… and whpk_… the public half."""
    if not text.startswith(PUBLIC_PREFIX):
        key = key_of(text)
        return key if isinstance(key, bytes) else key.public_key()
    try:
        return Ed25519PublicKey.from_public_bytes(_decoded(text, PUBLIC_PREFIX))
    except ValueError:
        raise SecretRejected from None


def _decoded(text: str, prefix: str) -> bytes:
    if not text.startswith(prefix):
        raise SecretRejected
    try:
        return b64decode(text.removeprefix(prefix), validate=True)
    except (binascii.Error, ValueError):
        raise SecretRejected from None


def _private(pair: bytes) -> Ed25519PrivateKey:
    seed, public = pair[:32], pair[32:]
    if len(pair) != PAIR_BYTES:
        raise SecretRejected
    private = Ed25519PrivateKey.from_private_bytes(seed)
    if private.public_key().public_bytes_raw() != public:
        raise SecretRejected
    return private


def sign(key: Key, message: str, timestamp: int, body: bytes) -> str:
    """One signature, `v1,<base64>` or `v1a,<base64>`. `timestamp`: whole Unix seconds of the attempt. `message`: its id, without a dot."""
    content = b"%b.%d.%b" % (message.encode(), timestamp, body)
    if isinstance(key, bytes):
        return "v1," + b64encode(hmac.digest(key, content, "sha256")).decode()
    return "v1a," + b64encode(key.sign(content)).decode()


def headers(keys: Iterable[Key], message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a message; one signature for each key, so that an old and a new one are good at once."""
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join([sign(key, message, timestamp, body) for key in keys]),
    }


def verify(
    proofs: Iterable[Proof],
    given: Mapping[str, str],
    body: bytes,
    *,
    now: float,
    tolerance: float = TOLERANCE_SECONDS,
) -> str:
    """The message's id, if one of `proofs` fits a signature over exactly this body, within `tolerance` seconds of `now` (Unix seconds).

    `given` has its names in small letters. Raises SignatureRejected.
    """
    message, stamp, signatures = _required(given)
    timestamp = _within(stamp, now, tolerance)
    candidates = signatures.split(" ")[:MOST_SIGNATURES]
    # Every pair is compared, so that the time taken tells nothing about which one fitted.
    if not any([_fits(proof, each, message, timestamp, body) for proof in proofs for each in candidates]):  # noqa: C419
        raise SignatureRejected("no-match", "no signature fits")
    return message


def _fits(proof: Proof, candidate: str, message: str, timestamp: int, body: bytes) -> bool:
    if isinstance(proof, bytes):
        return hmac.compare_digest(sign(proof, message, timestamp, body).encode(), candidate.encode())
    scheme, _, signature = candidate.partition(",")
    try:
        content = f"{message}.{timestamp}.".encode() + body
        proof.verify(b64decode(signature, validate=True), content)
    except (InvalidSignature, ValueError):
        return False
    return scheme == "v1a"


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
