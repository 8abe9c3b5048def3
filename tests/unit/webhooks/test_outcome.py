"""Every answer of a partner has one meaning."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.webhooks.outcome import (
    JITTER,
    SCHEDULE,
    Delivered,
    Disable,
    GaveUp,
    RetryAt,
    after,
    retry_after_seconds,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = 86_400.0


def test_the_schedule_is_the_one_of_the_specification() -> None:
    """Ten attempts in 75 hours, 35 minutes and 5 seconds."""
    assert (len(SCHEDULE), sum(SCHEDULE)) == (10, 75 * 3600 + 35 * 60 + 5)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_a_delivery(status: int) -> None:
    """The specification names no particular one."""
    assert after(status, None, attempt=1) == Delivered()


@pytest.mark.parametrize("status", [100, 301, 302, 303, 307, 308, 400, 401, 404, 408, 429, 500, 502, 503, 504])
def test_any_other_status_is_tried_again(status: int) -> None:
    """Redirects too: they are never followed."""
    assert after(status, None, attempt=1) == RetryAt(5.0, f"status {status}")


def test_gone_disables_the_partner_at_once() -> None:
    """410 says that nobody wants it any more."""
    assert isinstance(after(410, None, attempt=1), Disable)


def test_no_answer_is_tried_again_with_its_reason() -> None:
    """A failed connection is a failed attempt."""
    assert after(None, "timeout", attempt=2) == RetryAt(300.0, "timeout")


def test_the_last_failure_gives_up() -> None:
    """After the tenth attempt there is no eleventh, whatever Retry-After says."""
    assert after(503, None, attempt=10, retry_after=5) == GaveUp("status 503 at the last of 10 attempts")


@given(attempt=st.integers(1, 9), jitter=st.floats(-1, 1))
def test_a_wait_stays_within_its_jitter(attempt: int, jitter: float) -> None:
    """Each wait is its base, a fifth more or less."""
    verdict = after(500, None, attempt=attempt, jitter=jitter)

    assert isinstance(verdict, RetryAt)
    assert abs(verdict.seconds - SCHEDULE[attempt]) <= SCHEDULE[attempt] * JITTER + 1e-6


@given(seconds=st.integers(1, 86_400), jitter=st.floats(-1, 1))
def test_retry_after_is_honoured_to_the_second(seconds: int, jitter: float) -> None:
    """What the partner asks for comes before the schedule and is not jittered."""
    asked = retry_after_seconds(str(seconds), NOW)

    assert after(429, None, attempt=1, retry_after=asked, jitter=jitter) == RetryAt(
        float(seconds), "status 429", asked=True
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("9" * 400, DAY),
        ("100000", DAY),
        (format_datetime(NOW.replace(hour=2), usegmt=True), 7200.0),
        ("Thu, 01 Jan 2026 00:01:00 -0000", 60.0),
        ("Thu, 01 Jan 2099 00:00:00 GMT", DAY),
        ("Wed, 31 Dec 2025 23:59:59 GMT", None),
        ("Thu, 99 Jan 2026 00:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str | None, expected: float | None) -> None:
    """Seconds and HTTP-dates, at most a day; nonsense and what has passed count as nothing."""
    assert retry_after_seconds(value, NOW) == expected


@given(value=st.text(max_size=60))
def test_no_header_breaks_it(value: str) -> None:
    """Foreign text gives a bounded number or None."""
    assert (retry_after_seconds(value, NOW) or 1.0) <= DAY
