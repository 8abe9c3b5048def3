"""The whole belt in processes of its own around a Redis of its own, and the killer among them."""

from __future__ import annotations

import json
import random
import secrets
import shutil
import tempfile
import time
import urllib.request
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from shared.notices import DEFAULT_EVENTS, EVENTS
from tests.benchmarks.chaos import publisher, receiver
from tests.benchmarks.chaos.plan import CONSUMERS, REDIS, Kill, Plan, copies_of, kills
from tests.benchmarks.chaos.processes import Fleet, free_ports
from tests.benchmarks.chaos.streams import Streams, Tally
from tests.redis_servers import RedisServer, binaries

POLL_SECONDS = 0.05
BOOT_SECONDS = 60.0
QUIET_SECONDS = 45.0
"""Longer than any lease and any wait before a second attempt: a belt on which nothing moved for so long will not move again."""


@dataclass
class Arena:
    """What a run happens in. `module`: what is started with a service's name for its argument."""

    plan: Plan
    module: str = "services"
    prefix: str = "{syndicate}:"
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="chaos-")))
    redis: RedisServer = field(default_factory=lambda: RedisServer(next(iter(binaries().values()))))
    killed: Counter[str] = field(default_factory=Counter)
    in_hand: int = 0
    """Entries that consumers held when they were killed."""

    def __post_init__(self) -> None:
        copies = [name for service in CONSUMERS for name in copies_of(service, self.plan.copies)]
        self.services = {name: name.partition("-")[0] for name in ("ingest", *copies)}
        names = [*self.services, "receiver"]
        self.ports = dict(zip(names, free_ports(len(names)), strict=True))
        self._chance = random.Random(self.plan.seed)
        self.token = secrets.token_urlsafe(16)
        self.secret = "whsec_" + b64encode(secrets.token_bytes(32)).decode()
        self.partners: dict[str, tuple[str, ...]] = {}
        self.fleet = Fleet(self.folder, self._environment())
        self.streams = Streams(self.redis.client(), self.prefix)
        self._accepted = Tally(self.journal, publisher.END_OF_LINE)
        self._restarts = ThreadPoolExecutor(1)
        self._restart: Future[None] | None = None

    def _environment(self) -> dict[str, str]:
        settings = {
            "REDIS_URL": self.redis.url,
            "TOKEN": self.token,
            "DATA": str(self.folder),
            "PUBLIC_URL": self.url("feeds"),
            "LEASE_SECONDS": str(self.plan.lease_seconds),
            "RETENTION_SECONDS": "1000000",
            "PARTNER_NETWORKS": "127.0.0.0/8",
            "WEBHOOK_SECONDS": "4",
            "WEBHOOK_SCHEDULE_SECONDS": "0,1,2,5,5,5,5,5,5,5",
            "LOG_LEVEL": "warning",
        }
        return {f"SYNDICATE_{name}": value for name, value in settings.items()}

    def url(self, service: str) -> str:
        """Where a service answers."""
        return f"http://127.0.0.1:{self.ports[service]}"

    @property
    def journal(self) -> Path:
        """The publisher's."""
        return self.folder / "acknowledged"

    @property
    def received(self) -> Path:
        """The receiver's log."""
        return self.folder / "received"

    def accepted(self) -> int:
        """How many documents have been acknowledged."""
        return self._accepted.count()

    def open(self) -> None:
        """Start everything but the publisher, and wait until it answers."""
        self.redis.start()
        for name, service in self.services.items():
            self.fleet.launch(name, self.module, service, SYNDICATE_PORT=str(self.ports[name]))
        errand = receiver.Errand(self.ports["receiver"], self.secret, str(self.received))
        self.fleet.launch("receiver", receiver.__name__, json.dumps(asdict(errand)))
        deadline = time.monotonic() + BOOT_SECONDS
        while not all(self._answers(name) for name in self.services):
            ended = [name for name, process in self.fleet.processes.items() if process.ended() is not None]
            assert not ended, f"{', '.join(ended)} did not start; see {self.folder}"
            assert time.monotonic() < deadline, f"the services do not answer; see {self.folder}"
            time.sleep(POLL_SECONDS)

    def add_partners(self) -> None:
        """Make the receiver a partner, several times over; the last one wants to know of changed lists too."""
        for number in range(self.plan.partners):
            url = f"{self.url('receiver')}/partners/{number}"
            events = EVENTS if number == self.plan.partners - 1 else DEFAULT_EVENTS
            partner = {"name": f"Partner {number}", "url": url, "secret": self.secret, "events": events}
            self.partners[self._ask("webhooks", "/partners", partner)["id"]] = events

    def publish_and_kill(self, progress: Callable[[str], None]) -> None:
        """Publish all documents; kill what the plan says as they are accepted; everybody runs again at the end."""
        plan = self.plan
        corpus = str(plan.corpus) if plan.corpus else None
        errand = publisher.Errand(
            self.url("ingest"), self.token, str(self.journal), plan.documents, plan.rate, plan.seed, corpus
        )
        self.fleet.launch("publisher", publisher.__name__, json.dumps(asdict(errand)))
        left = kills(plan)
        while left or not self.fleet.done("publisher"):
            accepted = self.accepted()
            while left and left[0].accepted <= accepted and self._strike(left[0]):
                left.pop(0)
            progress(f"{accepted}/{plan.documents} accepted, {self.killed.total()} killed")
            self.fleet.supervise()
            time.sleep(POLL_SECONDS)
        if self._restart:
            self._restart.result()

    def drain(self, progress: Callable[[str], None], *, quiet_seconds: float = QUIET_SECONDS) -> float:
        """Wait until the belt is empty, or nothing has moved on it for a long time; the seconds that it took."""
        began = last_move = time.monotonic()
        seen: object = None
        while (state := self._standing())[0] and time.monotonic() - began < self.plan.seconds:
            self.fleet.supervise()
            if state != seen:
                seen, last_move = state, time.monotonic()
            if time.monotonic() - last_move > quiet_seconds:
                break
            progress(f"draining for {time.monotonic() - began:.0f} s, {state[0]} left")
            time.sleep(POLL_SECONDS * 4)
        return time.monotonic() - began

    def _standing(self) -> tuple[int, object]:
        """How much is left to do, at least, and a value that changes whenever anything moves."""
        due = self.streams.due([*self.partners])
        renewing = self.streams.renewing()
        return self.streams.left() + due + renewing, (self.streams.positions(), due, renewing)

    def close(self) -> list[str]:
        """Stop everything; the names of those that did not end well."""
        unwell = self.fleet.stop()
        self._restarts.shutdown()
        self.streams.client.close()
        self.redis.kill()
        return unwell

    def forget(self) -> None:
        """Remove what was written: the logs and the data of Redis."""
        self.redis.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _strike(self, kill: Kill) -> bool:
        """Do it; False if it must wait, because Redis is still on its way back from the last kill."""
        if kill.victim == REDIS:
            return self._strike_redis()
        self.in_hand += self.streams.held_by(kill.victim)
        processes = [name for name in self.fleet.processes if name.partition("-")[0] == kill.victim]
        name = self._chance.choice(processes)
        if kill.freezes:
            self.fleet.processes[name].freeze(2 * self.plan.lease_seconds)
        else:
            self.fleet.kill(name)
        self.killed["frozen" if kill.freezes else kill.victim] += 1
        return True

    def _strike_redis(self) -> bool:
        if self._restart and not self._restart.done():
            return False
        if self._restart:
            self._restart.result()
        self.redis.kill()
        self._restart = self._restarts.submit(self.redis.start)
        self.killed[REDIS] += 1
        return True

    def _answers(self, service: str) -> bool:
        try:
            return bool(self._ask(service, "/health/ready"))
        except OSError:
            return False

    def _ask(self, service: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url(service) + path, data, headers)
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)
