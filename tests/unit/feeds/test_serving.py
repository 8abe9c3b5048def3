"""What a request says of the answer that it can take."""

from __future__ import annotations

import time

import pytest

from services.feeds.negotiation import wanted_format
from services.feeds.serving import takes_gzip


@pytest.mark.parametrize(
    ("said", "so"),
    [
        (b"", False),
        (b"gzip", True),
        (b"deflate, GZIP;q=0.5", True),
        (b"x-gzip", True),
        (b"*", True),
        (b"*;q=0, br", False),
        (b"gzip ; Q = 0.000, *", False),
        (b"gzip;q=.5", True),
        (b"identity", False),
        (b"gzip;q=1.2.3", False),
        (b"gzip;level=9;", False),
        (b"a gzip", False),
    ],
)
def test_gzip_is_for_whom_it_is_welcome(said: bytes, *, so: bool) -> None:
    """By name or by *; what cannot be read counts for nothing (RFC 9110, section 12.5.3)."""
    assert takes_gzip(said) is so


@pytest.mark.parametrize("piece", ["a", " ", "a/", "a;", "a/b;", "q=", "1", ",", "\t;"])
def test_a_long_header_takes_no_longer_than_its_length(piece: str) -> None:
    """Whoever sends one holds up nobody: 20 kB took up to 10 s of processor time."""
    said = piece * 20_000 + ";x"
    before = time.process_time()
    takes_gzip(said.encode())
    wanted_format(said)

    assert time.process_time() - before < 2
