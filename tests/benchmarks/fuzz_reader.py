"""Damage documents of every format at random and read them, for minutes on end: `python -m tests.benchmarks.fuzz_reader --minutes 5`.

A crash is anything but a document, an address or a refusal, or what takes longer than the bound; its body is written to a file.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from services.ingest.documents import Reading, read_all
from services.ingest.formats.found import Refusal
from services.ingest.identity import content_hash, document_id
from tests.unit.ingest.formats.samples import SAMPLES
from tests.unit.ingest.samples import SEEDS

BOUND_SECONDS = 5.0
"""For bodies of at most 100 KB."""
LARGEST = 100_000
MOST_DAMAGES = 20
WILD = 0.05
"""Of texts also get bytes that are no text; most of those are refused before anything reads them."""
WORDS = [
    b"\x00", b"\xff", b"\xed\xa0\x80", "\u202e".encode(), b"<", b">", b"&", b"&amp;", b"&#x202e;", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<!DOCTYPE x [", b"<!ENTITY a 'b'>",
    b"---\n", b"+++\n", b"{", b"}", b"[", b"]", b'"', b"\\", b"\\n", b"\\u0000", b"\n", b"\n\n", b"\r", b"\t", b" ", b": ", b"- ", b"|", b"`", b"**", b"![](", b"# ", b"1. ",
    b"References\n", b"Keywords: ", b"doi: 10.1000/1", b"2024 Jan 29", b"By ", b" et al. ", b"ER  - \n", b"TY  - ", b"PMID- 1\n", b"PK\x03\x04", b"%PDF-", b"\x1f\x8b", b"obj", b"stream\n", b"1e999",
    b"9" * 50, b"-1", "İıßŉ".encode(), "心臓。".encode(), b"a" * 300, b"<b>" * 20, b"</p>", b"<table><td>", b"xml:lang='x'", b"null", b"true",
]  # fmt: skip


def damaged(chance: random.Random, bodies: list[bytes]) -> bytes:
    """One of `bodies` with bytes changed, words put in, parts dropped, doubled and moved, or spliced with another."""
    body = bytearray(chance.choice(bodies))
    wild = not body.isascii() or chance.random() < WILD
    for _ in range(chance.randint(1, MOST_DAMAGES)):
        start = chance.randrange(len(body) + 1)
        end = min(len(body), start + int(chance.expovariate(1 / 30)))
        match chance.randrange(7):
            case 0:
                body[start:start] = chance.choice(WORDS)
            case 1:
                body[start:end] = b""
            case 2:
                body[start:end] = body[start:end] * chance.randint(2, 30)
            case 3 if wild:
                body[start:end] = chance.randbytes(end - start)
            case 4:
                other = chance.choice(bodies)
                at = chance.randrange(len(other))
                body[start:end] = other[at : at + chance.randint(1, 400)]
            case 5 if wild and start < len(body):
                body[start] ^= 1 << chance.randrange(8)
            case _:
                body[start:end] = chance.choice(WORDS) * chance.randint(1, 5)
    return bytes(body[:LARGEST])


def ended(body: bytes) -> str:
    """How it ended: `read`, or the code of the first refusal. Raises what a crash raises."""
    codes = []
    for item in read_all(body):
        if isinstance(item, Reading):
            assert item.draft.title
            assert item.draft.text
            document_id(item.draft)
            content_hash(item.draft)
            item.draft.model_dump_json().encode()
        codes.append(item.error.code if isinstance(item, Refusal) else "read")
    return codes[0] if codes else "nothing"


def fuzz(minutes: float, seed: int) -> int:
    """Run for `minutes`, print what was seen, give the number of crashes."""
    chance = random.Random(seed)
    bodies = [*SAMPLES.values(), *(path.read_bytes() for path in sorted(SEEDS.iterdir()))]
    seen: Counter[str] = Counter()
    slowest, crashes, until = 0.0, 0, time.monotonic() + 60 * minutes
    while time.monotonic() < until:
        body = damaged(chance, bodies)
        began = time.monotonic()
        try:
            seen[ended(body)] += 1
        except Exception:
            crashes += 1
            _keep(body, traceback.format_exc())
        took = time.monotonic() - began
        slowest = max(slowest, took)
        if took > BOUND_SECONDS:
            crashes += 1
            _keep(body, f"it took {took:.1f} s\n")
    print(f"{seen.total()} bodies, {crashes} crashes, slowest {slowest:.2f} s, seed {seed}")
    print(", ".join(f"{count} {code}" for code, count in seen.most_common()))
    return crashes


def _keep(body: bytes, why: str) -> None:
    with tempfile.NamedTemporaryFile(prefix="crash-", delete=False) as kept:
        kept.write(body)
    print(f"{Path(kept.name)}: {why}", file=sys.stderr)


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=5)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    sys.exit(bool(fuzz(given.minutes, given.seed)))
