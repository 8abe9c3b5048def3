"""What is answered past the routing is what the route would have answered."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest
from fastapi import Request
from fastapi.responses import JSONResponse, Response
from redis.exceptions import ConnectionError as RedisAway
from starlette.exceptions import HTTPException

from shared.errors import Conflict, Overloaded
from shared.request_ids import Application, Message
from shared.shortcut import Shortcut
from shared.web import create_web, operator_check

FAULTS: dict[str, Exception | None] = {
    "none": None,
    "a refusal": Conflict("there is another one", id="x"),
    "too much": Overloaded("later", retry_after=7),
    "the store": RedisAway("gone"),
    "a status": HTTPException(418, "short and stout"),
    "a mistake of ours": RuntimeError("secret"),
}


async def asked(
    application: Application, *, method: str = "POST", query: bytes = b"", token: bytes = b"t"
) -> dict[str, Any]:
    """What an application says, as one value."""
    headers = [(b"authorization", b"Bearer " + token), (b"x-request-id", b"r1")]
    scope = {"type": "http", "method": method, "path": "/things", "query_string": query, "headers": headers}
    scope |= {"http_version": "1.1", "server": ("h", 1), "client": ("c", 2), "scheme": "http", "root_path": ""}
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b'{"n": 1}', "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    try:
        await application(scope, receive, send)
    except RuntimeError as error:  # a mistake is answered, and then told to the server
        messages.append({"raised": str(error)})
    start, body = messages[0], b"".join(message.get("body", b"") for message in messages)
    return {"status": start["status"], "headers": sorted(start["headers"]), "body": body, "rest": messages[2:]}


def house(fault: Exception | None) -> tuple[Application, Application, list[str]]:
    """The application with its shortcut and without it, and which way was taken."""
    ways: list[str] = []
    web, operator = create_web("A house", "1"), operator_check("t")

    async def answer(request: Request, way: str) -> Response:
        ways.append(way)
        await operator(request)
        if fault:
            raise fault
        return JSONResponse({"sent": json.loads(await request.body())}, 202, headers={"ETag": '"1"'})

    async def routed(request: Request) -> Response:
        return await answer(request, "route")

    web.add_api_route("/things", routed, methods=["POST"], response_model=None)
    short = Shortcut(web, web=web, method="POST", path="/things", answer=partial(answer, way="shortcut"))
    return short, web, ways


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_both_ways_say_the_same(fault: Exception | None) -> None:
    """Whatever happens: status, headers with the request's name, body, and what the server is told."""
    short, web, ways = house(fault)

    assert await asked(web) == await asked(short)
    assert ["route", "shortcut"] == ways


async def test_nobody_else_gets_in() -> None:
    """Without the operator's token the shortcut says 401, as the route does."""
    short, web, _ = house(None)

    assert 401 == (answer := await asked(short, token=b"?"))["status"]
    assert await asked(web, token=b"?") == answer


async def test_what_is_not_meant_is_routed() -> None:
    """Another method, or a query, goes the long way."""
    short, _, ways = house(None)

    assert 202 == (await asked(short, query=b"dry_run=true"))["status"]
    assert 405 == (await asked(short, method="GET"))["status"]
    assert ["route"] == ways
