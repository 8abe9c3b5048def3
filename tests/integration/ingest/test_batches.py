"""Many documents in one request: a line for each, and a bad one sinks no other."""

from __future__ import annotations

import json
from typing import Any

from tests.integration.ingest.room import Room

LINES = b"""{"id": "a", "title": "One", "text": "The first of them."}
{"id": "b", "title": ["Two"], "text": "Its title is no text."}
{"id": "c", "text":
{"id": "d", "title": "Four", "text": "The fourth of them."}

{"id": "a", "title": "One", "text": "The first of them."}
"""


async def batch(room: Room, body: bytes, path: str = "/documents", media_type: str = "application/x-ndjson") -> Any:
    """The answer's lines."""
    answer = await room.ask("POST", path, body, content_type=media_type, lines="yes")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/x-ndjson")
    return answer.body


async def test_each_line_has_its_result(room: Room) -> None:
    """In the order of the lines, with the status that it would have had alone."""
    told = await batch(room, LINES)

    assert [(line["at"], line["status"]) for line in told] == [
        ("line 1", 202),
        ("line 2", 422),
        ("line 3", 422),
        ("line 4", 202),
        ("line 6", 200),
    ]
    assert [line.get("change") or line["code"] for line in told] == [
        "added",
        "bad-field",
        "bad-json",
        "added",
        "unchanged",
    ]
    assert [event.document.title for event in await room.events()] == ["One", "Four"]


async def test_one_line_is_answered_by_a_line(room: Room) -> None:
    """Who sends NDJSON reads NDJSON, however much it was; nothing is one empty line less."""
    told = await batch(room, b'{"text": "Only this."}')

    assert [line["status"] for line in told] == [202]
    assert [line["code"] for line in await batch(room, b" ")] == ["empty"]


async def test_a_feed_is_as_many_documents_as_it_has_entries(room: Room) -> None:
    """Also without a word on its type."""
    feed = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><link>https://a.example/</link><description>d</description>
      <item><title>One</title><link>https://a.example/1</link><description>The first of them is this.</description></item>
      <item><title>Two</title><link>https://a.example/2</link><description>The second of them is that.</description></item>
    </channel></rss>"""
    told = await batch(room, feed, media_type="application/octet-stream")

    assert [line["status"] for line in told] == [202, 202]
    assert {event.document.url for event in await room.events()} == {"https://a.example/1", "https://a.example/2"}


async def test_a_trial_run_of_many_stores_nothing(room: Room) -> None:
    """Each line shows what was read."""
    told = await batch(room, LINES, "/documents?dry_run=true")

    assert [line.get("document", {}).get("title") for line in told] == ["One", None, None, "Four", "One"]
    assert await room.events() == []


async def test_what_was_retracted_stays_so(room: Room) -> None:
    """Its line says 410, the next ones are taken."""
    identity = json.loads(json.dumps(await batch(room, LINES)))[0]["id"]
    await room.ask("DELETE", f"/documents/{identity}", if_match="*")

    assert [line["status"] for line in await batch(room, LINES)] == [410, 422, 422, 200, 410]


async def test_a_batch_may_be_larger_than_a_document_and_no_larger_than_a_batch(room: Room) -> None:
    """3 MB of lines are fine, 33 MB are not."""
    line = json.dumps({"text": "A line of words. " * 4_000}).encode() + b"\n"
    told = await batch(room, line * 50)
    too_large = await room.ask("POST", "/documents", line * 500, content_type="application/x-ndjson")

    assert [told[0]["status"], *{line["status"] for line in told[1:]}] == [202, 200]
    assert (too_large.status, too_large.body["limit"]) == (413, 32_000_000)
