"""The same document has the same id, and white space makes no version."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.documents import read
from services.ingest.identity import canonical, content_hash, document_id
from tests.unit.ingest.samples import draft, seed

SPACES = st.sampled_from([" ", "  ", "\t", "\n", "\n\n", "\u00a0", " \r\n"])
WORDS = st.lists(st.text(alphabet="abcäß.", min_size=1, max_size=8), min_size=2, max_size=20)


def test_an_id_is_sixteen_letters() -> None:
    """Whatever it was taken from."""
    ids = [document_id(draft(**facts)) for facts in ({}, {"given_id": "7"}, {"url": "https://e.org/a"})]

    assert all(re.fullmatch("[a-z2-7]{16}", each) for each in ids)
    assert len(set(ids)) == 3


def test_ids_never_change() -> None:
    """These stand in feeds and in partners' databases."""
    assert document_id(draft(given_id="18424")) == "6ztgepqrk7opani3"
    assert document_id(read(seed("000"))) == "6ztgepqrk7opani3"


def test_the_sources_own_id_comes_first() -> None:
    """It holds within the host, whatever address and text become."""
    first = draft(given_id="7", url="https://e.org/a", text="one")

    assert document_id(first) == document_id(draft(given_id="7", url="https://E.org/b", text="two"))
    assert document_id(first) != document_id(draft(given_id="7", url="https://other.org/a", text="one"))
    assert document_id(first) != document_id(draft(given_id="8", url="https://e.org/a", text="one"))


@pytest.mark.parametrize(
    ("address", "spelling"),
    [
        ("HTTPS://Example.ORG:443", "https://example.org/"),
        ("http://e.org:80/a#part", "http://e.org/a"),
        ("http://e.org:8080/A?b=C", "http://e.org:8080/A?b=C"),
        ("http://[::1]:80/", "http://[::1]/"),
    ],
)
def test_an_address_has_one_spelling(address: str, spelling: str) -> None:
    """Small letters, no default port, no fragment; the path's letters are its own."""
    assert canonical(address) == spelling


@given(words=WORDS, data=st.data())
def test_white_space_changes_neither_id_nor_version(words: list[str], data: st.DataObject) -> None:
    """Any spacing of the same words is the same document and the same content."""
    spaced = "".join(word + data.draw(SPACES) for word in words)
    one, other = (
        read(f"---\ntitle: T\n---\n{text}".encode(), "text/plain") for text in ("a " + " ".join(words), "a " + spaced)
    )

    assert document_id(one) == document_id(other)


@given(words=WORDS, spaces=st.lists(SPACES, min_size=20, max_size=20))
def test_spacing_of_plain_text_is_no_change(words: list[str], spaces: list[str]) -> None:
    """Line breaks, blank lines and tabs between the words of one text with one title."""
    one = draft(text=" ".join(words), html=f"<p>{' '.join(words)}</p>")
    html = (
        "<p>"
        + "".join(word + ("</p>\n<p>" if "\n" in space else space) for word, space in zip(words, spaces, strict=False))
        + "</p>"
    )
    other = draft(text="\n".join(words), html=html)

    assert (document_id(one), content_hash(one)) == (document_id(other), content_hash(other))


@settings(max_examples=15, deadline=None)
@given(spaces=st.lists(st.sampled_from(["\n", "\n\n", "\n\n\n", "\n \n", "\r\n", " \n"]), min_size=200, max_size=200))
@pytest.mark.parametrize("number", ["001", "002", "003", "004"])
def test_spacing_between_the_lines_of_a_seed_is_no_change(number: str, spaces: list[str]) -> None:
    """Neither its id nor its content nor the words that are analysed."""
    lines = [line for line in seed(number).decode().split("\n") if line.strip()]
    spaced = "".join(line + space for line, space in zip(lines, spaces, strict=False))
    one, other = read(seed(number)), read(spaced.encode())

    assert (document_id(one), content_hash(one), one.text) == (document_id(other), content_hash(other), other.text)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "The hearts"},
        {"html": "<p>It <b>beats</b>.</p>"},
        {"summary": "Beats."},
        {"authors": ("A",)},
        {"keywords": ("a",)},
        {"subject": "Medicine"},
        {"url": "https://e.org/"},
        {"language": "de"},
    ],
)
def test_what_readers_would_see_is_a_change(changes: dict[str, Any]) -> None:
    """Each field counts; the source's own id is not seen."""
    assert content_hash(draft(**changes)) != content_hash(draft())
    assert content_hash(draft(given_id="9")) == content_hash(draft())
