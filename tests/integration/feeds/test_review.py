"""What waits for a person's eye, and what a second subject does to feeds and pages."""

from __future__ import annotations

import json
from typing import Any

import feedparser
from lxml import html

from shared.events import Change, DocumentPublished
from tests.integration.feeds.conftest import Room
from tests.unit.shared.syndication.samples import LAW, MEDICINE, SCIENCE, related_event, retraction, taxonomy

SURE = MEDICINE.model_copy(update={"confidence": 1, "given": True})


async def review(room: Room, query: str = "") -> Any:
    answer = await room.get(f"/review{query}", authorization="Bearer token")
    assert answer.status == 200
    return json.loads(answer.body)


async def test_doubtful_documents_wait_and_are_published_all_the_same(room: Room) -> None:
    """Oldest first, with what else it could be, and why; what is sure is not there."""
    await room.put(
        taxonomy(1, MEDICINE, LAW),
        related_event(2, needs_review=True),
        related_event(1, needs_review=True, runners_up=(SCIENCE,), why=("moon",)),
        related_event(3),
    )
    found = await review(room)

    assert (2, None, ["doc1", "doc2"]) == (found["waiting"], found["next"], [each["id"] for each in found["documents"]])
    assert (["Science"], ["moon"], "https://news.example:8443/documents/doc1") == (
        [subject["name"] for subject in found["documents"][0]["runners_up"]],
        found["documents"][0]["why"],
        found["documents"][0]["link"],
    )
    assert 3 == len(json.loads((await room.get("/feeds/all.json")).body)["items"])


async def test_who_was_looked_at_waits_no_more(room: Room) -> None:
    """Neither does what was retracted."""
    await room.put(*(related_event(number, needs_review=True) for number in (1, 2, 3)))
    await room.put(related_event(1, 2, subject=SURE), retraction(2))

    assert ["doc3"] == [each["id"] for each in (await review(room))["documents"]]


async def test_the_list_is_read_page_by_page(room: Room) -> None:
    """Also where several came in the same millisecond; what is settled meanwhile is not missed by the others."""
    same = related_event(1).occurred_at
    await room.put(*(related_event(number, needs_review=True, occurred_at=same) for number in range(7)))
    first = await review(room, "?limit=3")
    await room.put(related_event(2, 2, subject=SURE))
    rest = await review(room, f"?{first['next'].partition('?')[2]}")
    last = await review(room, f"?{rest['next'].partition('?')[2]}")
    seen = [each["id"] for page in (first, rest, last) for each in page["documents"]]

    assert [f"doc{number}" for number in range(7)] == seen
    assert last["next"] is None


async def test_the_list_is_the_operators(room: Room) -> None:
    """Others are not told what the machine was not sure of; a cursor that is none is refused."""
    assert 401 == (await room.get("/review")).status
    assert 422 == (await room.get("/review?after=x", authorization="Bearer token")).status


async def test_a_second_subject_shows_everywhere(room: Room) -> None:
    """Both shelves, both categories, both names on the page, and discreetly why."""
    await room.put(related_event(1, second=LAW, why=("tumor", "<b>ray")))
    page = html.fromstring((await room.get("/documents/doc1", accept="text/html")).body)
    entries = [
        feedparser.parse((await room.get(f"/feeds/subjects/{slug}.{form}")).body).entries[0]
        for slug in ("medicine", "law")
        for form in ("rss", "atom")
    ]
    item = json.loads((await room.get("/feeds/subjects/law.json")).body)["items"][0]
    document = json.loads((await room.get("/documents/doc1")).body)

    names = ["Medicine", "Law & Order", "sea", "moon"]
    assert [names] * 4 == [[tag.term for tag in entry.tags] for entry in entries]
    assert names == item["tags"]
    assert ("law", ["tumor", "<b>ray"], False) == (
        document["second"]["slug"],
        document["why"],
        document["needs_review"],
    )
    assert ["Medicine", "Law & Order"] == page.xpath('//p[@class="subject"]/a/text()')
    assert "Words that speak for Medicine: tumor, <b>ray" in "".join(map(str, page.itertext()))


async def test_a_document_leaves_the_shelf_of_a_second_subject_that_it_has_no_more(room: Room) -> None:
    """And a first one that becomes the second stays where it is."""
    await room.put(related_event(1, second=LAW), related_event(1, 2, subject=LAW, second=MEDICINE))
    both = [
        len(json.loads((await room.get(f"/feeds/subjects/{slug}.json")).body)["items"]) for slug in ("medicine", "law")
    ]
    await room.put(related_event(1, 3, subject=SCIENCE))
    slugs = ("medicine", "law", "science")
    after = [len(json.loads((await room.get(f"/feeds/subjects/{slug}.json")).body)["items"]) for slug in slugs]

    assert ([1, 1], [0, 0, 1]) == (both, after)


async def test_a_correction_of_the_subject_alone_is_told_as_that(room: Room) -> None:
    """Not so a first publication, new words, or what comes back after a retraction."""
    await room.put(
        related_event(1),
        related_event(1, 2, change=Change.UPDATED, subject=LAW),
        related_event(1, 3, change=Change.UPDATED, content_hash="other"),
        retraction(1, 4),
        related_event(1, 5, change=Change.UPDATED, content_hash="other"),
    )

    assert [False, True, False, False, False] == [
        event.reclassified for event in await room.published() if isinstance(event, DocumentPublished)
    ]
