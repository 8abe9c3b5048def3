"""Bytes become text that every format can carry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from services.ingest.characters import UNWANTED, cut, decoded, folded, legal
from shared.errors import DocumentRejected


def test_marks_and_line_ends_are_evened_out() -> None:
    """A byte order mark goes, and every line end is the same."""
    assert decoded(b"\xef\xbb\xbfone\r\ntwo\rthree\n") == "one\ntwo\nthree\n"


def test_what_cannot_be_shown_is_removed_and_not_fatal() -> None:
    """Controls, bidi overrides and noncharacters vanish; letters of any script, joiners and emoji stay."""
    assert legal("a\x00b\x1b[31mc\u202ed\u2066e\ufffef\x85") == "ab[31mcdef"
    assert legal("שלום 👩\u200d🔬 عربي\u200f") == "שלום 👩\u200d🔬 عربي\u200f"


@pytest.mark.parametrize("body", [b"\xff\xfeh\x00i\x00", b"caf\xe9", b"\xed\xa0\x80", b"\xc0\xaf"])
def test_other_encodings_are_refused(body: bytes) -> None:
    """UTF-16, Latin-1, encoded surrogates and overlong forms are not UTF-8."""
    with pytest.raises(DocumentRejected) as refused:
        decoded(body)

    assert refused.value.code == "not-utf8"


@given(st.text())
def test_legal_text_fits_into_xml(text: str) -> None:
    """lxml, which refuses what XML 1.0 forbids, takes all that is left."""
    element = etree.Element("text")
    element.text = legal(text)

    assert element.text == legal(text)


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_ascii_loses_the_same(text: str) -> None:
    """Its own, faster way comes to what the way of all others comes to."""
    assert UNWANTED.sub("", text) == legal(text)


@given(st.text(), st.integers(min_value=2, max_value=50))
def test_a_cut_keeps_its_limit(text: str, limit: int) -> None:
    """However the words fall, the limit holds, and a short text stays as it is."""
    line = folded(text)

    assert len(cut(line, limit)) <= limit
    assert cut(line, max(len(line), 1)) == line


def test_a_cut_falls_between_words() -> None:
    """No half words, no comma before the ellipsis."""
    assert cut("The heart, a muscle, pumps blood", 22) == "The heart, a muscle…"
