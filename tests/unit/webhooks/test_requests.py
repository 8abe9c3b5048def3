"""What operators send is bounded and known, and a secret in it is never repeated."""

from __future__ import annotations

import json

import pytest
from fastapi import Request

from services.webhooks.requests import MAX_BODY_BYTES, NewPartner, PartnerChange, RequestRejected, body_of

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def request_with(body: bytes) -> Request:
    """A request as the server hands it on, in two pieces."""
    pieces = [body[: len(body) // 2], body[len(body) // 2 :]]

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


async def test_a_partner_is_read() -> None:
    """Name and URL are enough; the usual events are the default."""
    wanted = await body_of(NewPartner)(request_with(b'{"name": " Harbour news ", "url": "https://p.example/"}'))

    assert (wanted.name, len(wanted.events), wanted.secret) == ("Harbour news", 4, None)


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": " "},
        {"name": "a" * 101},
        {"name": "two\nlines"},
        {"name": 7},
        {"url": "https://p.example/" + "a" * 2_000},
        {"events": []},
        {"events": ["document.lost"]},
        {"events": ["document.published"] * 11},
        {"secret": "whsec_" + "A" * 200},
        {"extra": 1},
        {"enabled": False},
    ],
)
async def test_what_does_not_fit_is_refused_with_its_place(change: dict[str, object]) -> None:
    """Unknown fields, wrong types and lengths name the field, and the secret stays unsaid."""
    body = {"name": "A", "url": "https://p.example/", "secret": SECRET} | change

    with pytest.raises(RequestRejected) as caught:
        await body_of(NewPartner)(request_with(json.dumps(body).encode()))

    assert next(iter(change)) in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe", b'{"name": "A"', b"null"])
async def test_what_is_no_object_is_refused(body: bytes) -> None:
    """Broken JSON is a problem, not a fault."""
    with pytest.raises(RequestRejected):
        await body_of(PartnerChange)(request_with(body))


async def test_a_body_without_end_is_refused_early() -> None:
    """What is too long is not read to its end."""
    with pytest.raises(RequestRejected, match="more than"):
        await body_of(NewPartner)(request_with(b" " * (MAX_BODY_BYTES + 2)))
