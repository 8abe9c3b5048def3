"""How the consumers of a process stand: whether each of them reads, has its group, and is not too far behind."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass

from redis.exceptions import ResponseError

from shared.consumer import Consumer

SILENT_AFTER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Health:
    """How one consumer's stream stands. `backlog`: entries not yet settled; `waiting_s`: age of the oldest pending one."""

    stream: str
    group: str
    backlog: int
    pending: int
    waiting_s: float
    fault: str = ""

    def facts(self) -> dict[str, object]:
        return asdict(self)


def silent(consumer: Consumer) -> bool:
    """Whether the read loop has not come round for too long, and is not at work either."""
    last_try = consumer.belt.reads.last_try.get(_place(consumer), consumer.belt.opened_at)
    return consumer.working_since is None and time.monotonic() - last_try > SILENT_AFTER_SECONDS


async def health_of(consumer: Consumer) -> Health:
    """How one consumer stands; a `fault` in words if it does not do its work."""
    belt, stream, group = consumer.belt, consumer.stream, consumer.group
    backlog = await belt.backlog(stream, group)
    try:
        pending = await belt.client.xpending(consumer.stream_key, group)
    except ResponseError as error:
        return Health(stream, group, backlog, 0, 0.0, fault=f"no group: {error}"[:100])
    oldest = pending["min"] and int(pending["min"].split(b"-")[0]) / 1000
    waiting = belt.clock.now().timestamp() - oldest if oldest else 0.0
    return Health(stream, group, backlog, pending["pending"], round(max(waiting, 0.0), 3), _fault(consumer, backlog))


def _fault(consumer: Consumer, backlog: int) -> str:
    if silent(consumer):
        return "the read loop is silent"
    if _unanswered(consumer):
        return "Redis does not answer its reads"
    most = consumer.belt.settings.max_lag
    return f"backlog over {most}" if backlog > most else ""


def _unanswered(consumer: Consumer) -> bool:
    reads, opened = consumer.belt.reads, consumer.belt.opened_at
    last_try, last_read = (times.get(_place(consumer), opened) for times in (reads.last_try, reads.last_read))
    return consumer.working_since is None and last_try - last_read > SILENT_AFTER_SECONDS


def _place(consumer: Consumer) -> tuple[str, str]:
    return consumer.stream_key, consumer.group
