"""The inbox keeps what is verified, once, and shows it safely."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from services.webhooks.receiver import MAX_BODY_BYTES, MOST_KEPT, Inbox
from services.webhooks.signing import Proof, headers

KEY = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
NOW = 1_700_000_000


def inbox(heard: list[dict[str, Any]] | None = None) -> Inbox:
    """An inbox whose clock stands still."""

    async def keys() -> list[Proof]:
        return [KEY]

    return Inbox(keys, heard=(heard if heard is not None else []).append, now=lambda: NOW)


def request(body: bytes = b"", **named: str) -> Request:
    """A request as a server hands it on."""

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    raw = [(name.encode(), value.encode()) for name, value in named.items()]
    return Request({"type": "http", "method": "POST", "headers": raw}, receive)


async def send(to: Inbox, message: str, body: bytes) -> Response:
    """Deliver a signed message."""
    return await to.take(request(body, **headers([KEY], message, NOW, body)))


async def test_a_repeat_is_counted_and_not_heard_again() -> None:
    """The webhook-id is the key."""
    heard: list[dict[str, Any]] = []
    box = inbox(heard)
    statuses = [(await send(box, message, b'{"type":"webhook.test"}')).status_code for message in ("a", "b", "a")]

    assert (statuses, [record["id"] for record in heard], box.repeats) == ([204, 204, 204], ["a", "b"], 1)


async def test_what_was_signed_is_shown_as_it_came() -> None:
    """The exact body and the three headers, so that anyone can verify again."""
    box = inbox()
    body = '{ "title": "Über\\u0041" }'.encode()
    await send(box, "a", body)
    shown = json.loads(bytes((await box.show(request())).body))

    assert {"headers": headers([KEY], "a", NOW, body), "body": body.decode()} == shown["deliveries"][0]["signed"]


async def test_what_proves_nothing_is_refused() -> None:
    """Unsigned, too large, and signed nonsense."""
    box = inbox()
    answers = [
        await box.take(request(b"{}")),
        await send(box, "a", b" " * (MAX_BODY_BYTES + 1)),
        await send(box, "b", b"{"),
        await send(box, "c", '{"type":"x"}'.encode("utf-16")),
    ]

    assert ([answer.status_code for answer in answers], box.refused) == ([401, 413, 422, 422], 4)


async def test_only_the_newest_are_kept() -> None:
    """The inbox does not grow without end."""
    box = inbox()
    for number in range(MOST_KEPT + 5):
        await send(box, f"m{number}", b"{}")
    shown = json.loads(bytes((await box.show(request())).body))

    assert (shown["received"], shown["deliveries"][0]["id"]) == (MOST_KEPT, f"m{MOST_KEPT + 4}")


async def test_the_page_shows_foreign_text_as_text() -> None:
    """A title with markup is no markup, and odd content breaks nothing."""
    box = inbox()
    await send(box, "a", b'{"type":"document.published","data":{"title":"<script>x</script>"}}')
    await send(box, "b", b"[1]")
    await send(box, "c", b'{"data":7}')
    page = bytes((await box.show(request(accept="text/html"))).body).decode()

    assert "&lt;script&gt;x&lt;/script&gt;" in page
    assert "<script>" not in page
