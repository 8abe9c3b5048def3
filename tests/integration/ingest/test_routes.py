"""The door for documents answers as HTTP wants it."""

from __future__ import annotations

import pytest
from fastapi import Request

from services.ingest.reception import Hands, HandsFull
from shared.events import Change
from tests.integration.ingest.room import GOES_AWAY, Room
from tests.unit.ingest.samples import SEEDS, seed

TEXT = b"---\nid: 7\ntitle: The heart\n---\nIt beats."
CORRECTED = b"---\nid: 7\ntitle: The heart\n---\nIt beats all day."


async def sent(room: Room) -> str:
    """Send the text, and give its address."""
    return f"/documents/{(await room.post(TEXT)).body['id']}"


async def test_a_document_is_accepted(room: Room) -> None:
    """202 with its address and version, and one event that has it all."""
    answer = await room.post(TEXT, "text/markdown", x_request_id="order-66")
    events = await room.events()
    page = f"https://news.example/documents/{answer.body['id']}"

    assert answer.status == 202
    told = {"id": answer.body["id"], "version": 1, "change": "added", "duplicate_of": None, "links": {"self": page}}
    assert answer.body == told
    assert (answer.headers["location"], answer.headers["etag"]) == (page, '"1"')
    assert (answer.headers["x-request-id"], events[0].correlation_id) == ("order-66", "order-66")
    assert [(event.change, event.document.title) for event in events] == [(Change.ADDED, "The heart")]
    assert events[0].occurred_at == events[0].document.received_at == room.clock.time


async def test_an_unsafe_correlation_id_is_replaced(room: Room) -> None:
    """What would break a log line or never end gets a new name."""
    names = [(await room.post(TEXT, x_request_id=name)).headers["x-request-id"] for name in ("a b", "x" * 65, "")]

    assert len(set(names)) == 3
    assert all(len(name) == 36 for name in names)


async def test_every_seed_is_accepted_once(room: Room) -> None:
    """Sent twice, by whatever media type, they are five documents and five events."""
    bodies = [path.read_bytes() for path in sorted(SEEDS.iterdir())]
    first = [await room.post(body, "text/plain") for body in bodies]
    second = [await room.post(body, "application/octet-stream") for body in bodies]

    assert [answer.status for answer in first + second] == [202] * 5 + [200] * 5
    assert [answer.body["change"] for answer in second] == ["unchanged"] * 5
    assert len({event.document_id for event in await room.events()}) == len(await room.events()) == 5


async def test_a_correction_is_a_new_version(room: Room) -> None:
    """By POST with the same id, or by PUT; the same again is nothing."""
    path = await sent(room)
    put = await room.ask("PUT", path, CORRECTED, if_match="*")
    again = await room.ask("PUT", path, CORRECTED, if_match="*")
    back = await room.post(TEXT)

    assert [(answer.status, answer.body["version"]) for answer in (put, again, back)] == [(202, 2), (200, 2), (202, 3)]
    assert [event.change for event in await room.events()] == [Change.ADDED, Change.UPDATED, Change.UPDATED]


async def test_the_path_says_which_document_is_put(room: Room) -> None:
    """Whatever id stands in the text."""
    path = await sent(room)
    answer = await room.ask("PUT", path, b"---\nid: 99\n---\nQuite another text.", if_match="*")

    assert (answer.status, f"/documents/{answer.body['id']}", answer.body["version"]) == (202, path, 2)


async def test_a_put_in_the_dark_is_refused(room: Room) -> None:
    """If-Match holds the version that the sender knows; an unknown document cannot be put."""
    path = await sent(room)
    wrong = await room.ask("PUT", path, CORRECTED, if_match='"2"')
    right = await room.ask("PUT", path, CORRECTED, if_match='W/"9", "1"')
    delete = await room.ask("DELETE", path, if_match='"1"')
    unknown = await room.ask("PUT", "/documents/unknown", CORRECTED, if_match="*")

    assert [answer.status for answer in (wrong, right, delete, unknown)] == [412, 202, 412, 404]
    assert (wrong.body["code"], wrong.body["version"]) == ("version-mismatch", 1)


