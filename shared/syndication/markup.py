"""Pure. Text and markup at the last boundary before a reader: legal in XML, safe in a browser, absolute in its links.

Ingest has done the same. It is done again because one bad character would take down a whole feed, and one bad
attribute a reader.
"""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Literal
from urllib.parse import quote

import nh3

ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0, section 2.2 forbids anywhere: controls, lone surrogates (UTF-8 has none either), two noncharacters."""

IMAGE = re.compile(r'<img\b[^>]*?\ssrc="(https?://[^"]+)"')
"""In markup as nh3 writes it: every attribute in double quotes, every & escaped."""

SCHEMES = {"http", "https", "mailto"}


def legal(text: str) -> str:
    """`text` without the characters that no feed can carry."""
    return ILLEGAL.sub("", text)


def one_line(text: str) -> str:
    """Legal text with every run of white space as one space: a title, a name, a keyword."""
    return " ".join(legal(text).split())


def as_html(text: str) -> str:
    """Plain text as a piece of HTML."""
    return escape(legal(text), quote=False)


def web_address(text: str | None) -> str | None:
    """`text` as an address that every format can carry and every browser may follow; None unless it is http(s)."""
    if text is None or not text.lower().startswith(("http://", "https://")):
        return None
    return quote(one_line(text), safe="%/:=&?~#+!$,;'@()*[]")


def first_image(html: str) -> str | None:
    """The address of the first picture in sanitised markup."""
    found = IMAGE.search(html)
    return web_address(unescape(found[1])) if found else None


def sanitised(html: str, base: str) -> str:
    """`html` without scripts, styles, forms and frames, and with links made absolute against `base`.

    Where `base` is no address, relative links lose their target. The W3C validator calls what is left out
    SecurityRisk and what is resolved ContainsRelRef.
    """
    try:
        return _clean(legal(html), ("rewrite_with_base", base))
    except ValueError:
        return _clean(legal(html), "deny")


def _clean(html: str, relative: Literal["deny"] | tuple[Literal["rewrite_with_base"], str]) -> str:
    return nh3.clean(html, url_schemes=SCHEMES, url_relative=relative, link_rel="noopener noreferrer nofollow")
