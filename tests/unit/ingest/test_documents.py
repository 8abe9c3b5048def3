"""Every kind of document is read, and nothing but a rejection comes of what cannot be."""

from __future__ import annotations

import json
import re
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.documents import read
from services.ingest.draft import MAX_BYTES
from services.ingest.formats.kinds import ACCEPTED, kind_of_text
from shared.errors import DocumentRejected

BOUND_SECONDS = 20
"""Two to four are usual; the square of any of these inputs would be hours."""


def test_markdown_is_read() -> None:
    """Front matter first, then the first heading, which is not repeated in the text."""
    draft = read(
        b"---\ntags: a, b\n---\n# The *heart*\n\nIt **beats**. <script>x</script>[l](/x)\n",
        "text/markdown; charset=utf-8",
    )

    assert (draft.title, draft.text, draft.keywords) == ("The heart", "It beats. l", ("a", "b"))
    assert draft.html == "<p>It <strong>beats</strong>. l</p>"


def test_html_is_read() -> None:
    """The head gives summary, language and address where nothing else does."""
    draft = read(
        b"<!DOCTYPE html><html lang=de><title>Das Herz</title><link rel=canonical href='https://e.org/herz'>"
        b"<nav>Menu</nav><p onclick=x>Es <b>schl&auml;gt</b>.</p>"
    )

    assert (draft.title, draft.language, draft.url) == ("Das Herz", "de", "https://e.org/herz")
    assert draft.html == "<p>Es <b>schlägt</b>.</p>"


def test_a_page_within_a_form_is_read() -> None:
    """Some systems put the whole page into one; then nothing is left out but what acts."""
    assert read(b"<html><form><p>All of it</p><button>Go</button></form>").text == "All of it"


@pytest.mark.parametrize("name", ["text", "markdown", "html", "content"])
def test_json_is_read(name: str) -> None:
    """The content comes under one of four names, the rest as in front matter."""
    told = {
        "title": "The heart",
        name: "It beats.",
        "id": 7,
        "authors": ["A"],
        "published_at": "2026-01-01",
        "url": "https://e.org/",
    }
    draft = read(json.dumps(told).encode(), "application/json")

    assert (draft.title, draft.text, draft.html) == ("The heart", "It beats.", draft.html)
    assert (draft.given_id, draft.authors, draft.url) == ("7", ("A",), "https://e.org/")


@pytest.mark.parametrize(
    ("text", "media_type"),
    [
        ("---\ntitle: x\n---\n", "text/markdown"),
        (" \n<!doctype html>", "text/html"),
        ("<HTML>", "text/html"),
        ('{"a": 1}', "application/json"),
        ("<3 is a heart", "text/plain"),
        ("\n## A heading\n", "text/markdown"),
        ("#1 of 3", "text/plain"),
    ],
)
def test_what_is_not_said_is_seen(text: str, media_type: str) -> None:
    """The first marks of a text tell its kind."""
    assert kind_of_text(text) == media_type


