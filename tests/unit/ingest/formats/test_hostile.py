"""What is sent to do harm ends in bounded time and memory: as a typed error, or as clean text."""

from __future__ import annotations

import gzip
import struct
import sys
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.documents import Reading, read, read_all
from services.ingest.formats.found import Refusal
from services.ingest.formats.json_text import records
from shared.errors import DocumentRejected
from tests.unit.ingest.formats.samples import RSS, SAMPLES, docx

BOUND_SECONDS = 20
MEGABYTE = 1_000_000

LAUGHS = (
    '<!DOCTYPE rss [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)
BOMBS = {
    "a billion laughs": (LAUGHS + "<rss><channel><item><title>&i;</title></item></channel></rss>", "bad-xml"),
    "a quadratic blowup": (
        '<!DOCTYPE rss [<!ENTITY a "' + "x" * 50_000 + '">]><rss>' + "&a;" * 50_000 + "</rss>",
        "unknown-media-type",
    ),
    "a file of ours": (
        '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&x;</title></item></channel></rss>',
        "bad-xml",
    ),
    "an external DTD": (
        '<!DOCTYPE rss SYSTEM "http://127.0.0.1:1/x.dtd"><rss><channel><item><description>Text</description></item></channel></rss>',
        None,
    ),
    "an entity of parameters": ('<!DOCTYPE rss [<!ENTITY % x SYSTEM "http://127.0.0.1:1/">%x;]><rss/>', "bad-xml"),
    "deep XML": ("<rss>" + "<a>" * 100_000, "too-deep"),
    "deeper than allowed": ("<rss>" + "<a>" * 150 + "</a>" * 150 + "</rss>", "too-deep"),
    "a tag of many attributes": ("<rss " + " ".join(f'a{n}="1"' for n in range(100_000)) + "/>", "bad-xml"),
    "a YAML alias bomb": ("---\na: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n---\nText.", "bad-front-matter"),
    "deep YAML": ("---\na: " + "[" * 10_000 + "\n---\nText.", "too-deep"),
    "deep TOML": ("+++\na = " + "[" * 10_000 + "\n+++\nText.", "too-deep"),
    "a long key of TOML": ("+++\n" + "a." * 10_000 + "b = 1\n+++\nText.", "too-deep"),
    "much TOML": ("+++\n" + "a = 1\n" * 30_000 + "+++\nText.", "bad-front-matter"),
    "deep JSON": ('{"a":' * 100_000, "too-deep"),
    "deep front matter of JSON": ('{"a":' * 30 + "1" + "}" * 30 + "\nText.", "too-deep"),
    "RIS without an end": ("TY  - JOUR\n" * 5_000, None),
    "a line of a megabyte": ("x" * MEGABYTE, None),
    "a paragraph of hearts": ("heart " * 300_000, None),
    "many lines": ("The heart beats.\n" * 100_000, None),
    "much of a reference": ("Words.\n" * 100 + "References\n" + "1. A. 2020;1(2):3.\n" * 80_000, None),
    "hyphens": ("a-" * 900_000, None),
    "half a date": ("2024 Jan " * 200_000, None),
    "half a byline": ("By " + "A " * 900_000, None),
    "half a DOI": ("doi: 10.1000/" + "(" * MEGABYTE, None),
    "pictures": ("![" * 500_000, None),
    "a comment that never ends": ("<!--" + "-" * MEGABYTE, None),
    "a document type that never ends": ("<!DOCTYPE " + "[" * MEGABYTE, None),
}


def ending(body: bytes) -> list[str]:
    """How each part of it ends: a refusal's code, or `read`. Fails if that takes too long."""
    began = time.monotonic()
    codes = [item.error.code if isinstance(item, Refusal) else "read" for item in read_all(body)]
    assert time.monotonic() - began < BOUND_SECONDS
    return codes


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_does_not_go_off(name: str) -> None:
    """Refused by name, or harmless."""
    text, code = BOMBS[name]
    codes = ending(text.encode())

    assert code is None or code in codes


def bomb(name: str = "word/media/zeros.bin", size: int = 200 * MEGABYTE) -> bytes:
    """A DOCX of a few kilobytes that inflates to `size`."""
    held = BytesIO(docx())
    with ZipFile(held, "a", ZIP_DEFLATED) as archive, archive.open(name, "w", force_zip64=True) as part:
        for _ in range(size // MEGABYTE):
            part.write(bytes(MEGABYTE))
    return held.getvalue()


def lying(body: bytes, name: bytes) -> bytes:
    """`body` with a central directory that calls one part small."""
    at = body.rindex(name) - 46
    assert b"PK\x01\x02" == body[at : at + 4]
    return body[: at + 24] + struct.pack("<I", 100) + body[at + 28 :]


def test_a_zip_bomb_is_refused_before_it_is_inflated() -> None:
    """By what it says of itself; one that lies inflates to no more than it said."""
    honest, deep = bomb(), bomb("word/bomb.xml", 20 * MEGABYTE)
    tracemalloc.start()
    codes = [ending(honest), ending(deep), ending(lying(deep, b"word/bomb.xml"))]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [["too-large"], ["too-large"], ["bad-docx"]] == codes
    assert peak < 40 * MEGABYTE


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"PK\x03\x04", "bad-docx"),
        (docx()[:-30], "bad-docx"),
        (docx(word__document_xml=b"<nonsense"), "bad-docx"),
        (docx(word__document_xml=b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'), "bad-docx"),
        (docx(word__document_xml='<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'.encode("utf-16")), "bad-docx"),
        (docx(word__document_xml=b"<w>" * 50_000 + b"</w>" * 50_000), "bad-docx"),
        (docx(text=""), "read"),
        (b"%PDF-1.7", "bad-pdf"),
        (b"%PDF-1.7\nxref\n0 1\ntrailer << /Size 99999999999 /Root 1 0 R /Prev 0 >>\nstartxref\n9\n%%EOF", "bad-pdf"),
        (gzip.compress(bytes(100 * MEGABYTE)), "too-large"),
        (gzip.compress(b"x" * 3 * MEGABYTE), "too-large"),
        (b"\x1f\x8bnonsense", "not-utf8"),
        (gzip.compress(b"Half of a text.", mtime=0)[:-9], "not-utf8"),
        (gzip.compress(b"A whole text.", mtime=0) + gzip.compress(b"Half of a text.", mtime=0)[:-1], "not-utf8"),
        (gzip.compress(bytes(20 * MEGABYTE)) * 3, "too-large"),
        (gzip.compress(b"") * 20_000, "too-large"),
        (b"GIF89a\x00\xff", "not-utf8"),
    ],
)
def test_broken_archives_are_refused_by_name(body: bytes, code: str) -> None:
    """Whatever is wrong with them."""
    assert [code] == ending(body)


def test_without_the_extra_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has no mammoth and no pypdf says what to install."""
    for name in ("mammoth", "pypdf"):
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("docx", "pdf"):
        with pytest.raises(DocumentRejected, match="office") as refused:
            read(SAMPLES[name])

        assert ("missing-extra", 415, "office") == (
            refused.value.code,
            refused.value.status,
            refused.value.fields["extra"],
        )


def test_a_line_of_a_gigabyte_is_passed_over() -> None:
    """In no more memory than one line may take, and the next line is read."""

    def pieces() -> Iterator[bytes]:
        yield b'{"text": "one"}\n{"text": "'
        for _ in range(1_000):
            yield b"x" * MEGABYTE
        yield b'"}\n{"text": "three"}'

    tracemalloc.start()
    lines = list(records(pieces(), limit=2 * MEGABYTE))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert [(1, b'{"text": "one"}'), (2, None), (3, b'{"text": "three"}')] == lines
    assert peak < 20 * MEGABYTE


def test_letters_that_deceive_are_gone_from_every_fact() -> None:
    """NUL, escapes, surrogates and what turns the direction of reading around, also within XML and JSON."""
    evil = "a\x00b\u202ec\u2066d\x1be"
    bodies = [
        f"---\ntitle: T{evil}\n---\n{evil} text".encode(),
        b'{"title": "T\\u0000\\u202e\\ud800", "text": "x\\udfff\\u2066y", "related_article1": {"title": "r\\u202es"}, "journal": "j\\u202ek"}',
        f"<feed><entry><title>T&#x202e;</title><content>x{evil}</content><author><name>&#8238;n</name></author></entry></feed>".encode(),
        f"TY  - JOUR\nTI  - T{evil}\nAB  - {evil}\nAU  - {evil}\nER  - \n".encode(),
        f"<html><meta name=author content='&#8238;n'><h1>T{evil}</h1><p>&#x202e;x{evil}".encode(),
    ]
    for body in bodies:
        told = read(body).model_dump_json()

        assert not set("\x00\x1b\u202e\u2066") & set(told)
        assert not {"\\u0000", "\\u001b", "\\ud800"} & {told[at : at + 6] for at in range(len(told))}


def test_nothing_that_acts_comes_out_of_any_format() -> None:
    """Scripts, handlers and `javascript:` links."""
    evil = "<p onclick=x>t<script>alert(1)</script><a href='javascript:alert(1)'>l</a><img src=x onerror=y></p>"
    escaped = evil.replace("<", "&lt;")
    bodies = [
        f"<rss><channel><item><title>{escaped}</title><link>javascript:alert(1)</link><description>{escaped}</description></item></channel></rss>",
        f'{{"title": "T", "html": "{evil}", "url": "javascript:alert(1)"}}',
        f"+++\ntitle = 'T'\nurl = 'javascript:x'\n+++\n{evil}",
        f"TY  - JOUR\nTI  - {evil}\nAB  - {evil}\nUR  - javascript:x\n",
    ]
    for body in bodies:
        draft = read(body.encode())

        assert draft.url is None
        assert not [
            word for word in ("<script", "<p onclick", "<a href='java", '<a href="java', "<img") if word in draft.html
        ]


mutations = st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=8), st.integers(0, 8)), max_size=12)


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=60, deadline=None)
@given(changes=mutations)
def test_any_damage_is_read_or_refused(name: str, changes: list[tuple[int, bytes, int]]) -> None:
    """Bytes are overwritten, put in and taken out; nothing but documents, addresses and refusals comes of it."""
    body = SAMPLES[name]
    for at, put, gone in changes:
        place = at % (len(body) + 1)
        body = body[:place] + put + body[place + gone :]
    for item in read_all(body):
        if isinstance(item, Reading):
            assert item.draft.title
            assert item.draft.text


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(RSS.replace("<", "\x00<").split("\x00")), max_size=40).map("".join))
def test_any_order_of_a_feeds_tags_is_read_or_refused(text: str) -> None:
    """However they are shuffled, doubled and dropped."""
    with suppress(DocumentRejected):
        read(text.encode())
