"""Partners are stored, seen everywhere, changed without losing a change, and their secrets stay inside."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from services.webhooks.partners import Partners
from services.webhooks.signing import key_of
from shared.errors import NotFound
from tests.integration.webhooks.room import SECRET, Room


async def test_a_partner_is_kept_with_its_secret(room: Room) -> None:
    """What is stored is what is read."""
    partner = await room.partner("https://p.example/")
    found = await room.partners.get("harbour")

    assert found == partner
    assert room.keyring.signers(found.keys, "harbour", room.clock.now()) == [key_of(SECRET)]


async def test_a_secret_is_never_shown(room: Room) -> None:
    """Neither the view for people nor a repr or an error of it has the secret."""
    partner = await room.partner("https://p.example/")

    assert SECRET not in f"{partner!r} {partner} {partner.shown()} {partner.model_dump_json()}"


async def test_an_id_is_given_once(room: Room) -> None:
    """A second partner cannot take the place of the first."""
    first = await room.partner("https://p.example/")
    again = await room.partners.add(first.model_copy(update={"name": "other"}))

    assert (again, (await room.partners.get("harbour")).name) == (False, "harbour")


async def test_every_process_sees_a_change(room: Room) -> None:
    """A view in memory follows what another process does."""
    other = Partners(room.redis, room.key)
    before = dict(await other.current(at_most_seconds_old=0))
    await room.partner("https://p.example/")
    added = list(await other.current(at_most_seconds_old=0))
    await room.partners.remove("harbour", room.clock.now())

    assert (before, added, dict(await other.current(at_most_seconds_old=0))) == ({}, ["harbour"], {})


async def test_a_change_is_seen_though_a_look_was_under_way(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that began before this process's own change does not make the view fresh."""
    await room.partner("https://p.example/")
    await room.partners.current()
    ask, asked, held = room.redis.mget, asyncio.Event(), asyncio.Event()

    async def slow(names: Sequence[str]) -> list[bytes | None]:
        answer: list[bytes | None] = await ask(names)
        asked.set()
        await held.wait()
        return answer

    monkeypatch.setattr(room.redis, "mget", slow)
    looking = asyncio.create_task(room.partners.current(at_most_seconds_old=0))
    await asked.wait()
    await room.partners.change("harbour", name="New")
    held.set()
    await looking
    monkeypatch.undo()

    assert "New" == (await room.partners.current())["harbour"].name


async def test_changes_at_the_same_time_are_all_kept(room: Room) -> None:
    """Nobody overwrites what another one changed meanwhile."""
    await room.partner("https://p.example/")
    await asyncio.gather(
        room.partners.change("harbour", name="Harbour news"),
        room.partners.change("harbour", events=("document.retracted",)),
        room.partners.disable("harbour", "for a test"),
    )
    found = await room.partners.get("harbour")

    assert (found.name, found.events, found.enabled) == ("Harbour news", ("document.retracted",), False)


async def test_a_removed_partner_is_unknown(room: Room) -> None:
    """It cannot be read, changed or removed again; disabling it is no fault; it is to be swept for a while."""
    await room.partner("https://p.example/")
    await room.partners.remove("harbour", room.clock.now())
    await room.partners.disable("harbour", "too late")
    with pytest.raises(NotFound):
        await room.partners.change("harbour", name="x")
    with pytest.raises(NotFound):
        await room.partners.remove("harbour", room.clock.now())
    to_sweep = await room.partners.removed()
    room.clock.advance(601)
    await room.partners.swept(removed_before=room.clock.now())

    assert (to_sweep, await room.partners.removed()) == (["harbour"], [])
