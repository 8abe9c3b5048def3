"""Commands to Redis: packed faster, and to the same bytes as redis-py packs them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio.connection import Connection, SSLConnection, UnixDomainSocketConnection
from redis.exceptions import DataError

from shared.errors import Unfit
from shared.packing import _packing, connect

WORD = st.text(st.characters(codec="utf-8")) | st.binary() | st.integers() | st.floats()


@given(st.sampled_from(["EVALSHA", "XGROUP CREATE"]), st.lists(WORD))
def test_a_command_is_packed_as_redis_py_does_it(name: str, words: list[str | bytes | int | float]) -> None:
    """To the byte, whatever its words are."""
    plain = Connection()
    assert b"".join(plain.pack_command(name, *words)) == b"".join(_packing(Connection)().pack_command(name, *words))


@pytest.mark.parametrize("word", [True, None, ["a list"]])
def test_what_is_no_word_is_refused(word: Any) -> None:
    """As redis-py does."""
    with pytest.raises(DataError):
        _packing(Connection)().pack_command("SET", "key", word)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("redis://localhost", Connection),
        ("rediss://localhost", SSLConnection),
        ("unix:///tmp/redis.sock", UnixDomainSocketConnection),
    ],
)
def test_every_kind_of_connection_packs(url: str, kind: type[Connection]) -> None:
    """TCP, TLS and sockets."""
    chosen = connect(url).connection_pool.connection_class
    assert ("Packing", kind) == (chosen.__name__, chosen.__base__)


@pytest.mark.parametrize(
    "url",
    [
        "localhost", "http://localhost", "redis://:secret@localhost:port/0", "redis://:se/secret#@localhost:6379", "redis://localhost/news",
        "redis://localhost?socket_timeout=secret", "redis://localhost?secret=1",
    ],
)  # fmt: skip
def test_what_is_no_address_is_told_without_it(url: str) -> None:
    """It may hold a password."""
    with pytest.raises(Unfit, match="SYNDICATE_REDIS_URL") as told:
        connect(url)

    assert "secret" not in str(told.value)
    assert told.value.__suppress_context__ or told.value.__context__ is None
