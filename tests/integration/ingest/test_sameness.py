"""What says nearly the same is linked with its original, what says the very same is one document; nobody is linked to a copy."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest
from redis.asyncio import Redis

from services.ingest.changes import State
from services.ingest.identity import document_id
from services.ingest.likeness import ALIKE, BANDS, jaccard, shingles
from services.ingest.registry import Registry
from services.ingest.revisiting import Revisiting
from shared.events import Change, Document
from tests.integration.ingest.room import Room, installed
from tests.unit.ingest.samples import NOW, draft

WORDS = [f"word{number}" for number in range(500)]


def words(seed: int = 1, *, others: int = 0, length: int = 200) -> str:
    """A text; `others` words at its end are not those of the others of its seed."""
    chosen = random.Random(seed).choices(WORDS, k=length)
    return " ".join([*chosen[: length - others], *(f"other{seed}x{others}x{place}" for place in range(others))])


def body(text: str, name: str | None = None) -> bytes:
    return json.dumps({"title": "The tides", "text": text} | ({"id": name} if name else {})).encode()


async def add(room: Room, text: str, name: str | None = None) -> dict[str, Any]:
    """What the door answers."""
    answer = await room.post(body(text, name), "application/json")
    assert answer.status in {200, 202}
    return {"status": answer.status, **answer.body}


async def put(room: Room, name: str, text: str) -> None:
    answer = await room.ask("PUT", f"/documents/{name}", body(text), content_type="application/json", if_match="*")
    assert answer.status == 202


async def retract(room: Room, name: str) -> None:
    assert (await room.ask("DELETE", f"/documents/{name}", if_match="*")).status == 202


async def newest(room: Room) -> dict[str, Document]:
    """The newest version of each document, as the belt was told."""
    return {event.document_id: event.document for event in await room.events()}


def registry(room: Room) -> Registry:
    """Another process's."""
    return Registry(room.host.redis, room.host.belt)


async def looked_again(room: Room) -> None:
    """Everything that was laid out to be looked at again has been."""
    other = registry(room)
    while await other.to_look_at(1):
        await Revisiting(room.host.belt, other, room.clock).turn()


async def test_a_near_duplicate_is_linked_with_its_original(room: Room) -> None:
    """In the answer, in the event, and in what is told of it; the original repeats nobody."""
    original = await add(room, words())
    copy = await add(room, words(others=5))
    told = await room.ask("GET", f"/documents/{copy['id']}", accept="application/json")

    assert (original["duplicate_of"], copy["duplicate_of"], copy["change"]) == (None, original["id"], "added")
    assert told.body["duplicate_of"] == original["id"]
    assert [None, original["id"]] == [event.document.duplicate_of for event in await room.events()]


async def test_what_is_less_alike_is_an_original(room: Room) -> None:
    """At 0.79; the similarity is counted, not estimated."""
    await add(room, words())
    near = [(await add(room, words(others=number)))["duplicate_of"] is not None for number in (20, 24)]
    exact = [jaccard(*(shingles("The tides", words(others=each)) for each in (0, number))) for number in (20, 24)]

    assert near == [similarity >= ALIKE for similarity in exact] == [True, False]


async def test_a_copy_of_a_copy_points_to_the_original_or_to_nobody(room: Room) -> None:
    """Whether it is near enough to the original alone decides: no chain leads from a text to another one."""
    original = await add(room, words())
    copy, second, far = [(await add(room, words(others=number))) for number in (12, 16, 26)]

    assert {copy["duplicate_of"], second["duplicate_of"]} == {original["id"]}
    assert far["duplicate_of"] is None


async def test_the_very_same_under_another_name_is_one_document(room: Room) -> None:
    """Whatever id it brings along: the answer is the document that is there, and nothing happens; a dry run says so."""
    first = await add(room, words(), "a")
    tried = await room.ask("POST", "/documents?dry_run=true", body(words(), "b"), content_type="application/json")
    second, third = await add(room, words(), "b"), await add(room, words())

    assert {first["id"]} == {tried.body["id"], second["id"], third["id"]}
    assert [(200, "unchanged")] * 2 == [(each["status"], each["change"]) for each in (second, third)]
    assert len(await room.events()) == 1


