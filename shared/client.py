"""The command line's way to the server: its address, the operator's token, and problems as errors."""

from __future__ import annotations

import json as text
from http import HTTPStatus
from io import BytesIO
from types import TracebackType
from typing import Any, Self

import aiohttp

from shared.access import known_token, token_file
from shared.errors import SyndicateError
from shared.settings import Settings

TIMEOUT_SECONDS = 60


class ServerUnreachable(SyndicateError):
    """Nothing answers at the server's address."""

    code = "unreachable"
    title = "The server does not answer"


class ProblemReceived(SyndicateError):
    """The server answered with a problem (RFC 9457)."""

    def __init__(self, status: int, body: dict[str, Any], retry_after: float | None) -> None:
        super().__init__(str(body.get("detail") or body.get("title") or f"the server answered {status}"))
        self.status = status
        self.code = str(body.get("code", "unknown"))
        self.body = body
        self.retry_after = retry_after


class Client:
    """Speaks to one server; use as an async context manager.

    The address is SYNDICATE_URL, else that of a server on this machine; the token is SYNDICATE_TOKEN, else DATA/operator.token.
    """

    def __init__(self, settings: Settings) -> None:
        self.address = settings.server_url
        self._token = known_token(settings)
        self._place = "SYNDICATE_TOKEN" if settings.token else str(token_file(settings))
        self._session: aiohttp.ClientSession | None = None
        self.answered = False
        """Whether anything was heard of the server so far."""

    async def __aenter__(self) -> Self:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        # Many documents may take long, but each of them is answered as soon as it is taken.
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=TIMEOUT_SECONDS, sock_read=TIMEOUT_SECONDS)
        self._session = aiohttp.ClientSession(headers=headers, timeout=timeout, trust_env=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            await self._session.close()

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """The status and the JSON of the answer (None if it has none; a list of the lines if it is NDJSON).

        Raises ProblemReceived for a status of 400 and above, ServerUnreachable if there is no answer.
        """
        assert self._session, "use `async with Client(settings)`"  # noqa: S101 - a programmer's error
        payload = None if body is None else BytesIO(body)
        try:
            async with self._session.request(
                method, self.address + path, json=json, data=payload, headers=headers
            ) as got:
                answer = await _content(got)
                self.answered = True
                if got.status < 400:  # noqa: PLR2004 - RFC 9110, section 15
                    return got.status, answer
                if got.status == HTTPStatus.UNAUTHORIZED:
                    answer = (answer or {}) | {"detail": self._unauthorized()}
                raise ProblemReceived(got.status, answer or {}, _seconds(got.headers.get("Retry-After")))
        except (aiohttp.ClientError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            raise ServerUnreachable(f"{self.address} does not answer ({reason}); is `syndicate up` running?") from error

    def _unauthorized(self) -> str:
        """What to do where the token is not taken."""
        found = f"the token in {self._place} is another one" if self._token else f"there is none in {self._place}"
        return f"{self.address} wants the operator's token, and {found}; set SYNDICATE_TOKEN, or SYNDICATE_DATA to the server's"


async def _content(got: aiohttp.ClientResponse) -> Any:
    if "ndjson" in got.content_type:
        return [text.loads(line) for line in (await got.read()).splitlines()]
    return await got.json(content_type=None) if "json" in got.content_type else None


def _seconds(header: str | None) -> float | None:
    return float(header) if header and header.isdigit() else None
