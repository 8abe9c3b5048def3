"""Pure. How alike two documents are: shared word 3-grams, and the buckets in which documents that share many of them meet.

A document is the set of its word 3-grams, of title and text, as 64-bit hashes. Two are near-duplicates if the Jaccard similarity of their
sets is at least 0.8. MinHash (Broder 1997): 128 hash functions each keep the least value over the set; two sets agree in each with the
probability of their similarity. Locality-sensitive hashing (Indyk & Motwani 1998): the 128 values are 32 bands of 4, and each band names a
bucket. Two documents of similarity s share a bucket with probability 1 − (1 − s⁴)³²: 0.0026 at 0.1, 0.23 at 0.3, 0.9999999 at 0.8.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Signature = NDArray[np.uint32]
Bucket = tuple[int, bytes]
"""A shard and a field of it."""

ALIKE: Final = 0.8
"""The least similarity of near-duplicates."""
PERMUTATIONS = 128
BANDS = 32
WORDS = 3
SHARDS = 1 << 14
"""Redis keeps a hash of up to 512 small fields in a seventh of the memory; so many shards hold 260,000 originals that way."""
PIECE = 4_096
"""Word 3-grams that are hashed at once; 128 × 4 bytes for each."""

PIECE_OCTETS = 65_536
"""Of a text that are hashed at once; 40 bytes for each. Pieces end between words."""
LONG = 100_000
"""Characters that take more than some milliseconds."""

CJK = re.compile("([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])")
"""Scripts without spaces: each character is a word."""
SIGNS = re.compile("[\u0080-\u00bf\u2000-\u206f\u3000-\u303f\ufe30-\ufe4f\uff01-\uff0f]+")
"""Punctuation beyond ASCII: curly quotes are no other words than straight ones."""


def _mixed(values: Any) -> Hashes:
    """Every bit of the result depends on every bit (Stafford's variant 13 of MurmurHash3's finaliser)."""
    mixed: Hashes = values ^ (values >> np.uint64(30))
    mixed *= np.uint64(0xBF58_476D_1CE4_E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D0_49BB_1331_11EB)
    return mixed ^ (mixed >> np.uint64(31))


def _chosen(*counts: int) -> list[Hashes]:
    """Odd numbers by chance, the same for ever and on every machine, as what they name stands in Redis (splitmix64)."""
    numbers = _mixed(np.arange(1, sum(counts) + 1, dtype=np.uint64) * np.uint64(0x9E37_79B9_7F4A_7C15))
    return np.split(numbers | np.uint64(1), np.cumsum(counts[:-1]))


LETTER = np.zeros(256, dtype=bool)
LETTER[[*range(48, 58), *range(97, 123), *range(128, 256)]] = True
_OCTETS, PLACES, GRAMS, ROWS, BAND, *_PERMUTING = _chosen(
    256, 64, WORDS, PERMUTATIONS // BANDS, BANDS, PERMUTATIONS, PERMUTATIONS
)
OCTETS = _OCTETS * LETTER
"""Nothing for what stands between words."""
FACTORS, TERMS = (numbers[:, None].astype(np.uint32) for numbers in _PERMUTING)


def shingles(title: str, text: str) -> Hashes:
    """The word 3-grams of a document, as hashes, in their order; none if it has no words. Fewer than three words are one."""
    words = _words(f"{title}\n{text}")
    if not len(words):
        return words
    if len(words) < WORDS:
        words = np.concatenate((words, np.zeros(WORDS - len(words), dtype=np.uint64)))
    return _mixed(np.convolve(words, GRAMS[::-1], "valid"))


def jaccard(these: Hashes, those: Hashes) -> float:
    """The similarity of two documents, by their shingles: 0 to 1, exact but for collisions of 64 bits."""
    one, other = np.unique(these), np.unique(those)
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared) if shared else 0.0


def signature(these: Hashes) -> Signature:
    """The least value of each of the 128 hash functions over the shingles; of two documents, the share that is equal estimates
    their similarity, with a standard error of at most 0.045.
    """
    least = np.full(PERMUTATIONS, 0xFFFF_FFFF, dtype=np.uint32)
    for start in range(0, len(these), PIECE):
        values = (these[start : start + PIECE] >> np.uint64(32)).astype(np.uint32)
        hashes = FACTORS * values
        hashes += TERMS  # in place: with a second array of 200 kB all of this took more than twice as long
        np.minimum(least, hashes.min(axis=1), out=least)
    return least


def buckets(these: Hashes) -> tuple[Bucket, ...]:
    """Where a document of these shingles meets those like it: a bucket for each band; none if it has no shingles."""
    if not len(these):
        return ()
    rows = signature(these).reshape(BANDS, -1).astype(np.uint64)
    hashes = _mixed(rows @ ROWS + BAND)
    fields = (hashes >> np.uint64(32)).astype(">u4").tobytes()
    shards = (hashes % np.uint64(SHARDS)).tolist()
    return tuple(zip(shards, (fields[place : place + 4] for place in range(0, len(fields), 4)), strict=True))


def exact_bucket(content_hash: str) -> Bucket:
    """Where a document meets those that say the very same."""
    octets = blake2b(content_hash.encode(), digest_size=12).digest()
    return int.from_bytes(octets[:4]) % SHARDS, octets[4:12]


def _words(text: str) -> Hashes:
    """A hash for each word: letters and digits in small letters."""
    octets = np.frombuffer(f" {_plain(text)} ".encode(errors="replace"), dtype=np.uint8)
    found, start = [], 0
    while start < len(octets):
        piece = octets[start : start + PIECE_OCTETS]
        if start + len(piece) < len(octets) and len(between := np.flatnonzero(~LETTER[piece])):
            piece = piece[: between[-1] + 1]
        found.append(_words_of_piece(piece))
        start += len(piece)
    return found[0] if len(found) == 1 else np.concatenate(found)


def _words_of_piece(octets: NDArray[np.uint8]) -> Hashes:
    """All octets at once: word by word takes three times as long."""
    letters = np.zeros(len(octets) + 2, dtype=bool)  # one before and one behind, so that every word has both its edges
    letters[1:-1] = LETTER.take(octets)
    edges = np.flatnonzero(letters[1:] != letters[:-1])
    if not len(edges):
        return np.zeros(0, dtype=np.uint64)
    first = edges[0]
    octets, starts = octets[first:], edges[::2] - first
    lengths = np.empty_like(starts)
    lengths[:-1], lengths[-1] = starts[1:] - starts[:-1], len(octets) - starts[-1]
    places = np.arange(len(octets)) - np.repeat(starts, lengths)
    return np.add.reduceat(OCTETS.take(octets) * PLACES.take(places & 63), starts)


def _plain(text: str) -> str:
    small = text.lower()
    return small if small.isascii() else SIGNS.sub(" ", CJK.sub(r" \1 ", small))