async def test_names_part_when_what_they_say_does(room: Room) -> None:
    """Under the second name comes another text: a document of its own. It comes to say the same again: it stays one, as a near-duplicate."""
    first = await add(room, words(), "a")
    await add(room, words(), "b")
    second = await add(room, words(2), "b")
    again = await add(room, words(), "b")

    assert second["id"] == again["id"] != first["id"]
    assert (second["duplicate_of"], again["duplicate_of"], again["version"]) == (None, first["id"], 2)


async def test_what_was_retracted_is_nobodys_twin(room: Room) -> None:
    """The same text under another name is added; under its own it stays gone."""
    first = await add(room, words(), "a")
    await retract(room, first["id"])
    second = await add(room, words(), "b")

    assert (second["change"], second["duplicate_of"]) == ("added", None)
    assert (await room.post(body(words(), "a"), "application/json")).status == 410


async def test_a_correction_may_make_it_an_original(room: Room) -> None:
    """And a near-duplicate again; an operator's subject changes nothing of it."""
    original, copy = await add(room, words()), await add(room, words(others=5))
    await put(room, copy["id"], words(2))
    own = (await newest(room))[copy["id"]]
    await put(room, copy["id"], words(others=6))
    subject = json.dumps({"subject": "Physics", "new": True}).encode()
    await room.ask("POST", f"/documents/{copy['id']}/subject", subject, content_type="application/json")
    back = (await newest(room))[copy["id"]]

    assert (own.duplicate_of, back.duplicate_of, back.version, back.subject) == (None, original["id"], 4, "Physics")


@pytest.mark.parametrize("loss", ["retracted", "corrected"])
async def test_the_oldest_takes_the_place_of_an_original_that_is_gone(room: Room, loss: str) -> None:
    """As a new version; the others point to it now, and what is not near enough to it is an original of its own."""
    original = await add(room, words())
    longer = f"{words()} {' '.join(f'more{place}' for place in range(30))}"
    first, near, far = [await add(room, text) for text in (words(others=13), words(others=15), longer)]
    assert {original["id"]} == {each["duplicate_of"] for each in (first, near, far)}
    await (retract(room, original["id"]) if loss == "retracted" else put(room, original["id"], words(2)))
    await looked_again(room)
    now = await newest(room)

    assert [None, first["id"], None] == [now[each["id"]].duplicate_of for each in (first, near, far)]
    assert {2} == {now[each["id"]].version for each in (first, near, far)}
    assert [Change.UPDATED] * 3 == [event.change for event in (await room.events())[-3:]]
    assert await room.host.redis.exists(room.host.key("ingest", "revisit")) == 0


async def test_of_many_at_once_one_is_the_original(room: Room) -> None:
    """Thirty near-duplicates by thirty processes: whoever is first, the others all repeat it."""
    drafts = [draft(title="The tides", text=words(others=number % 8), html=f"<p>{number}</p>") for number in range(30)]
    await asyncio.gather(
        *(
            registry(room).accept(each, document_id(each), NOW, correlation_id="c")
            for each in (one.model_copy(update={"given_id": str(number)}) for number, one in enumerate(drafts))
        )
    )
    now = await newest(room)
    originals = [name for name, document in now.items() if document.duplicate_of is None]

    assert (30, 1) == (len(now), len(originals))
    assert {originals[0], None} == {document.duplicate_of for document in now.values()}


async def test_of_the_very_same_at_once_one_is_taken(room: Room) -> None:
    """Thirty processes, thirty names, one text: one document, one event."""
    same = draft(title="The tides", text=words())
    decisions = await asyncio.gather(
        *(
            registry(room).accept(each, document_id(each), NOW, correlation_id="c")
            for each in (same.model_copy(update={"given_id": str(number)}) for number in range(30))
        )
    )

    assert len({decision.document.id for decision in decisions}) == len(await room.events()) == 1


