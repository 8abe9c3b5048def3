"""A room for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from tests.integration.ingest.room import Room, installed


@pytest.fixture
async def room(redis_url: str) -> AsyncIterator[Room]:
    """A room on an empty Redis."""
    async with Redis.from_url(redis_url) as client:
        yield installed(client)
