"""The Redis that is brought along: never two on the same files, and none that stays dead."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import redis
from redis.exceptions import RedisError

from shared.errors import Unfit
from shared.redis_server import START_SECONDS, Redis, attach, binary, find, keep
from shared.settings import Settings
from tests.lacking import lacking

LONGER_THAN_A_PING_WAITS = 2.5


@pytest.fixture(autouse=True)
def _server() -> None:
    """Without one these tests are skipped, but never where CI is set."""
    if binary() is None:
        lacking("there is no Redis on this machine")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """With a data directory of its own, and no Redis of somebody else's."""
    return Settings(data=tmp_path / "data", redis_url=None)


@contextmanager
def running(settings: Settings) -> Iterator[Redis]:
    """A server that ends with the test, whoever holds it then."""
    found = find(settings)
    try:
        yield found
    finally:
        leave(found)
        with redis.Redis.from_url(found.url) as client:
            client.shutdown(nosave=True)
        if found.process:
            found.process.wait()


def leave(found: Redis) -> None:
    """As a process does that is killed."""
    if found.lock:
        found.lock.close()


def pid(found: Redis) -> int:
    """Of the server that answers there."""
    with redis.Redis.from_url(found.url) as client:
        return int(client.info("server")["process_id"])


def kill(found: Redis) -> None:
    """With -9; until nobody answers."""
    os.kill(pid(found), signal.SIGKILL)
    with redis.Redis.from_url(found.url) as client, suppress(RedisError):
        while client.ping():
            time.sleep(0.01)
    if found.process:
        found.process.wait()


def test_a_server_that_is_silent_for_a_while_is_not_started_a_second_time(settings: Settings) -> None:
    """Two of them would write into one append-only file."""
    with running(settings) as left:
        first = pid(left)
        leave(left)
        os.kill(first, signal.SIGSTOP)
        threading.Timer(LONGER_THAN_A_PING_WAITS, os.kill, (first, signal.SIGCONT)).start()
        again = find(settings)
        leave(again)

        assert first == pid(again)


def test_a_copy_of_the_data_gets_a_server_of_its_own(settings: Settings, tmp_path: Path) -> None:
    """Although the address of the original's stands in it: two belts would run on one Redis, and either would end it for both."""
    with running(settings) as original:
        copied = settings.model_copy(update={"data": tmp_path / "copy"})
        shutil.copytree(settings.data, copied.data, ignore=shutil.ignore_patterns("redis.sock"))
        with pytest.raises(Unfit, match="no Redis of a running server"):
            attach(copied)
        with running(copied) as another:
            assert pid(original) != pid(another)
            assert another.url == attach(copied)

        assert original.url == attach(settings)


def test_a_server_that_has_died_is_started_again(settings: Settings) -> None:
    """Under the same address; one that lives is left alone."""
    with running(settings) as found:
        first = pid(found)
        keep(settings, found)
        assert first == pid(found)
        kill(found)
        keep(settings, found)

        assert first != pid(found)


def test_whoever_is_left_takes_the_server_over(settings: Settings) -> None:
    """As soon as the process that ran it has ended, and not before."""
    with running(settings) as owned:
        shared = find(settings)
        assert (True, False) == (owned.owned, shared.owned)
        kill(owned)
        keep(settings, shared)
        assert not shared.owned
        leave(owned)
        keep(settings, shared)
        leave(shared)
        owned.process = shared.process

        assert shared.owned
        assert pid(shared)


def test_a_server_that_ends_at_once_is_not_waited_for(settings: Settings) -> None:
    """What it said last is told."""
    home = settings.data / "redis"
    home.mkdir(parents=True)
    (home / "appendonly.aof").write_text("no command at all\r\n")
    began = time.monotonic()
    with pytest.raises(Unfit, match=r"has ended: .*Bad file format.*redis\.log"):
        find(settings)

    assert time.monotonic() - began < START_SECONDS


def test_a_data_directory_that_is_none_is_named(tmp_path: Path) -> None:
    """With the setting to change, and without a traceback."""
    (tmp_path / "data").touch()
    with pytest.raises(Unfit, match="data: File exists; SYNDICATE_DATA"):
        find(Settings(data=tmp_path / "data", redis_url=None))