async def test_two_that_look_again_change_it_once(room: Room) -> None:
    """Each document gets one new version."""
    original = await add(room, words())
    copies = [await add(room, words(others=number)) for number in range(2, 7)]
    await retract(room, original["id"])
    await asyncio.gather(*(looked_again(room) for _ in range(4)))
    now = await newest(room)

    assert {2} == {now[copy["id"]].version for copy in copies}
    assert len(await room.events()) == 12


async def test_a_backup_brings_the_links_back(room: Room) -> None:
    """With ids and versions; what comes after the restoring is compared with what was restored."""
    original, copy = await add(room, words()), await add(room, words(others=5))
    saved = [known async for known in registry(room).records(after="", limit=10, most_bytes=10**9)]
    await room.host.redis.flushall()
    for record in saved:
        await registry(room).restore(record, correlation_id="c")
    third = await add(room, words(others=7))
    await retract(room, original["id"])
    await looked_again(room)
    now = await newest(room)

    assert third["duplicate_of"] == original["id"]
    assert (now[copy["id"]].duplicate_of, now[third["id"]].duplicate_of) == (None, copy["id"])


async def test_a_backup_from_within_a_retraction_is_put_right(room: Room) -> None:
    """The original was retracted and its near-duplicate not yet looked at again: after restoring it is, in whatever order they come."""
    original, copy = await add(room, words()), await add(room, words(others=5))
    await retract(room, original["id"])
    saved = [known async for known in registry(room).records(after="", limit=10, most_bytes=10**9)]
    for records in (saved, saved[::-1]):
        await room.host.redis.flushall()
        for record in records:
            await registry(room).restore(record, correlation_id="c")
        await looked_again(room)

        assert (await newest(room))[copy["id"]].duplicate_of is None


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_happens_no_chain_forms_and_nothing_is_left_behind(room: Room, seed: int) -> None:
    """After 120 sendings, corrections and retractions at random, a crowd at a time: near-duplicates point to living originals that they
    are like, no two originals are alike, versions have no gap, and in the buckets stands who belongs there and nobody else.
    """
    chance = random.Random(seed)
    ids: list[str] = []

    async def anything() -> None:
        text = words(chance.randrange(4), others=chance.choice((0, 3, 8, 14, 21)))
        if not ids or chance.random() < 0.5:
            ids.append((await add(room, text, str(chance.randrange(10**9))))["id"])
        elif chance.random() < 0.6:
            name, document = chance.choice(ids), body(text)
            await room.ask("PUT", f"/documents/{name}", document, content_type="application/json", if_match="*")
        else:
            await room.ask("DELETE", f"/documents/{chance.choice(ids)}", if_match="*")

    for _ in range(15):
        await asyncio.gather(*(anything() for _ in range(8)), looked_again(room))
    await looked_again(room)
    await _everything_is_right(room)


async def _everything_is_right(room: Room) -> None:
    known = [each async for each in registry(room).records(after="", limit=1_000, most_bytes=10**9)]
    alive = {each.document.id: each.document for each in known if each.state == State.ACCEPTED}
    originals = {name: shingles(each.title, each.text) for name, each in alive.items() if each.duplicate_of is None}
    copies = [each for each in alive.values() if each.duplicate_of is not None]
    shards = [await room.host.redis.hvals(key) for key in await room.host.redis.keys("*ingest:alike:*")]
    entries = sum(len(value) // 10 for values in shards for value in values)
    versions = [(event.document_id, event.document.version) for event in await room.events()]

    assert all(jaccard(shingles(each.title, each.text), originals[each.duplicate_of or ""]) >= ALIKE for each in copies)
    assert [] == [
        (one, other)
        for one in originals
        for other in originals
        if one < other and jaccard(originals[one], originals[other]) >= ALIKE
    ]
    assert entries == len(originals) * (1 + BANDS) + len(copies)
    assert sorted(versions) == sorted({(each.document.id, n) for each in known for n in range(1, each.version + 1)})
    assert originals
    assert copies


async def test_the_buckets_of_an_old_redis(redis_server: Any) -> None:
    """Every version of Redis that is there."""
    async with Redis.from_url(redis_server.url) as client:
        room = installed(client)
        original = await add(room, words())

        assert (await add(room, words(others=5)))["duplicate_of"] == original["id"]
