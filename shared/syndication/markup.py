"""Pure. Text and markup at the last boundary before a reader: legal in XML, safe in a browser, absolute in its links.

Ingest has done the same. It is done again because one bad character would take down a whole feed, and one bad
attribute a reader.
"""

from __future__ import annotations

import re
from html import escape, unescape
from html.entities import name2codepoint
from typing import Literal
from urllib.parse import quote

import nh3

CONTROLS = bytes({*range(0x20), 0x7F} - {*b"\t\n\r"})
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""What XML 1.0, section 2.2 forbids or discourages: controls, lone surrogates (UTF-8 has none either), noncharacters. HTML forbids the
same, and the W3C validator calls the controls from 80 to 9F BadCharacters: they are Windows-1252, misread."""
BEYOND = re.compile("[\U00010000-\U0010ffff]")
ILLEGAL_BEYOND = re.compile(
    f"[{''.join(chr(plane + 0xFFFE) + chr(plane + 0xFFFF) for plane in range(0x10000, 0x110000, 0x10000))}]"
)

IMAGE = re.compile(r'<img\b[^>]*?\ssrc="(https?://[^"]+)"')
"""In markup as nh3 writes it: every attribute in double quotes, every & escaped."""

SCHEMES = {"http", "https", "mailto"}
TAGS = nh3.ALLOWED_TAGS - {"bdo", "rtc"}
"""The W3C validator calls the one SecurityRisk and the other NotHtml."""

ATTRIBUTES = {tag: names - {"cite"} for tag, names in nh3.ALLOWED_ATTRIBUTES.items()}
"""An address that nobody sees, and that would stay relative."""
LINK_REL = "noopener noreferrer nofollow"
MOST_ROUNDS = 5

MORE_THAN_A_NAME = re.compile(r"<(?!/?[A-Za-z][A-Za-z0-9]*>)")
"""Markup that may have attributes, or that is none."""
LIKE_MARKUP = re.compile(r"<[A-Za-z/!?]|&#?\w")
"""What somebody could take for markup who is not told that it is none."""
END_TAG = re.compile(r"</\w+>")
ANY_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
ENTITY = re.compile(r"&#?\w+;")
LIKE_ENTITY = re.compile(r"&(?=(#?\w+))")

ADDRESS = re.compile(r"(https?://)(\[[0-9A-Fa-f:.]+\]|[^/?#\[\]]+)(.*)", re.IGNORECASE)


def legal(text: str) -> str:
    """`text` without the characters that no feed can carry."""
    # By steps, for it is done to every text several times: one pattern for all took 54 ns a character, which was a tenth of shelving.
    if text.isascii():
        return text.encode().translate(None, CONTROLS).decode()
    text = ILLEGAL.sub("", text).replace("\ufffd", "?")
    return ILLEGAL_BEYOND.sub("", text) if BEYOND.search(text) else text


def one_line(text: str) -> str:
    """Legal text with every run of white space as one space: a title, a name, a keyword."""
    return " ".join(legal(text).split())


def plain(text: str) -> str:
    """One line for a place that cannot say whether it is markup, such as a name or a link's title: elements and entities become what they mean.

    The W3C validator calls what is left out ContainsHTML.
    """
    line = one_line(text)
    if "&" in line:
        line = ENTITY.sub(lambda entity: unescape(entity[0]), line)
        line = LIKE_ENTITY.sub(_apart, line)
    return one_line(ANY_TAG.sub("", line)) if END_TAG.search(line) else line


def _apart(sign: re.Match[str]) -> str:
    harmless = sign[1].isalpha() and sign[1] not in name2codepoint
    return sign[0] if harmless else "& "


def as_html(text: str) -> str:
    """Plain text as a piece of HTML."""
    return escape(legal(text), quote=False)


def web_address(text: str | None) -> str | None:
    """`text` as an address that every format can carry and every browser may follow; None unless it is http(s) and has a host."""
    found = ADDRESS.fullmatch(one_line(text or ""))
    if found is None:
        return None
    scheme, host, rest = found.groups()
    return scheme + quote(host, safe="%:[].~$-_!*'(),;=@+&") + quote(rest, safe="%/:=&?~#+!$,;'@()*")


def first_image(html: str) -> str | None:
    """The address of the first picture in sanitised markup."""
    found = IMAGE.search(html)
    return web_address(unescape(found[1])) if found else None


def sanitised(html: str, base: str) -> str:
    """`html` without scripts, styles, forms and frames, and with links made absolute against `base`.

    Where `base` is no address, relative links lose their target. The W3C validator calls what is left out
    SecurityRisk and what is resolved ContainsRelRef.
    """
    html = legal(html)
    if not MORE_THAN_A_NAME.search(html):
        return _clean(html, WITHOUT_LINKS)
    try:
        return _clean(html, _cleaner(("rewrite_with_base", base)))
    except ValueError:
        return _clean(html, WITHOUT_LINKS)


def _cleaner(relative: Literal["deny"] | tuple[Literal["rewrite_with_base"], str]) -> nh3.Cleaner:
    return nh3.Cleaner(TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, url_relative=relative, link_rel=LINK_REL)


WITHOUT_LINKS = _cleaner("deny")
"""Where no element has an attribute, nothing is relative to anything; and making a cleaner takes seven times as long as cleaning with it."""


def _clean(html: str, cleaner: nh3.Cleaner) -> str:
    before = html
    for _ in range(MOST_ROUNDS):
        # An element that goes may leave others where HTML has none, such as a paragraph within a paragraph: read again, they stand apart.
        after = legal(cleaner.clean(before))
        if after == before:
            break
        before = after
    return before
