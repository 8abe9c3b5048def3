"""Pure. What an attempt means: delivered, try again, given up, or the partner wants no more.

Any 2xx is a delivery. 410 disables the partner. Everything else (3xx too: redirects are never followed) is tried again after the
schedule's next wait, or after what Retry-After asks for, until the schedule is used up.
Source: standard-webhooks/spec/standard-webhooks.md, "Deliverability and reliability"; RFC 9110 sections 10.2.3 and 15.5.11.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

MINUTE = 60.0
HOUR = 60 * MINUTE
SCHEDULE = (0.0, 5.0, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
"""Seconds before the first attempt and between the attempts: ten attempts in 75 h 35 m 5 s."""
JITTER = 0.2
"""The part of a wait by which it may be shorter or longer, so that many retries do not come at once."""
LONGEST_RETRY_AFTER_SECONDS = 24 * HOUR
BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
SLOWER = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT})


@dataclass(frozen=True)
class Delivered:
    """The partner has it."""


@dataclass(frozen=True)
class RetryAt:
    """Try again in `seconds`. `asked`: the partner said when."""

    seconds: float
    reason: str
    asked: bool = False


@dataclass(frozen=True)
class GaveUp:
    """The schedule is used up."""

    reason: str


@dataclass(frozen=True)
class Disable:
    """The partner answered that it is gone: this delivery ends, and no more are sent until a person enables it again."""

    reason: str


Outcome = Delivered | RetryAt | GaveUp | Disable


def after(
    status: int | None,
    error: str | None,
    *,
    attempt: int,
    schedule: Sequence[float] = SCHEDULE,
    retry_after: float | None = None,
    jitter: float = 0.0,
) -> Outcome:
    """The verdict on an attempt, 1 being the first.

    `status`: what the partner answered, or None with the `error` that came instead. `retry_after`: seconds that the partner asks
    for. `jitter`: -1..1, drawn by the caller.
    """
    if status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Delivered()
    if status == HTTPStatus.GONE:
        return Disable("the partner answered 410 Gone")
    reason = f"status {status}" if status is not None else error or "no answer"
    if attempt >= len(schedule):
        return GaveUp(f"{reason} at the last of {attempt} attempts")
    if retry_after:
        return RetryAt(min(retry_after, LONGEST_RETRY_AFTER_SECONDS), reason, asked=True)
    return RetryAt(schedule[attempt] * (1 + JITTER * jitter), reason)


def rest_of_all(status: int | None, verdict: Outcome) -> tuple[float, bool]:
    """For how many seconds everything else for this partner rests too, and whether it goes more slowly from then on.

    429 and 503 speak of the partner, not of the message: what they say in Retry-After holds for all that waits for it. 429, 502 and 504
    slow it down (Standard Webhooks: "throttle"): half of what went at once, again and again, until attempts succeed.
    """
    asked = isinstance(verdict, RetryAt) and verdict.asked and status in BUSY
    return (verdict.seconds if asked and isinstance(verdict, RetryAt) else 0.0), status in SLOWER


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """The wait that a Retry-After header asks for, in seconds, at most 24 h; None if it asks for none or makes no sense.

    A wait of nothing (0, or a date that has passed) counts as none: ten attempts in a row would help nobody.
    """
    if not value or not (seconds := _seconds(value.strip(), now)) or seconds <= 0:
        return None
    return min(seconds, LONGEST_RETRY_AFTER_SECONDS)


def _seconds(value: str, now: datetime) -> float | None:
    if value.isascii() and value.isdigit():
        return float(value[:10])
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    # RFC 9110 section 5.6.7: an HTTP-date is in GMT, even where the zone is left out.
    return ((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds()
