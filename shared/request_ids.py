"""X-Request-ID: the name by which a request can be followed; the sender's own if it is short and safe, else a new one. On every answer."""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import Request

REQUEST_ID = "X-Request-ID"
SAFE_NAME = re.compile(r"[A-Za-z0-9._:-]{1,64}")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class RequestIds:
    """An ASGI application around another that names each request and says the name in the answer."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = scope["request_id"] = said(scope) or str(uuid.uuid4())

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", name.encode())]
            await send(message)

        await self._app(scope, receive, named)


def request_id(request: Request) -> str:
    """The name of this request."""
    return str(request.scope["request_id"])


def said(scope: Scope) -> str:
    """The name that the sender gave to its request; empty if it gave none, or one that is not short and safe."""
    said = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    text: str = said.decode("latin-1")
    return text if SAFE_NAME.fullmatch(text) else ""