async def test_a_retraction_stays_until_it_is_taken_back(room: Room) -> None:
    """202, then 410 for whoever deletes, reads or sends it again; PUT brings it back."""
    path = await sent(room)
    delete = await room.ask("DELETE", path, if_match="*")
    refused = [await room.ask("DELETE", path, if_match="*"), await room.ask("GET", path), await room.post(TEXT)]
    put = await room.ask("PUT", path, TEXT, if_match="*")
    unknown = await room.ask("DELETE", "/documents/unknown", if_match="*")

    assert (delete.status, delete.body["change"], delete.body["version"]) == (202, "retracted", 2)
    assert [(answer.status, answer.body["code"]) for answer in refused] == [(410, "gone")] * 3
    assert (put.status, put.body["change"], put.body["version"], unknown.status) == (202, "added", 3, 404)
    retraction = (await room.events())[1]
    assert (retraction.change, retraction.document.title, retraction.document.text) == (
        Change.RETRACTED,
        "The heart",
        "",
    )


async def test_what_was_accepted_is_shown(room: Room) -> None:
    """As JSON with its state, until the feeds know it; what nobody sent is 404."""
    path = await sent(room)
    answer = await room.ask("GET", path, token="none")
    unknown = await room.ask("GET", "/documents/unknown")

    assert (answer.status, answer.body["state"], answer.body["title"], answer.body["text"]) == (
        200,
        "accepted",
        "The heart",
        "It beats.",
    )
    assert (answer.headers["etag"], unknown.status) == ('"1"', 404)


async def test_a_dry_run_shows_and_stores_nothing(room: Room) -> None:
    """What was read, and what would become of it."""
    before = await room.ask("POST", "/documents?dry_run=true", TEXT)
    await room.post(TEXT)
    after = await room.ask("POST", "/documents?dry_run=true", TEXT)

    assert (before.status, before.body["change"], after.body["change"]) == (200, "added", "unchanged")
    assert before.body["document"]["title"] == "The heart"
    assert before.body["id"] == after.body["id"]
    assert len(await room.events()) == 1


@pytest.mark.parametrize(
    ("body", "media_type", "status", "code"),
    [
        (b"", "text/plain", 422, "empty"),
        (b"x" * 10_000_000, "text/plain", 413, "too-large"),
        (b"caf\xe9", "text/plain", 422, "not-utf8"),
        (b"---\na: [\n---\n", "text/markdown", 422, "bad-front-matter"),
        (b"---\na: &a [x]\nb: [*a, *a]\n---\nx", "text/markdown", 422, "bad-front-matter"),
        (b"\x89PNG", "image/png", 415, "unknown-media-type"),
        (b"{", "application/json", 422, "bad-json"),
    ],
)
async def test_bad_input_is_a_problem_and_nothing_else(
    room: Room, body: bytes, media_type: str, status: int, code: str
) -> None:
    """Typed, with its correlation id, and nothing is stored; the rest goes on."""
    answer = await room.post(body, media_type, x_request_id="bad-one")
    fine = await room.post(seed("002"))

    assert (answer.status, answer.body["code"], answer.body["correlation_id"]) == (status, code, "bad-one")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (fine.status, len(await room.events())) == (202, 1)


async def test_a_body_without_end_is_not_held(room: Room) -> None:
    """Beyond the limit it is read on for a while, so that the sender hears why, and then no more."""
    endless = (b"x" * 1_000_000 for _ in range(10_000))
    answer = await room.ask("POST", "/documents", endless, content_type="text/plain")

    assert (answer.status, answer.body["code"]) == (413, "too-large")
    assert room.pieces_read == 33


