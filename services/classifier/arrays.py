"""Pure. Arrays as bytes that deflate well, one behind the other, and back."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

QUICKLY = 1


class Arrays:
    """Arrays that stand one behind the other in bytes."""

    def __init__(self, body: bytes, start: int) -> None:
        self._body = body
        self._at = start

    def take(self, kind: str, count: int) -> NDArray[Any]:
        """The next array."""
        found = np.frombuffer(self._body, kind, count, self._at)
        self._at += found.nbytes
        return found

    def together(self, kind: str, count: int) -> NDArray[Any]:
        """The next array, whose bytes stand `apart`."""
        width = np.dtype(kind).itemsize
        return np.ascontiguousarray(self.take("u1", width * count).reshape(width, -1).T).view(kind).ravel()


def deflated(parts: Iterable[bytes]) -> bytes:
    """Deflated by codes and runs alone: noise has no other repetitions; to look for them takes twice the time, and finds worse codes."""
    deflating = zlib.compressobj(QUICKLY, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
    return b"".join(deflating.compress(part) for part in parts) + deflating.flush()


def apart(array: NDArray[Any]) -> NDArray[Any]:
    """All first bytes, then all second ones, and so on: alike stands by alike, and deflates to two thirds."""
    return np.ascontiguousarray(array).ravel().view("u1").reshape(-1, array.itemsize).T
