"""Search feeds on a real Redis: they follow every change, and each question has one address."""

from __future__ import annotations

import json

import pytest
from redis.asyncio import Redis

from tests.integration.feeds.conftest import Room, installed
from tests.unit.shared.syndication.samples import (
    LAW,
    MEDICINE,
    SITE,
    changed_event,
    related_event,
    retraction,
    taxonomy,
)

QUESTION = "/feeds/search.json?q=sea&not.subject=law"


async def titles(room: Room, path: str) -> list[str]:
    answer = await room.get(path)
    assert answer.status == 200, answer.body
    return [item["title"] for item in json.loads(answer.body)["items"]]


async def test_a_search_is_a_feed_that_follows_every_change(room: Room) -> None:
    """New articles enter, corrected ones come and go, retracted ones stay with their notice."""
    await room.put(
        related_event(1), related_event(2, subject=LAW), related_event(3, text="sand", title="Dunes", summary="Sand.")
    )
    first = await titles(room, QUESTION)
    await room.put(related_event(4), related_event(2, 2, subject=MEDICINE), related_event(1, 2, subject=LAW))
    second = await titles(room, QUESTION)
    await room.put(retraction(4), changed_event(2, 5, "Moon"))
    third = await titles(room, QUESTION)

    assert (first, second, third) == (["Tides 1"], ["Tides 4", "Tides 2"], ["Retracted: Tides 4", "Tides 2"])


async def test_a_search_is_the_same_after_a_restart(room: Room, redis_url: str) -> None:
    """Byte for byte, retracted articles included."""
    await room.put(*(related_event(number) for number in range(1, 6)), retraction(3))
    before = await room.get(QUESTION)
    async with Redis.from_url(redis_url) as client:
        after = await installed(client).get(QUESTION, if_none_match=before.headers["etag"])

    assert len(json.loads(before.body)["items"]) == 5
    assert after.status == 304


async def test_other_changes_do_not_touch_it(room: Room) -> None:
    """A document that does not answer the question changes no tag."""
    await room.put(related_event(1))
    tag = (await room.get(QUESTION)).headers["etag"]
    await room.put(related_event(2, subject=LAW), related_event(3, text="", title="Dunes", summary="Sand."))

    assert (await room.get(QUESTION, if_none_match=tag)).status == 304


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        ("/feeds/search.atom?q=SEA&q=moon", "/feeds/search.atom?q=moon+sea"),
        ("/feeds/search.rss?subject=Medicine", "/feeds/subjects/medicine.rss"),
        ("/feeds/search.rss?content=summary&subject=Medicine", "/feeds/subjects/medicine.rss?content=summary"),
        ("/feeds/search.rss", "/feeds/all.rss"),
        ("/feeds/search/before/7.rss?lang=EN&q=x", "/feeds/search/before/7.rss?q=x&lang=en"),
    ],
)
async def test_every_other_spelling_leads_to_the_one_address(room: Room, asked: str, location: str) -> None:
    """For good, so that all readers of a question share one feed."""
    answer = await room.get(asked)

    assert (answer.status, answer.headers["location"]) == (308, SITE.url + location)


async def test_a_misspelled_filter_is_refused(room: Room) -> None:
    """With the names that there are."""
    answer = await room.get("/feeds/search.rss?subjects=law")

    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert "subject" in json.loads(answer.body)["known"]


async def test_a_search_goes_on_to_its_first_article(redis_url: str) -> None:
    """By archives, each article once, while others come."""
    async with Redis.from_url(redis_url) as client:
        room = installed(client, feed_entries=3)
        await room.host.belt.open()
        await room.put(*(related_event(number, subject=LAW if number % 2 else MEDICINE) for number in range(1, 23)))
        met, path = [], QUESTION
        while path:
            body = json.loads((await room.get(path)).body)
            met += [item["title"] for item in body["items"]]
            path = body.get("next_url", "").removeprefix(SITE.url)
            await room.put(related_event(100 + len(met)))
        await room.host.belt.close()

    assert met == [f"Tides {number}" for number in range(22, 0, -2)]


async def test_a_renamed_subject_is_found_by_its_new_name(room: Room) -> None:
    """As soon as the taxonomy is known here."""
    await room.put(taxonomy(1, MEDICINE, LAW), related_event(1), related_event(2, subject=LAW))
    question = "/feeds/search.json?q=sea&subject=law,healing"
    assert await titles(room, question.replace("law,healing", "healing,law")) == ["Tides 2"]
    healing = MEDICINE.model_copy(update={"slug": "healing", "name": "Healing"})
    await room.put(taxonomy(2, healing, LAW, moved={"medicine": "healing"}))

    assert await titles(room, question.replace("law,healing", "healing,law")) == ["Tides 2", "Tides 1"]