@pytest.mark.parametrize(
    ("body", "media_type", "code"),
    [
        (b"", None, "empty"),
        (b" \n\t\xef\xbb\xbf", "text/plain", "empty"),
        (b"---\ntitle: only\n---\n\n&nbsp;\n", None, "empty"),
        (b"<html><script>x</script>", None, "empty"),
        (b'{"title": "only"}', None, "empty"),
        (b"x" * (MAX_BYTES + 1), None, "too-large"),
        (b"x" * 10_000_000, "text/plain", "too-large"),
        (b"&" * 1_900_000, "text/plain", "too-large"),
        (b"x", "application/msword", "unknown-media-type"),
        (b"x", "image/png; charset=utf-8", "unknown-media-type"),
        (b"x", "nonsense", "unknown-media-type"),
        (b"caf\xe9", "text/plain", "not-utf8"),
        (b"---\na: [\n---\nx", "text/plain", "bad-front-matter"),
        (b"---\na: &a [1]\nb: *a\n---\nx", "text/markdown", "bad-front-matter"),
        (b"{", "application/json", "bad-json"),
        (b"[]", "application/json", "bad-json"),
        (b'{"text": "x", "n": ' + b"9" * 5_000 + b"}", "application/json", "bad-json"),
        (b'{"text": "x", "n": ' + b"[" * 21 + b"]" * 21 + b"}", "application/json", "too-deep"),
        (b"[" * 1_900_000, "application/json", "too-deep"),
        (b'{"text": ["x"]}', "application/json", "bad-field"),
        (b'{"text": "x", "title": {}, "question": 1}', "application/json", "bad-field"),
        (b"---\ntitle: [a]\n---\nx", "text/markdown", "bad-field"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(body: bytes, media_type: str | None, code: str) -> None:
    """Each rule has its code, and the media types that are read are listed where another came."""
    with pytest.raises(DocumentRejected) as refused:
        read(body, media_type)

    assert refused.value.code == code
    assert (code == "unknown-media-type") == (refused.value.fields.get("accepted") == list(ACCEPTED))


def seconds_for(body: bytes, media_type: str) -> float:
    """How much of a processor it takes to read or refuse `body`: a busy machine has no part in it."""
    began = time.process_time()
    with suppress(DocumentRejected):
        read(body, media_type)
    return time.process_time() - began


@pytest.mark.parametrize("media_type", ["text/html", "text/markdown", "text/plain"])
@pytest.mark.parametrize(
    "piece",
    ["[", "<b>", "<i></b>", "<b><p>", "<a>", "<", "<!--", "&#", "\x00", "a\n\n", "A. ", "=\n*-|-\n> ", "<svg><title>"],
)
def test_much_of_anything_ends_in_time(piece: str, media_type: str) -> None:
    """Read or refused, but never the square of the length."""
    assert seconds_for(piece.encode() * (200_000 // len(piece)), media_type) < BOUND_SECONDS


@pytest.mark.parametrize(
    ("piece", "media_type"),
    [
        ("[", "text/markdown"),
        ("|a|b|\n|-|-|\n", "text/markdown"),
        ("<div>", "text/html"),
        ("<a>", "text/html"),
        ("A. ", "text/plain"),
    ],
)
def test_two_megabytes_end_in_time(piece: str, media_type: str) -> None:
    """The largest document that is taken, made of the worst."""
    assert seconds_for(piece.encode() * (MAX_BYTES // len(piece)), media_type) < BOUND_SECONDS


@pytest.mark.parametrize("media_type", ["text/html", "text/markdown"])
def test_a_tag_of_200_000_attributes_ends_in_time(media_type: str) -> None:
    """A parser that builds a tree takes minutes for it."""
    body = "<a " + " ".join(f"a{n}=1" for n in range(180_000)) + ">x"

    assert seconds_for(body.encode(), media_type) < BOUND_SECONDS


def test_the_latex_of_mathematics_stays() -> None:
    """Only a backslash and n that mean a line break are one."""
    draft = read(json.dumps({"title": "t", "answer": r"So $\nabla f$.\n\nIt is $\nu$.\n- One"}).encode())

    assert draft.text == "So $\\nabla f$.\nIt is $\\nu$.\nOne"


def test_letters_that_no_feed_can_carry_are_gone() -> None:
    """However they come: as bytes, as escapes of JSON or as numbers of HTML."""
    told = {"title": "a\u202eb\x00", "html": "<p>c&#8238;d&#x1;e\ud800</p>"}
    draft = read(json.dumps(told).encode())

    assert (draft.title, draft.text) == ("ab", "cde")


anything: st.SearchStrategy[bytes] = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
    st.text(alphabet="-:\n#[]()<>{}!*_`\"'&;\\| abtile/=.", max_size=200).map(str.encode),
    st.text(alphabet="-:\n[]{}\"', atile", max_size=100).map(lambda block: f"---\n{block}\n---\nx".encode()),
)
json_values = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)  # fmt: skip
names = st.sampled_from(["title", "text", "html", "markdown", "content", "answer", "keywords", "authors", "date", "url", "id", "seo", "language", "subject"])  # fmt: skip


@given(body=anything, media_type=st.sampled_from([None, *ACCEPTED]))
def test_nothing_but_a_rejection_is_raised(body: bytes, media_type: str | None) -> None:
    """And what is read has a title, a text, a summary within their limits, and no letters that are illegal in XML."""
    with suppress(DocumentRejected):
        draft = read(body, media_type)

        assert 0 < len(draft.title) <= 300
        assert draft.text
        assert len(draft.summary) <= 2_000
        assert not re.search(
            "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", draft.title + draft.html + draft.text
        )
        assert "<script" not in draft.html.lower()


@given(st.dictionaries(names, json_values | st.just("words"), min_size=1))
def test_any_json_is_read_or_refused(told: dict[str, Any]) -> None:
    """Whatever type stands under whatever name."""
    with suppress(DocumentRejected):
        draft = read(json.dumps(told).encode(), "application/json")

        assert draft.title
        assert draft.text
