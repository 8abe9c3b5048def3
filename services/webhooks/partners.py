"""Partners: who is told, where, of what, how, and signed with which keys.

A partner is added by an operator, proves its address (confirmation.py), gets events while it is enabled and confirmed, is disabled by an
operator, by its own 410 or by failing for days, and keeps what is waiting for it until it is enabled again or removed.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from services.webhooks.partner import Partner
from shared.errors import Conflict, NotFound
from shared.steps import Command
from shared.syndication.directory import Directory

LUA = Path(__file__).parent / "lua"
MOST_PARTNERS = 1_000
CHECK_SECONDS = 0.05
"""How old the view of the partners may be where deliveries are taken; where they are planned it is looked at each time."""


class Partners:
    """The partners in Redis, with a view in memory that follows every change. `beside`: keys that are read at each look.

    The view's filters follow the subjects of `directory`; what stands in Redis is what the partner asked for.
    """

    def __init__(
        self,
        redis: Any,
        key: Callable[..., str],
        *,
        beside: Sequence[str] = (),
        directory: Callable[[], Awaitable[Directory]] | None = None,
    ) -> None:
        self._redis = redis
        self._directory = directory
        self._hash = key("webhooks", "partners")
        self._revision_key = key("webhooks", "partners", "revision")
        self._removed = key("webhooks", "partners", "removed")
        self._save = redis.register_script((LUA / "save.lua").read_text())
        self._view: Mapping[str, Partner] = {}
        self._revision: bytes | None = b"never read"
        self._checked = self._changed = float("-inf")
        """When this process last asked, and when it last changed a partner itself."""
        self._asked = (self._revision_key, *beside)
        self.beside: list[bytes | None] = [None] * len(beside)
        """What stood at those keys at the last look: a second question would cost as much as planning a document."""

    async def current(self, *, at_most_seconds_old: float = CHECK_SECONDS) -> Mapping[str, Partner]:
        """All partners by id, as they are, or were a moment ago; the same object as long as nothing changed."""
        now = time.monotonic()
        if self._checked > self._changed and now - self._checked < at_most_seconds_old:
            return self._view
        revision, *self.beside = await self._redis.mget(self._asked)
        if revision != self._revision:
            stored = await self._redis.hgetall(self._hash)
            leads = (await self._directory()).leads if self._directory else {}
            self._view = {
                key.decode(): Partner.model_validate_json(value).following(leads) for key, value in stored.items()
            }
            self._revision = revision
        self._checked = now
        return self._view

    def rearranged(self) -> Command:
        """The write by which every process looks at the subjects again."""
        return ("INCR", self._revision_key)

    async def all(self) -> list[Partner]:
        """All partners as they are now, oldest first."""
        stored = await self._redis.hvals(self._hash)
        return sorted(map(Partner.model_validate_json, stored), key=lambda partner: (partner.created_at, partner.id))

    async def get(self, partner: str) -> Partner:
        """One partner as it is now. Raises NotFound."""
        return Partner.model_validate_json(await self._raw(partner))

    async def following(self, partner: str) -> Partner:
        """One partner as it is now, with a filter that follows the subjects. Raises NotFound."""
        known = await self.current(at_most_seconds_old=0)
        return known.get(partner) or await self.get(partner)

    async def add(self, partner: Partner) -> bool:
        """Store a new partner; False if its id is taken. Raises Conflict at MOST_PARTNERS."""
        if await self._redis.hlen(self._hash) >= MOST_PARTNERS:
            raise Conflict("there are as many partners as there can be", most=MOST_PARTNERS)
        return await self._put(partner.id, b"", partner.stored())

    async def change(self, partner: str, **fields: object) -> Partner:
        """Change some fields of a partner, whoever else changes others at the same time. Raises NotFound."""
        return await self.revise(partner, lambda _: fields)

    async def revise(self, partner: str, decide: Callable[[Partner], Mapping[str, object]]) -> Partner:
        """Change what `decide` says, which is asked again if somebody else changed the partner meanwhile. Raises NotFound."""
        while True:
            before = await self._raw(partner)
            known = Partner.model_validate_json(before)
            after = known.model_copy(update=dict(decide(known)))
            if await self._put(partner, before, after.stored()):
                return after

    async def disable(self, partner: str, reason: str) -> bool:
        """Send nothing more to a partner until a person enables it again; False if it was removed or is disabled already."""
        told = [False]

        def decide(known: Partner) -> Mapping[str, object]:
            told[0] = known.enabled
            return {"enabled": False, "disabled_reason": reason} if known.enabled else {}

        try:
            await self.revise(partner, decide)
        except NotFound:
            return False
        return told[0]

    async def remove(self, partner: str, now: datetime) -> None:
        """Remove a partner; what was sent to it is swept up afterwards. Raises NotFound."""
        while not await self._put(partner, await self._raw(partner), "", now.timestamp()):
            pass

    async def removed(self) -> list[str]:
        """The ids of partners whose deliveries are still to be swept up."""
        return [partner.decode() for partner in await self._redis.zrange(self._removed, 0, -1)]

    async def swept(self, *, removed_before: datetime) -> None:
        """Forget the partners that were removed before then."""
        await self._redis.zremrangebyscore(self._removed, "-inf", removed_before.timestamp())

    async def _raw(self, partner: str) -> bytes:
        stored: bytes | None = await self._redis.hget(self._hash, partner)
        if stored is None:
            raise NotFound("there is no such partner", partner=partner)
        return stored

    async def _put(self, partner: str, before: bytes, after: str, at: float = 0) -> bool:
        keys = [self._hash, self._revision_key, self._removed]
        done = await self._save(keys=keys, args=[partner, before, after, at])
        self._changed = time.monotonic()
        return bool(done)
