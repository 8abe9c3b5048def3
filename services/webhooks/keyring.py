"""Partners' signing keys: sealed where they rest (AES-256-GCM), opened where they sign, and never shown again.

The sealing key is 32 bytes: SYNDICATE_WEBHOOKS_KEY in base64, else the file DATA/webhooks.key, made at the first start for its owner
only. Every process of the service needs the same one. A sealed text is bound to its partner: copied to another one it does not open.
Source: NIST SP 800-38D (GCM; 96-bit random nonces, far fewer than 2^32 of them).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets as chance
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.webhooks.partner import Kind, Partner, StoredKey
from services.webhooks.signing import (
    PREFIX,
    PRIVATE_PREFIX,
    SECRET_BYTES,
    Key,
    key_of,
    pair_of,
    public_of,
    secret_of,
)
from shared.access import kept_secret
from shared.errors import Conflict, Unfit
from shared.settings import Settings

SEALED = "sealed:1:"
KEY_BYTES = 32
NONCE_BYTES = 12
MOST_KEYS = 10
MOST_OPENED = 5_000
FINGERPRINT_CHARACTERS = 12


class Keyring:
    """Seals, opens and rotates. `key`: 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self._words = hashlib.sha256(b"words" + key).digest()
        self._opened: dict[tuple[str, str], Key] = {}

    @classmethod
    def of(cls, settings: Settings) -> Keyring:
        """The keyring of this installation; raises Unfit if the key is none."""
        given = settings.webhooks_key
        text = given.get_secret_value() if given else kept_secret(settings.data / "webhooks.key", _new_key)
        try:
            key = b64decode(text, validate=True)
        except ValueError:  # binascii.Error is one
            key = b""
        if len(key) != KEY_BYTES:  # AESGCM takes 16 and 24 too, and would be the weaker AES
            raise Unfit("SYNDICATE_WEBHOOKS_KEY (or DATA/webhooks.key) is not the base64 of 32 bytes")
        return cls(key)

    def stored(self, secret: str, partner: str) -> StoredKey:
        """The secret as it rests. Raises SecretRejected if it is none."""
        public = public_of(secret)
        mark = hashlib.sha256((public or secret).encode()).hexdigest()[:FINGERPRINT_CHARACTERS]
        return StoredKey(
            id=mark, kind="ed25519" if public else "hmac", sealed=self.seal(secret, partner), public=public
        )

    def signers(self, keys: Sequence[StoredKey], partner: str, now: datetime) -> list[Key]:
        """What a partner's messages are signed with at the moment, the current one first. Raises Unfit if that does not open.

        An older one that does not open signs no more: it could never be replaced, if it kept the next one from signing.
        """
        good = [key.sealed for key in keys if key.good(now)]
        return [self._open(each, partner) for each in good if each == good[0] or self._opens(each, partner)]

    def serves(self, partner: Partner) -> bool:
        """Whether what has to be opened for a partner's messages was sealed with this key."""
        sealed = [partner.sealed_headers, *(key.sealed for key in partner.keys[:1])]
        return all(self._opens(each, partner.id) for each in sealed if each)

    def _opens(self, sealed: str, partner: str) -> bool:
        try:
            return (partner, sealed) in self._opened or bool(self.secret(sealed, partner))
        except Unfit:
            return False

    def sealed_anew(self, keys: Sequence[StoredKey], partner: str) -> tuple[StoredKey, ...]:
        """The keys with every secret sealed, also those that were stored before there were seals."""
        return tuple(
            key
            if key.sealed.startswith(SEALED)
            else self.stored(key.sealed, partner).model_copy(update={"until": key.until})
            for key in keys
        )

    def _open(self, sealed: str, partner: str) -> Key:
        place = (partner, sealed)
        if (key := self._opened.get(place)) is None:
            if len(self._opened) >= MOST_OPENED:
                self._opened.clear()
            key = self._opened[place] = key_of(self.secret(sealed, partner))
        return key

    def seal(self, text: str, partner: str) -> str:
        """A text as it rests."""
        nonce = os.urandom(NONCE_BYTES)
        return SEALED + b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), partner.encode())).decode()

    def headers(self, sealed: str, partner: str) -> dict[str, str]:
        """A partner's own headers. Raises Unfit."""
        return dict(json.loads(self.secret(sealed, partner))) if sealed else {}

    def word(self, about: str) -> str:
        """A word that nobody can guess, always the same for the same thing."""
        return hmac.new(self._words, about.encode(), "sha256").hexdigest()

    def secret(self, sealed: str, partner: str) -> str:
        """The secret's text; one that was stored before there were seals is as it is. Raises Unfit."""
        if sealed.startswith((PREFIX, PRIVATE_PREFIX)):
            return sealed
        raw = b64decode(sealed.removeprefix(SEALED))
        try:
            return self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], partner.encode()).decode()
        except InvalidTag:
            raise Unfit("a partner's secret was sealed with another key; is SYNDICATE_WEBHOOKS_KEY right?") from None


def new_secret(kind: Kind) -> str:
    """A fresh secret of the kind."""
    drawn = chance.token_bytes(SECRET_BYTES)
    return secret_of(drawn) if kind == "hmac" else pair_of(drawn)


def rotated(keys: Sequence[StoredKey], new: StoredKey, now: datetime, overlap_seconds: float) -> tuple[StoredKey, ...]:
    """The keys with `new` in front; the others go on signing for the overlap, and none of them longer than it was to.

    Raises Conflict if more than MOST_KEYS would sign at once, or the key is among them.
    """
    until = now + timedelta(seconds=overlap_seconds)
    old = [key.model_copy(update={"until": min(key.until or until, until)}) for key in keys if key.good(now)]
    old = [key for key in old if key.good(now)]
    if any(key.id == new.id for key in keys if key.good(now)):
        raise Conflict("that secret signs already")
    if len(old) + 1 > MOST_KEYS:
        raise Conflict(f"at most {MOST_KEYS} keys sign at once; wait until one runs out", keys=len(old))
    return (new, *old)


def _new_key() -> str:
    return b64encode(chance.token_bytes(KEY_BYTES)).decode()
