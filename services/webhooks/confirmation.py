"""Whether an address wants our messages: it is asked before it gets any, and without a yes it gets none.

First by the CloudEvents handshake: OPTIONS with WebHook-Request-Origin, -Callback and -Rate, to be answered with WebHook-Allowed-Origin
(ours or *); the status says nothing. If that is no consent, by a signed message of type `webhook.challenge`, whose `data.challenge` must
come back as the body, or as {"challenge": …}, of a 2xx answer. Who answers later can open the callback's address.
Source: CloudEvents, "HTTP 1.1 Web Hooks for Event Delivery" 1.0.2, section 4.
"""

from __future__ import annotations

import json
import secrets as chance
import uuid
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from services.webhooks.keyring import Keyring
from services.webhooks.outbound import Answer, Outbound
from services.webhooks.partner import Partner
from services.webhooks.signing import headers
from shared.access import same
from shared.notices import CHALLENGE, MEDIA_TYPES, operational

HANDSHAKE, ANSWERED, CALLED_BACK = "handshake", "challenge", "callback"
MINUTE = 60.0
WAITS = (5.0, 10.0, 30.0, MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE, 360 * MINUTE, 1440 * MINUTE)
"""Seconds until an address that did not confirm is asked again by itself; after the last one only when somebody says so."""


@dataclass(frozen=True, slots=True)
class Consent:
    """How an address said yes, None for no. `rate`: the messages a second that it allows, None for any. `why_not`: in words."""

    by: str | None
    rate: float | None = None
    why_not: str = ""


class Confirmation:
    """Asks addresses. `base_url`: where partners reach this service."""

    def __init__(self, outbound: Outbound, keyring: Keyring, base_url: str) -> None:
        self._outbound = outbound
        self._keyring = keyring
        self._base_url = base_url

    @property
    def origin(self) -> str:
        """The name under which we ask and send."""
        return urlsplit(self._base_url).hostname or "localhost"

    def word_of(self, partner: Partner) -> str:
        """The unguessable end of the callback's address; another one when the partner's address changes."""
        return f"{partner.id}.{self._keyring.word(f'{partner.id} {partner.url}')}"

    async def ask(self, partner: Partner, now: datetime) -> Consent:
        """Ask the partner's address now."""
        shaken = await self._outbound.options(partner.url, self._request(partner))
        if found := self._consented(shaken):
            return found
        word = chance.token_urlsafe(24)
        answer = await self._challenge(partner, word, now)
        if repeats(answer, word):
            return Consent(ANSWERED)
        told = answer.error or f"status {answer.status}"
        return Consent(
            None, why_not=f"no WebHook-Allowed-Origin to OPTIONS, and the challenge did not come back ({told})"
        )

    def _request(self, partner: Partner) -> dict[str, str]:
        asked = {
            "WebHook-Request-Origin": self.origin,
            "WebHook-Request-Callback": f"{self._base_url}/partners/consent/{self.word_of(partner)}",
        }
        return asked | ({"WebHook-Request-Rate": str(max(1, round(partner.rate * MINUTE)))} if partner.rate else {})

    def _consented(self, answer: Answer) -> Consent | None:
        allowed = [origin.strip().lower() for origin in answer.headers.get("webhook-allowed-origin", "").split(",")]
        if "*" not in allowed and self.origin.lower() not in allowed:
            return None
        rate = answer.headers.get("webhook-allowed-rate", "*").strip()
        return Consent(
            HANDSHAKE, int(rate[:9]) / MINUTE if rate.isascii() and rate.isdigit() and int(rate[:9]) else None
        )

    async def _challenge(self, partner: Partner, word: str, now: datetime) -> Answer:
        event = str(uuid.uuid4())
        body = operational(event, CHALLENGE, now, {"challenge": word}, self._base_url, partner.version)
        keys = self._keyring.signers(partner.keys, partner.id, now)
        signed = headers(keys, "chl_" + event.replace("-", ""), int(now.timestamp()), body)
        return await self._outbound.post(partner.url, body, signed, MEDIA_TYPES[partner.version])


def repeats(answer: Answer, word: str) -> bool:
    """Whether an answer gives the challenge back."""
    if answer.status is None or answer.status // 100 != 2:  # noqa: PLR2004 - RFC 9110 section 15.3
        return False
    text = answer.body.decode(errors="replace").strip()
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):  # a thousand brackets are enough for the latter
        told = text
    return same(str(told.get("challenge", "")) if isinstance(told, dict) else str(told), word)
