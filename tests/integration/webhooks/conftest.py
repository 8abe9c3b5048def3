"""A room for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from redis.asyncio import Redis

from tests.integration.webhooks.room import Room


@pytest.fixture
async def room(redis_url: str) -> AsyncIterator[Room]:
    """A room on an empty Redis."""
    async with Redis.from_url(redis_url) as redis, AsyncExitStack() as stack:
        yield Room(redis, stack)
