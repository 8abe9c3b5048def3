"""A room for each test, and independent judges of every message that any of its receivers got."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
from redis.asyncio import Redis

from services.webhooks.keyring import Keyring
from services.webhooks.partner import StoredKey
from tests.integration.webhooks.office import Office
from tests.integration.webhooks.room import RECEIVERS, SECRET, Room


@pytest.fixture
async def room(redis_url: str) -> AsyncIterator[Room]:
    """A room on an empty Redis."""
    async with Redis.from_url(redis_url) as redis, AsyncExitStack() as stack:
        yield Room(redis, stack)


@pytest.fixture
async def office(redis_url: str) -> AsyncIterator[Office]:
    """An office on an empty Redis."""
    async with Redis.from_url(redis_url) as redis, AsyncExitStack() as stack:
        yield Office(redis, stack)


@pytest.fixture(autouse=True)
def every_delivery_is_proved(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each message that a receiver got verifies by the packages `standardwebhooks` and `svix`, with one of the test's secrets."""
    secrets, store = {SECRET}, Keyring.stored

    def noted(keyring: Keyring, secret: str, partner: str) -> StoredKey:
        if secret.startswith("whsec_"):
            secrets.add(secret)
        return store(keyring, secret, partner)

    monkeypatch.setattr(Keyring, "stored", noted)
    RECEIVERS.clear()
    yield
    assert [] == [heard.headers for each in RECEIVERS for heard in each.heard if heard.unproved(secrets)]
