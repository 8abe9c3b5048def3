"""Pure. A subscription as it is kept, and a request for one while it is not verified yet."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import AwareDatetime

from services.webhooks.hub.topics import digest
from shared.events import Fact

HOUR, DAY = 3_600, 86_400
SHORTEST_LEASE_SECONDS, LEASE_SECONDS, LONGEST_LEASE_SECONDS = HOUR, 10 * DAY, 30 * DAY
"""WebSub, section 5.1: the hub decides. "10 days is a good default"."""

Algorithm = Literal["sha1", "sha256", "sha384", "sha512"]
ALGORITHMS: tuple[Algorithm, ...] = ("sha1", "sha256", "sha384", "sha512")
USUAL: Algorithm = "sha256"


class Mode(StrEnum):
    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    DENIED = "denied"


class Request(Fact):
    """What the callback is to be asked, or told. `number` grows with every request; `secret` is sealed, '' for none."""

    number: int
    mode: Mode
    callback: str
    topic: str
    lease_seconds: int = LEASE_SECONDS
    secret: str = ""
    algorithm: Algorithm = USUAL
    reason: str = ""

    @property
    def place(self) -> str:
        """What there is one subscription of: a callback and a topic (WebSub, section 5.1)."""
        return place_of(self.callback, self.topic)


class Subscription(Fact):
    """Somebody who is sent what is new in a topic. `number`: of the newest request that was verified; `lane`: of its deliveries."""

    lane: str
    number: int
    callback: str
    topic: str
    secret: str = ""
    algorithm: Algorithm = USUAL
    lease_seconds: int
    until: AwareDatetime
    since: AwareDatetime
    renewed_at: AwareDatetime

    @property
    def id(self) -> str:
        return place_of(self.callback, self.topic)

    def live(self, now: datetime) -> bool:
        return now < self.until

    def shown(self) -> dict[str, Any]:
        """For operators: without the secret, and without the callback's query, which may be one."""
        parts = urlsplit(self.callback)
        callback = urlunsplit(parts._replace(query="…" if parts.query else ""))
        told = self.model_dump(mode="json", exclude={"lane", "number", "secret", "callback"})
        return {"id": self.id, "callback": callback, "signed": bool(self.secret)} | told


def place_of(callback: str, topic: str) -> str:
    """The id of the subscription of a callback to a topic."""
    return digest(callback, topic)


def lease_of(asked: int | None) -> int:
    """The lease that is given, in seconds."""
    return LEASE_SECONDS if asked is None else min(max(asked, SHORTEST_LEASE_SECONDS), LONGEST_LEASE_SECONDS)


def question_to(request: Request, challenge: str) -> str:
    """The address at which the callback is asked or told: its own query kept, ours behind it (WebSub, sections 5.1.1, 5.2, 5.3)."""
    told = {"hub.mode": str(request.mode), "hub.topic": request.topic}
    if request.mode is Mode.DENIED:
        told |= {"hub.reason": request.reason} if request.reason else {}
    else:
        told["hub.challenge"] = challenge
    if request.mode is Mode.SUBSCRIBE:
        told["hub.lease_seconds"] = str(request.lease_seconds)
    ours = "&".join(f"{name}={quote(value, safe='')}" for name, value in told.items())
    return f"{request.callback}{'&' if '?' in request.callback else '?'}{ours}"


def signature(secret: bytes, algorithm: Algorithm, body: bytes) -> str:
    """X-Hub-Signature's value (WebSub, section 7.1)."""
    return f"{algorithm}={hmac.new(secret, body, algorithm).hexdigest()}"


def verified(request: Request, known: Subscription | None, now: datetime) -> Subscription:
    """The subscription that a verified request makes, of the one that was there. `now`: when the callback was asked."""
    return Subscription(
        lane=known.lane if known else f"{request.place}-{request.number}",
        number=request.number,
        callback=request.callback,
        topic=request.topic,
        secret=request.secret,
        algorithm=request.algorithm,
        lease_seconds=request.lease_seconds,
        until=now + timedelta(seconds=request.lease_seconds),
        since=known.since if known else now,
        renewed_at=now,
    )
