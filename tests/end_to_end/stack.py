"""The containers in an operator's hands: addresses, commands inside, kills and starts."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from shared.settings import ROOT

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SERVICES = ("ingest", "classifier", "related", "feeds", "webhooks")
MOST_LOG_LINES = 20
LONGEST_LOG_LINE = 250


@dataclass(frozen=True)
class Answer:
    """What a service answered; the headers' names are in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Stack:
    """One project of Compose. `ports`: where ingest, feeds and the receiver are published on loopback."""

    files: tuple[Path, ...]
    project: str
    ports: dict[str, int]

    def compose(self, *words: str, given: bytes = b"") -> str:
        """Run `docker compose …` to its end and give what it printed."""
        return _run(["docker", "compose", *self._names, *words], given)

    def inside(self, service: str, *words: str, given: bytes = b"") -> str:
        """Run a command in a service's container and give what it printed."""
        return self.compose("exec", "-T", service, *words, given=given)

    def redis(self, *words: str) -> list[str]:
        """The lines that redis-cli prints."""
        return self.inside("redis", "redis-cli", *words).splitlines()

    def containers(self, service: str) -> list[str]:
        """The ids of a service's containers, also of those that do not run."""
        return self.compose("ps", "--all", "--quiet", service).split()

    @cached_property
    def token(self) -> str:
        """The operator's token, as the first start made it."""
        return self.inside("ingest", "cat", "/data/operator.token").strip()

    def ask(
        self, service: str, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """One request to a published port; ingest gets the operator's token."""
        allowed = {"Authorization": f"Bearer {self.token}"} if service == "ingest" else {}
        connection = HTTPConnection("127.0.0.1", self.ports[service], timeout=30)
        try:
            connection.request(method, path, body, allowed | (headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def kill(self, container: str) -> None:
        """Kill with -9 from outside; the engine leaves it down."""
        _run(["docker", "kill", "--signal", "KILL", container])

    def crash(self, container: str) -> None:
        """Kill the process with -9 from inside, as a fault of its own would; starting it again is left to the restart policy."""
        program = "import os; [os.kill(int(p), 9) for p in os.listdir('/proc') if p.isdigit() and int(p) not in (1, os.getpid())]"
        _run(["docker", "exec", container, "python", "-c", program])

    def start(self, container: str) -> None:
        """Start what was killed."""
        _run(["docker", "start", container])

    def healthy(self, *services: str) -> bool:
        """Whether every container of the services (default: of all) passes its health check."""
        found = [container for service in services or (*SERVICES, "redis") for container in self.containers(service)]
        return {"healthy"} == {container["State"]["Health"]["Status"] for container in inspected(found)}

    def logs(self, since: float) -> str:
        """The last that each container said since a moment (seconds since 1970), in lines that can be read."""
        said = self.compose("logs", "--since", str(int(since)), "--tail", str(MOST_LOG_LINES), "redis", *SERVICES)
        return "\n".join(line.replace("\x1b[2K", "")[:LONGEST_LOG_LINE] for line in said.splitlines())

    @property
    def _names(self) -> list[str]:
        return [*(word for file in self.files for word in ("-f", str(file))), "-p", self.project]


def inspected(containers: Sequence[str]) -> list[dict[str, Any]]:
    """All that the engine knows of the containers."""
    return list(json.loads(_run(["docker", "inspect", *containers])))


def until(holds: Callable[[], bool], what: str, *, seconds: float = 60.0, every: float = 0.2) -> None:
    """Wait until something holds; a service that is away just now is no answer. Fails at the deadline."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except (OSError, HTTPException, ValueError):
            pass
        time.sleep(every)
    raise AssertionError(f"after {seconds} s still not: {what}")


def _run(command: list[str], given: bytes = b"") -> str:
    done = subprocess.run(command, input=given, capture_output=True, cwd=ROOT, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{(done.stdout + done.stderr).decode(errors='replace')[-3000:]}"
    return done.stdout.decode()
