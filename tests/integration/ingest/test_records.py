"""What was accepted goes into a backup and comes back under the same ids, versions and times, once."""

from __future__ import annotations

import json
from typing import Any

from services.ingest.changes import Known
from tests.integration.ingest.room import Room

ONE, TWO = b"---\nid: 1\nsubject: Medicine\n---\nIt beats.", b"---\nid: 2\n---\nIt breathes."


async def backup(room: Room, query: str = "?limit=1000") -> list[Any]:
    """All records."""
    answer = await room.ask("GET", f"/records{query}", lines="yes")
    assert answer.status == 200
    found: list[Any] = answer.body
    return found


async def restore(room: Room, records: list[Any]) -> list[Any]:
    """A line for each."""
    body = "\n".join(map(json.dumps, records)).encode()
    found: list[Any] = (await room.ask("POST", "/records", body, content_type="application/x-ndjson", lines="yes")).body
    return found


async def filled(room: Room) -> None:
    """A document in its second version with a pinned subject, and one that was retracted."""
    path = f"/documents/{(await room.post(ONE)).body['id']}"
    await room.ask("POST", f"{path}/subject", b'{"subject": "Nursing"}', content_type="application/json")
    room.clock.advance(100)
    gone = (await room.post(TWO)).body["id"]
    await room.ask("DELETE", f"/documents/{gone}", if_match="*")


async def test_everything_comes_back_as_it_was(room: Room) -> None:
    """Into an empty house: same ids, versions, times, pins, retractions; and the belt hears of each document once."""
    await filled(room)
    records = await backup(room)
    await room.host.redis.flushall()
    told = await restore(room, records)
    again = await restore(room, records)
    events = {event.document.id: (event.change, event.document.version) for event in await room.events()}

    assert sorted(line["change"] for line in told) == ["added", "retracted"]
    assert [line["change"] for line in again] == ["unchanged"] * 2
    assert sorted(events.values()) == [("added", 2), ("retracted", 2)]
    for before, after in zip(records, await backup(room), strict=True):
        assert Known.model_validate(before).document == Known.model_validate(after).document
        assert before["pin"] == after["pin"]


async def test_a_restored_document_is_known_again(room: Room) -> None:
    """Sending its source changes nothing, its pin holds, and what was retracted stays so."""
    await filled(room)
    records = await backup(room)
    await room.host.redis.flushall()
    await restore(room, records)
    one, two = await room.post(ONE), await room.post(TWO)

    assert (one.body["change"], two.status) == ("unchanged", 410)


async def test_what_is_newer_here_stays(room: Room) -> None:
    """An old backup undoes nothing."""
    await filled(room)
    records = await backup(room)
    await room.post(ONE + b" All day.")
    told = await restore(room, records)

    assert {line["change"] for line in told} == {"unchanged"}
    assert max(event.document.version for event in await room.events()) == 3


async def test_a_backup_is_read_page_by_page(room: Room) -> None:
    """From the last id that one has, until nothing comes."""
    for number in range(7):
        await room.post(f"---\nid: n{number}\n---\nText {number}.".encode())
    seen: list[str] = []
    while page := await backup(room, f"?limit=3&after={seen[-1] if seen else ''}"):
        seen += [record["document"]["id"] for record in page]

    assert len(seen) == len(set(seen)) == 7
    assert seen == sorted(seen)


async def test_what_no_backup_wrote_is_refused(room: Room) -> None:
    """Line by line; the others come back."""
    await filled(room)
    good, other = await backup(room)
    await room.host.redis.flushall()
    bad_id = other | {"document": other["document"] | {"id": "../../x"}}
    bad_text = other | {"document": other["document"] | {"title": "a\u0000b"}}
    told = await restore(room, [{}, bad_id, bad_text, good])

    assert [line["status"] for line in told] == [422, 422, 422, 202]
    assert (await room.ask("GET", "/records", token="wrong")).status == 401
    assert (await room.ask("POST", "/records", b"{}", token="wrong")).status == 401
