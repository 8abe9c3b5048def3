"""An attempt's end, as it is judged, written down and told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.webhooks import outcome
from services.webhooks.items import Settled, Taken
from services.webhooks.outbound import Answer
from services.webhooks.outcome import Delivered, Disable, GaveUp, Outcome, RetryAt
from shared.logs import log


def judged(taken: Taken, answer: Answer, now: datetime, schedule: Sequence[float], jitter: float) -> Outcome:
    """What an attempt means."""
    waits = answer.headers.get("retry-after")
    return outcome.after(
        answer.status,
        answer.error,
        attempt=taken.attempt + 1,
        schedule=schedule,
        retry_after=outcome.retry_after_seconds(waits, now) if waits else None,
        jitter=jitter,
    )


def settled(taken: Taken, answer: Answer, verdict: Outcome, began: datetime, now: datetime) -> Settled:
    """The attempt as it is written down."""
    word, seconds, reason = _words(verdict)
    record: dict[str, object] = {"at": began.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
    if answer.status is not None:
        record["status"] = answer.status
    if answer.error:
        record["error"] = answer.error
    record |= {"duration_ms": round(answer.seconds * 1000, 1), "verdict": word}
    if reason:
        record["reason"] = reason
    if answer.body:
        record["response"] = answer.body.decode(errors="replace")
    if isinstance(verdict, Delivered):
        return Settled(taken, "delivered", now, record)
    rest, slower = outcome.rest_of_all(answer.status, verdict)
    return Settled(
        taken,
        "waiting" if isinstance(verdict, RetryAt) else "gave_up",
        now + timedelta(seconds=seconds or 0),
        record,
        cause=_cause(answer),
        rest_until=now + timedelta(seconds=rest) if rest else None,
        slower=slower,
    )


def tell(taken: Taken, answer: Answer, verdict: Outcome) -> None:
    """One line for the log."""
    word, seconds, reason = _words(verdict)
    log_line = log.info if word == "delivered" else log.warning
    log_line(
        "delivery.attempted",
        partner=taken.lane,
        delivery=taken.id,
        event_id=taken.event,
        correlation=taken.correlation,
        attempt=taken.attempt + 1,
        status=answer.status,
        duration_ms=round(answer.seconds * 1000, 1),
        verdict=word,
        reason=reason,
        next_in_s=None if seconds is None else round(seconds, 1),
    )


def _cause(answer: Answer) -> str:
    return f"status {answer.status}" if answer.status is not None else answer.error or "no answer"


def _words(verdict: Outcome) -> tuple[str, float | None, str | None]:
    match verdict:
        case Delivered():
            return "delivered", None, None
        case RetryAt(seconds, reason):
            return "retry", seconds, reason
        case GaveUp(reason):
            return "gave_up", None, reason
        case Disable(reason):
            return "disabled", None, reason
