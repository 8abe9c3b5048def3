"""The last boundary before a reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from shared.syndication.markup import as_html, legal, one_line, plain, sanitised, web_address
from tests.judges.texts import markup_faults, plain_faults

PARTS = [
    "<p>",
    "</p>",
    "<a href=x>",
    "</a>",
    "<object>",
    "</object>",
    "<table>",
    "<tr>",
    "<td>",
    "<b>",
    "<h1>",
    "<li>",
    "a",
    "&#8;",
]
ANYTHING = st.text(st.characters(categories=None))


@given(ANYTHING)
def test_legal_text_fits_into_xml(text: str) -> None:
    """The parser refuses what XML 1.0 forbids, and nothing that is left is refused."""
    element = etree.Element("title")
    element.text = legal(text)

    assert etree.tostring(element, encoding="utf-8")


def test_every_character_there_is_is_judged() -> None:
    """Controls, surrogates and noncharacters go, the sign for a misread one becomes a question mark, all others stay."""

    def stays(code: int) -> bool:
        control = code in {*range(0x20), *range(0x7F, 0xA0)} - {9, 10, 13}
        return not (control or 0xD800 <= code <= 0xDFFF or 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE)

    expected = "".join("?" if code == 0xFFFD else chr(code) for code in range(0x110000) if stays(code))

    assert expected == legal("".join(map(chr, range(0x110000))))
    assert expected[:98] == legal("".join(map(chr, range(0x80))))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\ufffd")))
def test_ordinary_text_stays(text: str) -> None:
    """Nothing else is taken away."""
    assert text == legal(text)


def test_one_line_is_one_line() -> None:
    """White space of every kind becomes one space."""
    assert one_line("  a\n\tb\x00 \u2028c ") == "a b c"


def test_what_was_misread_goes() -> None:
    """Controls of Windows-1252 go; what stands for a character that could not be read is a question mark."""
    assert legal("a\x85\x7fb\ufffdc\U0001ffff") == "ab?c"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("R&D at AT&T, p < 0.05", "R&D at AT&T, p < 0.05"),
        ("Moon & <stars>", "Moon & <stars>"),
        ("The <i>E. coli</i> genome", "The E. coli genome"),
        ("O&apos;Hara &amp; Sons", "O'Hara & Sons"),
        ("5&6 &copy x", "5& 6 & copy x"),
        ("&lt;b&gt;bold&lt;/b&gt;", "bold"),
    ],
)
def test_a_name_cannot_be_taken_for_markup(text: str, shown: str) -> None:
    """Elements and entities become what they mean, and everything else stays."""
    assert plain(text) == shown


@given(ANYTHING)
def test_no_name_can_be_taken_for_markup(text: str) -> None:
    """Whatever it is made of."""
    assert [] == list(plain_faults(plain(text)))


@given(st.lists(st.sampled_from([part for part in PARTS if "=" not in part])).map("".join))
def test_what_has_no_link_needs_no_base(html: str) -> None:
    """The short way for markup without attributes gives what the long way gives, which a comment demands."""
    assert sanitised(html, "https://a.example/") == sanitised("<!-- -->" + html, "https://a.example/")


@given(st.lists(st.sampled_from(PARTS)).map("".join))
def test_markup_is_read_by_everybody_the_same(html: str) -> None:
    """The strictest parser finds no fault in it, and sanitising it again changes nothing."""
    clean = sanitised(html, "https://a.example/")

    assert [] == list(markup_faults(clean))
    assert sanitised(clean, "https://a.example/") == clean


def test_text_as_html_keeps_its_signs() -> None:
    """Text that looks like markup stays text."""
    assert as_html("<b> & co") == "&lt;b&gt; &amp; co"


def test_scripts_and_handlers_go() -> None:
    """Nothing that runs survives."""
    html = '<script>x()</script><p onclick="x()" style="color:red">a<iframe></iframe></p><a href="javascript:x()">b</a>'

    assert sanitised(html, "https://a.example/") == '<p>a</p><a rel="noopener noreferrer nofollow">b</a>'


def test_links_become_absolute() -> None:
    """A reader shows the entry far from where it was written (W3C: ContainsRelRef)."""
    html = '<img src="pictures/a.png" alt="a"><a href="/b?c=1&amp;d=2">b</a>'
    link = '<a href="https://a.example/b?c=1&amp;d=2" rel="noopener noreferrer nofollow">b</a>'

    assert sanitised(html, "https://a.example/x/y") == f'<img src="https://a.example/x/pictures/a.png" alt="a">{link}'


def test_without_a_base_relative_links_lose_their_target() -> None:
    """A document with a nonsensical address is still published."""
    assert sanitised('<a href="b">b</a>', "http://[") == '<a rel="noopener noreferrer nofollow">b</a>'


def test_an_address_leads_to_the_web_or_nowhere() -> None:
    """What is no address in a feed is spelled so that it is one; what would run is left out."""
    assert web_address("https://a.example/b?c=1&d=%20#e") == "https://a.example/b?c=1&d=%20#e"
    assert web_address('http://a.example/é "b"') == "http://a.example/%C3%A9%20%22b%22"
    assert web_address("https://a.example/b[]?c=[1]") == "https://a.example/b%5B%5D?c=%5B1%5D"
    assert web_address("http://[::1]:8000/b") == "http://[::1]:8000/b"
    assert web_address("https:///b") is None
    assert web_address("javascript:alert(1)") is None
    assert web_address(None) is None
