"""Webhooks among twenty partners of every temper, while everything is killed: python -m tests.benchmarks.tempers [--kills 50] …

Two webhooks processes on one Redis; events are laid on documents.published at a steady rate, processes are killed with -9 in turn, Redis
is killed and comes back on its data, and the consumer group is destroyed in the middle. Then everything is counted: each delivery was taken
by its partner, or stands among the dead with its cause, or waits for its next attempt. 0 of them may be lost.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import redis
from redis.exceptions import RedisError

from shared.events import Change, Document, DocumentPublished, Subject, event_id
from shared.notices import message_id
from tests.benchmarks.chaos.processes import Fleet, free_ports
from tests.benchmarks.tempers_receiver import GOOD, PARTNERS
from tests.redis_servers import RedisServer, binaries

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TOKEN = "a-token-for-the-tempers"
STREAM, GROUP, PREFIX = "{syndicate}:documents.published", "webhooks", "{syndicate}:webhooks:"
COPIES = ("webhooks-1", "webhooks-2")
BOOT_SECONDS, DRAIN_SECONDS = 60.0, 180.0


@dataclass(frozen=True)
class Plan:
    """`events` at `rate` a second; kills and restarts fall evenly among them."""

    events: int = 2_400
    rate: float = 20.0
    kills: int = 50
    restarts: int = 10


@dataclass
class Outcome:
    """`delay`: seconds from an event to the first receipt by a fast partner; `recovery`: from a strike at Redis or its group to the next one."""

    deliveries: int = 0
    received: int = 0
    lost: int = 0
    unknown: int = 0
    repeats: int = 0
    states: dict[str, int] = field(default_factory=dict)
    causes: dict[str, int] = field(default_factory=dict)
    delay_p50: float = 0.0
    delay_p99: float = 0.0
    delay_max: float = 0.0
    recovery_max: float = 0.0
    recovery_of_group: float = 0.0
    struck: dict[str, int] = field(default_factory=dict)
    rss_mb: float = 0.0
    disabled: list[str] = field(default_factory=list)


class Run:
    """One run. `others`: settings of the services."""

    def __init__(self, plan: Plan, partners: Sequence[str] = PARTNERS, **others: str) -> None:
        self.plan = plan
        self.partners = partners
        self.folder = Path(tempfile.mkdtemp(prefix="tempers-"))
        self.redis = RedisServer(next(iter(binaries().values())))
        self.client: Any = redis.Redis.from_url(self.redis.url)
        self.ports = dict(zip((*COPIES, "receiver"), free_ports(3), strict=True))
        settings = {"REDIS_URL": self.redis.url, "TOKEN": TOKEN, "DATA": str(self.folder), "LOG_LEVEL": "error"}
        settings |= {"PARTNER_NETWORKS": "127.0.0.0/8", "WEBHOOK_SECONDS": "2", "LEASE_SECONDS": "2"}
        settings |= {"WEBHOOK_SCHEDULE_SECONDS": "0,1,1,2,2,2,3,3,3,3", "WEBHOOK_DELIVERIES_KEPT": "100000"} | others
        self.fleet = Fleet(self.folder, {f"SYNDICATE_{name}": value for name, value in settings.items()})
        self.log = self.folder / "received"
        self.ids: dict[str, str] = {}
        self.published: dict[str, float] = {}
        self.strikes: list[tuple[float, str]] = []

    def open(self) -> None:
        """Start everything and add the partners."""
        self.redis.start()
        self.fleet.launch(
            "receiver", "tests.benchmarks.tempers_receiver", str(self.ports["receiver"]), str(self.log), SECRET
        )
        for name in COPIES:
            self.fleet.launch(name, "services", "webhooks", SYNDICATE_PORT=str(self.ports[name]))
        until(lambda: all(self.asks(name, "/health/ready") for name in self.ports if name != "receiver"), BOOT_SECONDS)
        for partner in self.partners:
            url = f"http://127.0.0.1:{self.ports['receiver']}/{partner}"
            added = self.asks(COPIES[0], "/partners", {"name": partner, "url": url, "secret": SECRET})
            assert added["confirmed"] == "handshake", added
            self.ids[partner] = added["id"]

    def publish_and_strike(self) -> None:
        """Lay every event on the stream at its time; strike as the plan says."""
        began, plan, number, killed = time.monotonic(), self.plan, 0, 0
        restarts = {round((turn + 0.5) * plan.kills / plan.restarts) for turn in range(plan.restarts)}
        while number < plan.events or killed < plan.kills:
            time.sleep(max(0.0, began + number / plan.rate - time.monotonic()))
            self._publish(number)
            number += 1
            if killed < plan.kills and number >= killed * plan.events / plan.kills and self._all_ready():
                self.fleet.kill(COPIES[killed % len(COPIES)])
                killed += 1
                self.strikes.append((time.time(), "process"))
                self._strike_redis(killed, restarts)
            self.fleet.supervise()
            if number % 50 == 0:
                print(f"\r{number} events, {killed} kills ", end="", file=sys.stderr)

    def _all_ready(self) -> bool:
        """Both processes do their work: who is killed was alive, and one is always left."""
        return all(self.asks(name, "/health/ready") for name in COPIES)

    def _strike_redis(self, killed: int, restarts: set[int]) -> None:
        if killed in restarts:
            self.redis.kill()
            self.redis.start()
            self.strikes.append((time.time(), "redis"))
        if killed == self.plan.kills // 2:
            insist(lambda: self.client.xgroup_destroy(STREAM, GROUP))
            self.strikes.append((time.time(), "group"))

    def _publish(self, number: int) -> None:
        event = published(number)
        self.published[event.event_id] = time.time()
        insist(lambda: self.client.xadd(STREAM, {"event": event.encode()}))

    def drain(self) -> None:
        """Wait until the good ones have everything, and nothing is left on the stream."""
        deadline = time.monotonic() + DRAIN_SECONDS
        good = [name for partner, name in self.ids.items() if partner.rpartition("-")[0] in GOOD]
        while time.monotonic() < deadline:
            self.fleet.supervise()
            with suppress(RedisError):
                planned = self.client.zcard(f"{PREFIX}ledger") >= len(self.published)
                left = sum(self.waiting(name) for name in good)
                print(f"\r{left} left for the good ones      ", end="", file=sys.stderr)
                if planned and not left:
                    break
            time.sleep(0.2)

    def waiting(self, partner: str) -> int:
        """How many of a partner's deliveries have not ended, by its id."""
        return sum(int(self.client.zcard(f"{PREFIX}{place}:{partner}")) for place in ("fresh", "due", "held"))

    def count(self) -> Outcome:
        """Count everything."""
        rows = [line.split(" ") for line in self.log.read_text().splitlines()]
        times = Counter(row[2] for row in rows)
        first: dict[str, float] = {}
        for row in rows:
            first.setdefault(row[2], float(row[0]))
        found = Outcome(struck=dict(Counter(kind for _, kind in self.strikes)), rss_mb=self._memory())
        states: Counter[str] = Counter()
        causes: Counter[str] = Counter()
        expected: set[str] = set()
        delays: list[float] = []
        for partner, name in self.ids.items():
            for event, at in self.published.items():
                message = message_id(event, name)
                expected.add(message)
                state, cause = self.client.hmget(f"{PREFIX}delivery:{message}", "state", "cause")
                told = self._state(name, message, state)
                states[told] += 1
                if told == "gave_up":
                    causes[f"{partner.rpartition('-')[0]}: {(cause or b'').decode()}"] += 1
                found.lost += told == "unknown" or (told == "delivered" and message not in times)
                if partner.startswith("fast") and message in first:
                    delays.append(first[message] - at)
        found.deliveries, found.received = len(expected), len(times)
        found.unknown, found.repeats = len(times.keys() - expected), sum(count - 1 for count in times.values())
        found.states, found.causes = dict(states), dict(causes)
        delays.sort()
        found.delay_p50, found.delay_p99, found.delay_max = (
            round(delays[min(len(delays) - 1, int(len(delays) * share))], 3) for share in (0.5, 0.99, 1.0)
        )
        self._recoveries(found, sorted(float(row[0]) for row in rows if row[1].startswith("fast")))
        found.disabled = sorted(
            each["name"] for each in self.asks(COPIES[0], "/partners")["partners"] if not each["enabled"]
        )
        return found

    def _state(self, partner: str, message: str, state: bytes | None) -> str:
        """A delivery's state; a gone partner was told of nothing more, and that is no loss."""
        if state is not None and state != b"waiting":
            return state.decode()
        places = (f"{PREFIX}{place}:{partner}" for place in ("fresh", "due", "held"))
        if any(self.client.zscore(place, message) is not None for place in places):
            return "waiting"
        return "not told" if partner == self.ids["gone-0"] else "unknown"

    def _recoveries(self, found: Outcome, receipts: list[float]) -> None:
        for at, kind in self.strikes:
            if kind != "process" and (after := next((each - at for each in receipts if each > at), None)) is not None:
                found.recovery_max = max(found.recovery_max, round(after, 3))
                if kind == "group":
                    found.recovery_of_group = round(after, 3)

    def _memory(self) -> float:
        pages = []
        for name in COPIES:
            running = self.fleet.processes[name].running
            status = Path(f"/proc/{running.pid}/status").read_text() if running else "VmHWM: 0 kB"
            pages.append(int(status.partition("VmHWM:")[2].split()[0]) / 1000)
        return round(max(pages), 1)

    def close(self) -> None:
        """Stop everything and forget it."""
        self.fleet.stop()
        self.redis.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def asks(self, service: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """What a service answers to GET, or to POST if there is a body; None if it does not, or refuses."""
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports[service]}{path}", data, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except OSError:
            return None


