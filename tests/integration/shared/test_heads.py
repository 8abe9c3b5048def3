"""A request's head has a limit; everything else that a client may send has none here."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from shared.heads import LONGEST_HEAD, LimitedHeads

BEGINNING = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
CHUNKED = BEGINNING + b"Transfer-Encoding: chunked\r\n\r\n"
PIECE = b"a" * 50_000


async def echo(_: Any, receive: Any, send: Any) -> None:
    """Answer with the length of the body."""
    length, more = 0, True
    while more:
        message = await receive()
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"8")]})
    await send({"type": "http.response.body", "body": f"{length:08}".encode()})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    door = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(echo, http=LimitedHeads, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve([door]))  # without signal handlers
    yield int(door.getsockname()[1])
    server.should_exit = True
    await asyncio.wait_for(serving, 20)


def answer(port: int, *pieces: bytes) -> tuple[bytes, int]:
    """What the server says to these pieces, and how many bytes of them it took."""
    said, taken = b"", 0
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        try:
            for piece in pieces:
                line.sendall(piece)
                taken += len(piece)
            while more := line.recv(4096):
                said += more
        except ConnectionError:  # cut off while there was more to send
            pass
    return said, taken


@pytest.mark.parametrize("beginning", [BEGINNING + b"X: ", b"POST /", CHUNKED + b"1\r\na\r\n0\r\nX: "])
async def test_what_does_not_end_is_cut_off(port: int, beginning: bytes) -> None:
    """A header, an address, a trailer behind the body: none is read on for ever."""
    said, taken = await asyncio.to_thread(answer, port, beginning, *(2_000 * [PIECE]))

    assert taken < 2_000 * len(PIECE)
    assert b"200 OK" not in said


async def test_who_is_cut_off_is_told_why(port: int) -> None:
    """431 (RFC 6585, section 5), where it can still be read."""
    said, _ = await asyncio.to_thread(answer, port, BEGINNING, *(10 * [b"X: " + LONGEST_HEAD * b"a" + b"\r\n"]))

    assert said == b"" or said.startswith(b"HTTP/1.1 431 ")


async def test_a_body_of_any_length_in_any_pieces_is_read(port: int) -> None:
    """Also one of a hundred thousand chunks, and one that comes with the next request behind it."""
    chunked, _ = await asyncio.to_thread(answer, port, CHUNKED, 100_000 * b"1\r\na\r\n", b"0\r\n\r\n")
    long = b"Content-Length: 1000000\r\n\r\n" + 20 * PIECE
    first = b"POST / HTTP/1.1\r\nHost: x\r\n" + long
    twice, _ = await asyncio.to_thread(answer, port, first + BEGINNING + long)

    assert chunked.endswith(b"00100000")
    assert twice.count(b"01000000") == 2
