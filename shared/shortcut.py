"""The way past routing, for what is asked so often that routing would be a fifth of what it costs: one method of one address."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware

from shared.request_ids import Application, Receive, RequestIds, Scope, Send


class Shortcut:
    """An ASGI application around all others that has `answer` answer a request without a query itself.

    Errors become what `web` makes of them. Its own route for the address stays: for requests with a query, and for the description.
    """

    def __init__(
        self,
        app: Application,
        *,
        web: FastAPI,
        method: str,
        path: str,
        answer: Callable[[Request], Awaitable[Response]],
    ) -> None:
        async def answered(scope: Scope, receive: Receive, send: Send) -> None:
            response = await answer(Request(scope, receive, send))
            await response(scope, receive, send)

        handlers = dict(web.exception_handlers)
        unforeseen = handlers.pop(Exception)
        self._short = ServerErrorMiddleware(RequestIds(ExceptionMiddleware(answered, handlers)), handler=unforeseen)
        self._app = app
        self._web = web
        self._method = method
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        meant = scope["type"] == "http" and scope["path"] == self._path and scope["method"] == self._method
        if not meant or scope["query_string"]:
            await self._app(scope, receive, send)
            return
        scope["app"] = self._web
        await self._short(scope, receive, send)