def published(number: int) -> DocumentPublished:
    """An event as feeds sends it."""
    now, name = datetime.now(UTC), f"{number:016}"
    document = Document(
        id=name, version=1, content_hash="0", title=f"Number {number}", summary="s" * 800, received_at=now
    )
    return DocumentPublished(
        event_id=event_id(str(number), "documents.published", name),
        correlation_id=f"tempers-{number}",
        occurred_at=now,
        change=Change.ADDED,
        document=document,
        subject=Subject(name="Physics", slug="physics", confidence=1),
        link=f"http://127.0.0.1/documents/{name}",
        first_published_at=now,
        updated_at=now,
    )


def insist(act: Callable[[], object]) -> None:
    """Act until Redis lets it; an event that was laid down twice is one."""
    while True:
        try:
            act()
        except RedisError:
            time.sleep(0.02)
        else:
            return


def until(done: Callable[[], object], seconds: float) -> None:
    """Wait for something. Raises AssertionError if it takes longer."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.05)


def main() -> int:
    """0 if nothing was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in asdict(Plan()).items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    run = Run(Plan(**vars(parser.parse_args())))
    try:
        run.open()
        run.publish_and_strike()
        run.drain()
        outcome = run.count()
    finally:
        run.close()
    print(json.dumps(asdict(outcome), indent=1))
    return 1 if outcome.lost or outcome.unknown else 0


if __name__ == "__main__":
    raise SystemExit(main())
