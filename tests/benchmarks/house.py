"""The product as it runs: services as processes on one real Redis, and what each of them costs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import psutil

from services import FLOW
from tests.redis_servers import RedisServer, binaries

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-token-for-measuring"
READY_SECONDS = 120.0
ARRANGEMENTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "one process": (FLOW,),
    "five processes": tuple((name,) for name in FLOW),
}


@dataclass
class House:
    """Services in an arrangement, ready; use as a context manager. `port[service]` is where it listens."""

    arrangement: str
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="house-")))
    port: dict[str, int] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    redis: RedisServer = field(default_factory=lambda: RedisServer(next(iter(binaries().values()))))

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:  # else what did start would go on, and slow down whatever is measured next
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            process.wait(20)
        self.redis.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _open(self) -> None:
        self.redis.start()
        for names in ARRANGEMENTS[self.arrangement]:
            port = free_port()
            self.port |= dict.fromkeys(names, port)
            self.processes["+".join(names) if len(names) == 1 else "all five"] = self._started(names, port)
        for port in set(self.port.values()):
            wait_until_ready(port)

    def _started(self, names: Sequence[str], port: int) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SYNDICATE_")} | {
            "SYNDICATE_REDIS_URL": self.redis.url,
            "SYNDICATE_PORT": str(port),
            "SYNDICATE_PUBLIC_URL": "http://127.0.0.1:8000",
            "SYNDICATE_TOKEN": TOKEN,
            "SYNDICATE_DATA": str(self.folder),
            "SYNDICATE_PARTNER_NETWORKS": "127.0.0.0/8",
        }
        with (self.folder / f"{names[0]}.log").open("ab") as log:
            words = [sys.executable, "-m", "services", *names]
            return subprocess.Popen(words, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def add_partners(self, count: int, receiver_port: int) -> None:
        """So many partners, each with a path of its own at the receiver."""
        for number in range(count):
            url = f"http://127.0.0.1:{receiver_port}/{number}"
            partner = {"name": f"Partner {number}", "url": url, "confirmed": True}
            request = Request(
                f"http://127.0.0.1:{self.port['webhooks']}/partners",
                json.dumps(partner).encode(),
                {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
            )
            urlopen(request, timeout=10).close()

    def kill(self, name: str) -> None:
        """Kill a service with -9, and start it again; it is not waited for."""
        old = self.processes[name]
        old.send_signal(signal.SIGKILL)
        old.wait()
        self.processes[name] = self._started((name,), self.port[name])

    def cpu(self) -> dict[str, float]:
        """Seconds of processor time, user and system, of every process so far."""
        assert self.redis.process
        pids = {name: process.pid for name, process in self.processes.items()} | {"redis": self.redis.process.pid}
        return {name: cpu_seconds(pid) for name, pid in pids.items()}


def cpu_seconds(pid: int) -> float:
    """Seconds of processor time of a process so far."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def wait_until_ready(port: int) -> None:
    """Wait until the services at this port say that they are ready."""
    deadline = time.monotonic() + READY_SECONDS
    while not _ready(port):
        assert time.monotonic() < deadline, f"nothing is ready at port {port}"
        time.sleep(0.1)


def _ready(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (HTTPError, URLError, OSError):
        return False
