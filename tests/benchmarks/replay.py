"""A long replay, while its processes are killed: python -m tests.benchmarks.replay [--events 100000] [--kills 10] [--rate 5000]

Everything is delivered to one partner first. Then it asks for all of it again, and the two webhooks processes that work on this are killed
with -9 in turn, evenly over the replay. Counted is what came after it was asked for: each event has to come again under its own
webhook-id, and what comes more than once had been under way when its process was killed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from shared.notices import message_id
from tests.benchmarks.tempers import COPIES, STREAM, Plan, Run, published, until

PARTNER = "fast-0"
AT_ONCE = 500
LONGEST_SECONDS = 900.0


@dataclass(frozen=True)
class Outcome:
    """`counted`: what the dry run said; `planned`: what the job says of itself; `lost`: events that did not come again."""

    events: int
    counted: int
    planned: int
    state: str
    kills: int
    lost: int
    unknown: int
    repeats: int
    seconds: float


class Replay(Run):
    """One partner, and everything that it asks for again."""

    def __init__(self, events: int, kills: int, rate: float) -> None:
        plan, kept = Plan(events=events, rate=rate, kills=kills), str(2 * events)
        super().__init__(plan, [PARTNER], WEBHOOK_EVENTS_KEPT=kept, WEBHOOK_BACKLOG=kept)

    def deliver(self) -> None:
        """Lay all events on the stream and wait until the partner has them."""
        for begin in range(0, self.plan.events, AT_ONCE):
            together = self.client.pipeline(transaction=False)
            for number in range(begin, min(begin + AT_ONCE, self.plan.events)):
                event = published(number)
                self.published[event.event_id] = time.time()
                together.xadd(STREAM, {"event": event.encode()})
            together.execute()
        self._wait_for(self.plan.events)
        until(lambda: not self._left(), LONGEST_SECONDS)

    def replay(self) -> Outcome:
        """Ask for all of it and kill; gives what came."""
        before, here = len(self.heard()), f"/partners/{self.ids[PARTNER]}/replays"
        counted = self.asks(COPIES[0], here, {"dry_run": True})["events"]
        began = time.monotonic()
        job = self.asks(COPIES[0], here, {"rate": self.plan.rate})["id"]
        for number in range(self.plan.kills):
            self._wait_for(before + int((number + 0.5) / self.plan.kills * self.plan.events))
            until(lambda: all(self.asks(name, "/health/ready") for name in COPIES), LONGEST_SECONDS)
            self.fleet.kill(COPIES[number % len(COPIES)])
        until(lambda: self._stands(job)["state"] == "done" and not self._left(), LONGEST_SECONDS)
        seconds = time.monotonic() - began
        times = Counter(self.heard()[before:])
        wanted = {message_id(event, self.ids[PARTNER]) for event in self.published}
        told = self._stands(job)
        return Outcome(
            events=self.plan.events,
            counted=counted,
            planned=told["sent"],
            state=told["state"],
            kills=self.plan.kills,
            lost=len(wanted - times.keys()),
            unknown=len(times.keys() - wanted),
            repeats=sum(count - 1 for count in times.values()),
            seconds=round(seconds, 1),
        )

    def heard(self) -> list[str]:
        """The ids of the messages that came, in their order."""
        return [line.split(" ")[2] for line in self.log.read_text().splitlines()]

    def _stands(self, job: str) -> dict[str, Any]:
        found = self.asks(COPIES[0], f"/partners/{self.ids[PARTNER]}/replays/{job}")
        return found or {"state": "", "sent": 0}

    def _left(self) -> int:
        time.sleep(0.1)
        return self.waiting(self.ids[PARTNER])

    def _wait_for(self, count: int) -> None:
        until(lambda: self._come() >= count, LONGEST_SECONDS)

    def _come(self) -> int:
        time.sleep(0.1)
        count = self.log.read_bytes().count(b"\n")
        print(f"\r{count} of {2 * self.plan.events} ", end="", file=sys.stderr)
        return count


def main() -> int:
    """0 if everything came again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--rate", type=float, default=5_000.0)
    run = Replay(**vars(parser.parse_args()))
    try:
        run.open()
        run.deliver()
        outcome = run.replay()
    finally:
        run.close()
    print(json.dumps(asdict(outcome)))
    return 1 if outcome.lost or outcome.unknown or outcome.planned != outcome.events else 0


if __name__ == "__main__":
    raise SystemExit(main())
