"""One house with a hub for all cases of a section, and a room for each case."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from shared.settings import ROOT
from tests.house import House, house
from tests.integration.hub.receiver import Receiver, receiver
from tests.integration.hub.room import LeapingClock, Room
from tests.redis_servers import RedisServer, binaries

NUMBERS: count[int] = count()
NETWORKS = "127.0.0.0/9"
"""Where subscribers may live here: the lower half of loopback. The upper half is as forbidden as every private network."""


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for the cases of a section and the house that they share."""
    return "asyncio"


@pytest.fixture(scope="module")
def clock() -> LeapingClock:
    """The house's clock."""
    return LeapingClock()


@pytest.fixture(scope="module")
async def publisher() -> AsyncIterator[Receiver]:
    """Somebody else's site, whose topics the hub may push too."""
    async with receiver() as site:
        yield site


@pytest.fixture(scope="module")
async def hub_house(
    clock: LeapingClock, publisher: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """All five services around a Redis of their own."""
    server = RedisServer(next(iter(binaries().values())))
    server.start()
    folder: Path = tmp_path_factory.mktemp("house")
    taxonomy = shutil.copy(ROOT / "seeds" / "subjects.yaml", folder)
    values: dict[str, Any] = {
        "partner_networks": NETWORKS,
        "feed_refetches": 0,
        "taxonomy": taxonomy,
        "hub_seconds": 0.15,
        "hub_topics": f"{publisher.origin}/published/",
    }
    async with house(server.url, folder, clock=clock, **values) as running:
        yield running
    server.remove()


@pytest.fixture
async def room(hub_house: House, clock: LeapingClock) -> AsyncIterator[Room]:
    """A way to the hub, with subscribers of this case's own."""
    async with receiver() as server, ClientSession() as anyone:
        yield Room(hub_house, anyone, server, clock, NUMBERS)
