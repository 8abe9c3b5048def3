"""Pure. Who holds which document, and how what the shares found becomes what one index would have found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from zlib import crc32

SLACK = 2
"""Millionths by which two ways of summing the same closeness may differ."""

Close = tuple[str, int]
"""A document and its closeness in millionths."""


class Found(NamedTuple):
    """What was found for one document: its nearest, and those on whose lists it may come."""

    near: tuple[Close, ...] = ()
    entered: tuple[str, ...] = ()


def number(document_id: str) -> int:
    """A document by four bytes: two of a million share them seldom, and then one too many is looked at."""
    return crc32(document_id.encode())


def partition_of(document_id: str, partitions: int) -> int:
    """Which share a document belongs to: the same in every process and for ever."""
    return number(document_id) % partitions


def merged(parts: Sequence[Found], count: int) -> Found:
    """What all shares found, of the nearest as many as may be among the best `count` of the whole.

    A share leaves out only who is not among its own best, and who is not among the best of a part is not among those of
    the whole.
    """
    near = best([close for part in parts for close in part.near], count)
    return Found(tuple(near), tuple(name for part in parts for name in part.entered))


def best(found: Iterable[Close], count: int) -> list[Close]:
    """The `count` closest, ties by id, and behind them who may be as close as the last, but for the way of summing."""
    ranked = sorted(found, key=lambda close: (-close[1], close[0]))
    if len(ranked) <= count:
        return ranked
    least = ranked[count - 1][1] - 2 * SLACK
    return [close for close in ranked if close[1] >= least]
