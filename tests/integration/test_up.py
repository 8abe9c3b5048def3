"""`syndicate up` as a user starts, stops and loses it: with a Redis that it brings along."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.house import free_port
from tests.processes import Process, get, ready

COMMAND = [str(Path(sys.executable).parent / "syndicate"), "up", "--demo"]


class Life:
    """One data directory, and the processes that live on it one after the other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.process: Process | None = None

    def begin(self, **environment: str) -> float:
        """Start; the seconds until it was ready."""
        changes = {"SYNDICATE_PORT": str(self.port), "SYNDICATE_PARTNER_NETWORKS": "127.0.0.0/8", **environment}
        self.process = Process(COMMAND, cwd=self.folder, env=os.environ | changes)
        return ready(self.base, self.process)

    def redis(self) -> list[psutil.Process]:
        """The Redis servers whose data is here."""
        home = str(self.folder)
        return [
            process
            for process in psutil.process_iter(["name", "cmdline"])
            if "redis" in (process.info["name"] or "") and any(home in word for word in process.info["cmdline"] or [])
        ] + [process for process in psutil.process_iter(["name"]) if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return "redis" in process.name() and process.cwd().startswith(str(self.folder))
        except psutil.Error:
            return False

    def kill_everything(self) -> None:
        """-9 for the process and for its Redis, at once."""
        assert self.process
        for server in self.redis():
            server.kill()
        self.process.kill()

    def documents(self) -> list[dict[str, Any]]:
        """What stands in the feed of everything."""
        return list((get(f"{self.base}/feeds/all.json")[1] or {}).get("items", []))

    def inbox(self) -> dict[str, Any]:
        """What the demo partner received."""
        return dict(get(f"{self.base}/demo/inbox")[1] or {})


@contextmanager
def life(folder: Path) -> Iterator[Life]:
    lived = Life(folder)
    try:
        yield lived
    finally:
        if lived.process and lived.process.popen.poll() is None:
            lived.kill_everything()
        for server in lived.redis():
            server.kill()


def eventually(condition: Any, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_in_time_and_takes_its_redis_along(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end it within ten seconds, with exit code 0 and no server left behind."""
    with life(tmp_path) as lived:
        lived.begin()
        began = time.monotonic()
        assert lived.process
        code = lived.process.stop(number)
        took = time.monotonic() - began
        left = lived.redis()

    assert (0, []) == (code, left)
    assert took < 10


def test_kill_9_of_everything_loses_and_repeats_nothing(tmp_path: Path) -> None:
    """After -9 for the process and its Redis a new start has every document once, and every webhook exactly once by id."""
    with life(tmp_path) as lived:
        lived.begin()
        eventually(lambda: len(lived.documents()) == 5)
        before = sorted(item["id"] for item in lived.documents())
        lived.kill_everything()
        lived.begin()
        eventually(lambda: len(lived.documents()) == 5)
        _, health = get(f"{lived.base}/health/ready")
        after = sorted(item["id"] for item in lived.documents())

    assert before == after
    assert 0 == health["dead_letters"]
    assert {0} == {consumer["backlog"] for consumer in health["consumers"]}


def test_a_killed_parent_leaves_a_redis_that_the_next_start_goes_on_with(tmp_path: Path) -> None:
    """-9 for the process alone: the server that it started is found again, not started twice."""
    with life(tmp_path) as lived:
        lived.begin()
        eventually(lambda: len(lived.documents()) == 5)
        servers = {server.pid for server in lived.redis()}
        assert lived.process
        lived.process.kill()
        lived.begin()
        again = {server.pid for server in lived.redis()}
        documents = len(lived.documents())
        lived.process.stop()
        left = lived.redis()

    assert servers == again
    assert (5, []) == (documents, left)


def test_a_redis_that_dies_alone_comes_back(tmp_path: Path) -> None:
    """-9 for the server that it brought along: within seconds there is one again, with everything."""
    with life(tmp_path) as lived:
        lived.begin()
        eventually(lambda: len(lived.documents()) == 5)
        for server in set(lived.redis()):
            server.kill()
            server.wait(20)
        eventually(lambda: get(f"{lived.base}/health/ready")[0] == 200)
        documents = len(lived.documents())
        assert lived.process
        code = lived.process.stop()
        left = lived.redis()

    assert (5, 0, []) == (documents, code, left)


def test_a_second_process_shares_the_redis_of_the_first(tmp_path: Path) -> None:
    """`python -m services feeds` beside a running server uses that server's Redis."""
    with life(tmp_path) as lived:
        lived.begin()
        port = free_port()
        command = [sys.executable, "-m", "services", "feeds"]
        root = str(Path(__file__).resolve().parents[2])
        environment = os.environ | {"SYNDICATE_PORT": str(port), "PYTHONPATH": root}
        second = Process(command, cwd=tmp_path, env=environment)
        ready(f"http://127.0.0.1:{port}", second)
        eventually(lambda: len((get(f"http://127.0.0.1:{port}/feeds/all.json")[1] or {}).get("items", [])) == 5)

        assert 0 == second.stop()
        assert 200 == get(f"{lived.base}/health/ready")[0]


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"SYNDICATE_TAXONOMY": "/nowhere.yaml"}, "SYNDICATE_TAXONOMY"),
        ({"SYNDICATE_PORT": "99999"}, "SYNDICATE_PORT"),
        ({"SYNDICATE_PARTNER_NETWORKS": "everything"}, "SYNDICATE_PARTNER_NETWORKS"),
        ({"SYNDICATE_PUBLIC_URL": "news.example.org"}, "SYNDICATE_PUBLIC_URL: is no address"),
        ({"SYNDICATE_REDIS_URL": "localhost"}, "SYNDICATE_REDIS_URL"),
        ({"SYNDICATE_DATA": "/dev/null"}, "SYNDICATE_DATA"),
        ({"SYNDICATE_INBOX": "/dev/null"}, "SYNDICATE_INBOX"),
    ],
)
def test_what_cannot_start_says_why(tmp_path: Path, environment: dict[str, str], words: str) -> None:
    """A start that cannot succeed ends with code 1 and one clear sentence, without a traceback."""
    process = Process(COMMAND, cwd=tmp_path, env=os.environ | {"SYNDICATE_PORT": str(free_port())} | environment)
    code = process.popen.wait(60)

    assert 1 == code
    assert words in process.said()
    assert "Traceback" not in process.said()


def test_a_redis_that_is_away_is_waited_for_and_told(tmp_path: Path) -> None:
    """A start without its Redis says at once what it waits for."""
    environment = os.environ | {"SYNDICATE_REDIS_URL": "redis://127.0.0.1:1/0"}
    process = Process(COMMAND, cwd=tmp_path, env=environment)
    eventually(lambda: "redis.awaited" in process.said())
    process.kill()

    assert "127.0.0.1:1" in process.said()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    """Two servers on one port: the second says which setting to change."""
    with life(tmp_path) as lived:
        lived.begin()
        other = tmp_path / "other"
        other.mkdir()
        second = Process(COMMAND, cwd=other, env=os.environ | {"SYNDICATE_PORT": str(lived.port)})

        assert 1 == second.popen.wait(60)
        assert "SYNDICATE_PORT" in second.said()
