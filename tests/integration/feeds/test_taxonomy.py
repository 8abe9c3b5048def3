"""When the operator's subjects change, their articles and their addresses follow."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from redis.asyncio import Redis

from shared.events import Subject, TaxonomyPublished
from tests.integration.feeds.conftest import Room, installed
from tests.unit.shared.syndication.samples import LAW, MEDICINE, REST, SCIENCE, at, related_event, retraction, taxonomy

HEALING = Subject(name="Healing & Care", slug="healing", confidence=1)


async def clear(room: Room) -> None:
    await room.host.loops["feeds.clearing"]()


async def feed(room: Room, slug: str) -> Any:
    answer = await room.get(f"/feeds/subjects/{slug}.json")
    assert answer.status == 200
    return json.loads(answer.body)


async def titles(room: Room, slug: str) -> list[str]:
    return [item["title"] for item in (await feed(room, slug))["items"]]


async def shelved(room: Room, slug: str) -> int:
    return int(await room.host.redis.zcard(room.host.key("feeds", "shelf", f"subjects/{slug}")))


async def test_a_renamed_subject_takes_its_articles_along(room: Room) -> None:
    """The old addresses lead to the new ones for good; every article, retracted ones too, shows the new name; nothing is sent again."""
    await room.put(
        taxonomy(1, MEDICINE, LAW),
        related_event(1),
        related_event(2, subject=LAW, second=MEDICINE),
        related_event(3),
        retraction(3),
    )
    await room.put(taxonomy(2, HEALING, LAW, moved={"medicine": "healing"}))
    before_clearing = json.loads((await room.get("/documents/doc1")).body)
    await clear(room)
    old = await room.get("/feeds/subjects/medicine.atom?limit=3")
    index = (await room.get("/feeds")).body.decode()

    assert (301, "https://news.example:8443/feeds/subjects/healing.atom?limit=3") == (
        old.status,
        old.headers["location"],
    )
    assert ["Retracted: Tides 3", "Tides 2", "Tides 1"] == await titles(room, "healing")
    assert "The News: Healing & Care" == (await feed(room, "healing"))["title"]
    assert "healing" == before_clearing["subject"]["slug"]
    assert before_clearing == json.loads((await room.get("/documents/doc1")).body)
    assert (0, 3) == (await shelved(room, "medicine"), await shelved(room, "healing"))
    assert "Healing &amp; Care" in index
    assert "Medicine" not in index
    assert 4 == len([event for event in await room.published() if not isinstance(event, TaxonomyPublished)])


async def test_the_searches_of_a_renamed_subject_lead_on(room: Room) -> None:
    """Also one that was served from memory a moment ago; what was excluded stays excluded."""
    await room.put(taxonomy(1, MEDICINE, LAW), related_event(1), related_event(2, subject=LAW))
    addresses = ("/feeds/search.json?q=tides&subject=medicine", "/feeds/search.json?q=tides&not.subject=medicine")
    before = [[(await room.get(address)).status for address in addresses] for _ in range(2)]
    await room.put(taxonomy(2, HEALING, LAW, moved={"medicine": "healing"}))
    await clear(room)
    moved = [[await room.get(address) for address in addresses] for _ in range(2)]
    found = [
        [item["title"] for item in json.loads((await room.get(address.replace("medicine", "healing"))).body)["items"]]
        for address in addresses
    ]

    assert [[200, 200]] * 2 == before
    assert [
        [(308, f"https://news.example:8443{address.replace('medicine', 'healing')}") for address in addresses]
    ] * 2 == [[(answer.status, answer.headers["location"]) for answer in answers] for answers in moved]
    assert [["Tides 1"], ["Tides 2"]] == found


async def test_a_removed_subject_leaves_its_articles_to_the_next_likely_one(room: Room) -> None:
    """Its address is gone; the articles stand under their runners-up or the fallback, and a person is asked to look."""
    await room.put(
        taxonomy(1, MEDICINE, SCIENCE), related_event(1, runners_up=(SCIENCE,), why=("tumor",)), related_event(2)
    )
    await room.put(taxonomy(2, SCIENCE, removed=("medicine",)))
    await clear(room)
    gone = await room.get("/feeds/subjects/medicine.rss")
    waiting = json.loads((await room.get("/review", authorization="Bearer token")).body)

    assert (410, "gone") == (gone.status, json.loads(gone.body)["code"])
    assert (["Tides 1"], ["Tides 2"]) == (await titles(room, "science"), await titles(room, "rest"))
    assert [("doc1", "science", []), ("doc2", "rest", [])] == [
        (each["id"], each["subject"]["slug"], each["why"]) for each in waiting["documents"]
    ]
    assert ["Rest", "Science"] == [subject["name"] for subject in waiting["subjects"]]


async def test_a_new_name_shows_at_once(room: Room) -> None:
    """Under the same address; nothing has to be moved."""
    await room.put(taxonomy(1, MEDICINE), related_event(1))
    before = await room.get("/feeds/subjects/medicine.atom")
    await room.put(taxonomy(2, HEALING.model_copy(update={"slug": "medicine"})))
    after = await room.get("/feeds/subjects/medicine.atom", if_none_match=before.headers["etag"])

    assert 200 == after.status
    assert b'term="Healing &amp; Care"' in after.body
    assert "Healing & Care" == json.loads((await room.get("/documents/doc1")).body)["subject"]["name"]


async def test_what_comes_late_finds_its_place(room: Room) -> None:
    """A document that was classified before the change and arrives behind it goes where the others went."""
    await room.put(taxonomy(1, MEDICINE), taxonomy(2, HEALING, moved={"medicine": "healing"}), related_event(1))

    assert ["Tides 1"] == await titles(room, "healing")
    assert 301 == (await room.get("/feeds/subjects/medicine.atom")).status


async def test_a_person_brings_a_removed_subject_back(room: Room) -> None:
    """By giving it to a document after the removal: its address answers again."""
    by_hand = MEDICINE.model_copy(update={"given": True, "confidence": 1})
    await room.put(taxonomy(1, MEDICINE), related_event(1), taxonomy(2, removed=("medicine",)))
    await clear(room)
    await room.put(related_event(1, 2, subject=by_hand, occurred_at=at(5000)))
    await clear(room)

    assert ["Tides 1"] == await titles(room, "medicine")
    assert 1 == await shelved(room, "medicine")


async def test_an_older_taxonomy_changes_nothing(room: Room) -> None:
    """Nor does one that comes twice; it is told once."""
    renamed = taxonomy(2, HEALING, moved={"medicine": "healing"})
    await room.put(taxonomy(1, MEDICINE), related_event(1), renamed)
    await room.put(taxonomy(1, MEDICINE), renamed.model_copy(update={"event_id": "again"}))
    await clear(room)

    assert ["Tides 1"] == await titles(room, "healing")
    assert [1, 2] == [event.version for event in await room.published() if isinstance(event, TaxonomyPublished)]


async def test_a_subject_without_articles_has_its_feed(room: Room) -> None:
    """One can subscribe before there is anything; the index names it when there is."""
    await room.put(taxonomy(1, LAW))

    assert [] == await titles(room, "law")
    assert [] == await titles(room, REST.slug)
    assert 404 == (await room.get("/feeds/subjects/medicine.json")).status


async def test_two_processes_clear_a_large_shelf_while_more_comes(room: Room, redis_url: str) -> None:
    """In pieces, each whole: at the end every article stands once, on the right shelf, in its old place."""
    many = [related_event(number, second=LAW if number % 2 else None) for number in range(350)]
    await room.put(taxonomy(1, MEDICINE, LAW), *many[:250])
    await room.put(taxonomy(2, HEALING, moved={"medicine": "healing", "law": "healing"}))
    async with Redis.from_url(redis_url) as client:
        second = installed(client)
        parts = [many[start : start + 10] for start in range(250, 350, 10)]
        await asyncio.gather(clear(room), clear(second), *(room.put(*part) for part in parts))
        await clear(room)
    healing, everything = [
        await room.host.redis.zrange(room.host.key("feeds", "shelf", path), 0, -1)
        for path in ("subjects/healing", "all")
    ]

    assert {event.document_id for event in many} == {row.decode() for row in healing}
    assert healing == everything
    assert (0, 0) == (await shelved(room, "medicine"), await shelved(room, "law"))
    assert 350 == await room.host.redis.zcard(room.host.key("feeds", "shelf", "all"))
