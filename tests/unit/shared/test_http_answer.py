"""An answer is read the same however it is cut into pieces, and never further than it may be."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http_answer import Answering, BadAnswer

WHOLE: dict[str, tuple[bytes, int, bytes, bool]] = {
    "length": (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, b"hello", True),
    "empty": (b"HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n", 200, b"", True),
    "none": (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nT: x\r\n\r\n", 200, b"hello", True),
    "continue": (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok", 201, b"ok", True),
    "close": (b"HTTP/1.1 500 Oh\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno", 500, b"no", False),
    "old": (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", False),
    "twice": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", 200, b"ok", True),
    "smuggled": (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, b"ok", False),
    "more": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n", 200, b"ok", False),
}  # fmt: skip
BAD = [
    b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    b"HTTP/2 200\r\n\r\n",
    b"HTTP/1.1 OK\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
    b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 10_000,
    b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000,
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 5_000,
]


def read(raw: bytes, cuts: list[int], *, most: int = 64_000) -> tuple[Answering, bool]:
    """The answer of pieces, and whether it ended by itself."""
    answer = Answering(kept=1_000, most=most)
    places = sorted({min(cut, len(raw)) for cut in cuts} | {0, len(raw)})
    ended = False
    for begin, end in pairwise(places):
        if ended:
            break
        ended = answer.feed(raw[begin:end])
    return answer, ended


@pytest.mark.parametrize("name", WHOLE)
@given(cuts=st.lists(st.integers(0, 200), max_size=20))
def test_an_answer_is_the_same_in_any_pieces(name: str, cuts: list[int]) -> None:
    """Status, body and end do not depend on what came when."""
    raw, status, body, _ = WHOLE[name]
    answer, ended = read(raw, cuts)

    assert (status, body, True) == (answer.status, answer.body, ended)


@pytest.mark.parametrize("name", WHOLE)
def test_a_connection_is_reused_only_where_its_end_is_sure(name: str) -> None:
    """Two lengths, bytes behind the end and a wish to close rule it out."""
    raw, _, _, reusable = WHOLE[name]

    assert reusable == read(raw, [])[0].reusable


@pytest.mark.parametrize("raw", BAD, ids=lambda raw: repr(raw[:40]))
def test_what_is_no_answer_is_refused(raw: bytes) -> None:
    """Other protocols, broken heads, lengths and chunks."""
    with pytest.raises(BadAnswer):
        read(raw, [])


@given(raw=st.binary(max_size=300))
def test_no_bytes_do_harm(raw: bytes) -> None:
    """Whatever comes is an answer, the beginning of one, or refused."""
    try:
        read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + raw, [])
        read(raw, [])
    except BadAnswer:
        return


def test_a_flood_is_cut() -> None:
    """Behind the cap nothing is read, and little is kept."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
    answer, ended = read(head + b"x" * 100_000, list(range(0, 100_000, 5_000)))

    assert (True, False, 1_000) == (ended, answer.reusable, len(answer.body))


@pytest.mark.parametrize(
    ("raw", "whole"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", False),
    ],
)
def test_the_end_of_the_connection_ends_what_has_no_length(raw: bytes, *, whole: bool) -> None:
    """What has one is cut short by it."""
    answer, ended = read(raw, [])

    assert (False, whole) == (ended, answer.close())
    with pytest.raises(BadAnswer):
        read(b"HTTP/1.1 200", [])[0].close()