async def test_a_body_that_says_it_is_huge_is_not_read(room: Room) -> None:
    """Its length is answer enough."""
    answer = await room.ask("POST", "/documents", (b"x" for _ in range(9)), content_length="32000001")

    assert (answer.status, room.pieces_read) == (413, 0)


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/documents"), ("PUT", "/documents/x"), ("DELETE", "/documents/x")]
)
async def test_writing_needs_the_token(room: Room, method: str, path: str) -> None:
    """Before anything else is looked at."""
    answer = await room.ask(method, path, TEXT, token="wrong")

    assert (answer.status, room.pieces_read, await room.events()) == (401, 0, [])


async def test_a_sender_that_goes_away_leaves_nothing(room: Room) -> None:
    """Half a document is none."""
    answer = await room.ask("POST", "/documents", [b"It beats and", GOES_AWAY], content_type="text/plain")

    assert (answer.status, answer.body["code"], await room.events()) == (400, "abandoned", [])


async def test_a_belt_that_is_too_far_behind_takes_no_more(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 and when to come again."""

    async def overloaded() -> bool:
        return True

    monkeypatch.setattr(room.host.belt, "overloaded", overloaded)
    answers = [
        await room.post(TEXT),
        await room.ask("PUT", "/documents/x", TEXT),
        await room.ask("DELETE", "/documents/x"),
    ]

    assert [(answer.status, answer.headers["retry-after"]) for answer in answers] == [(503, "5")] * 3
    assert await room.events() == []


async def test_a_script_in_a_page_never_reaches_the_belt(room: Room) -> None:
    """The event carries sanitised HTML only."""
    await room.post(b"<html><p onclick=x>Hi<script>alert(1)</script><a href='javascript:x'>there</a>", "text/html")

    assert [event.document.html for event in await room.events()] == ["<p>Hithere</p>"]


async def test_a_change_must_say_what_it_changes(room: Room) -> None:
    """Without If-Match 428; the tag of any form of the document says its version."""
    path = await sent(room)
    silent = [await room.ask("PUT", path, CORRECTED), await room.ask("DELETE", path)]
    fine = await room.ask("PUT", path, CORRECTED, if_match='"1-8f3a5c"')

    assert [(answer.status, answer.body["code"]) for answer in silent] == [(428, "precondition-required")] * 2
    assert fine.status == 202


async def test_every_answer_has_the_requests_id(room: Room) -> None:
    """Also a problem of the framework's; and 405 names all that is allowed."""
    unknown = await room.ask("GET", "/nowhere", x_request_id="a")
    wrong = await room.ask("PATCH", "/documents/x", x_request_id="b")

    assert [(answer.status, answer.headers["x-request-id"]) for answer in (unknown, wrong)] == [(404, "a"), (405, "b")]
    assert {unknown.headers["content-type"], wrong.headers["content-type"]} == {"application/problem+json"}
    assert wrong.headers["allow"] == "DELETE, GET, HEAD, PUT"


async def test_a_trial_run_explains(room: Room) -> None:
    """What was left out of the text, and why."""
    answer = await room.ask("POST", "/documents?dry_run=true&explain=true", seed("002"))

    assert {"reason", "excerpt"} <= set(answer.body["removed"][0])


async def test_too_much_at_once_is_told_to_wait() -> None:
    """What would not fit into memory is 429, and there is room again once the others are through."""
    hands = Hands(budget=10)
    scope = {"type": "http", "headers": [(b"content-length", b"6")], "method": "POST", "path": "/"}

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"123456", "more_body": False}

    async with hands.holding(Request(scope, receive), 100):
        with pytest.raises(HandsFull) as full:
            async with hands.holding(Request(scope, receive), 100):
                raise AssertionError
    async with hands.holding(Request(scope, receive), 100) as body:
        assert body == b"123456"

    assert (full.value.status, full.value.retry_after) == (429, 1)
