"""What the W3C feed validator says of texts, addresses, dates and markup at its strictest level, by the names of its messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html.entities import name2codepoint
from xml.etree.ElementTree import Element

import html5lib
from html5lib.html5parser import ParseError

from shared.syndication.languages import known_language

BAD = re.compile("[\x7f-\x9f\ufffd]")
END_TAG = re.compile(r"</(\w+)>")
ENTITY = re.compile(r"&(#?\w+)")
ADDRESS = re.compile(r"[a-zA-Z][0-9a-zA-Z+.-]*:(//)?(\[[0-9A-Fa-f:]+\])?[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,#]+")
TAG_ADDRESS = re.compile(r"tag:[a-z0-9.-]+,\d{4}:[0-9a-zA-Z;/?:@&=+$.\-_!~*'()%,]*")
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
RFC_822 = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d? [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d ([+-]\d\d[03]0|GMT)")
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

ELEMENTS = frozenset(
    re.findall(
        r"\w+",
        "a abbr acronym address area article aside b bdi big blockquote br caption center cite code col colgroup data dd del details dfn div "
        "dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins kbd li m map mark nav ol p pre q rp rt ruby s samp "
        "section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var wbr",
    )
)
ATTRIBUTES = frozenset(
    re.findall(
        r"\w+",
        "abbr align alt char charoff cite colspan datetime headers height href hreflang lang rel rowspan scope size span src start summary "
        "title width",
    )
)


def text_faults(text: str) -> Iterator[str]:
    """Of any text: what was misread somewhere on its way."""
    if BAD.search(text):
        yield f"BadCharacters: {text[:60]!r}"


def plain_faults(text: str) -> Iterator[str]:
    """Of a text that no reader should take for markup."""
    if END_TAG.search(text):
        yield f"ContainsHTML: {text[:60]!r}"
    for name in ENTITY.findall(text):
        if name in name2codepoint or name == "apos" or not name.isalpha():
            yield f"ContainsHTML: {text[:60]!r}"


def address_faults(address: str) -> Iterator[str]:
    """Of an identifier or an address."""
    if not (TAG_ADDRESS if address.startswith("tag:") else ADDRESS).fullmatch(address):
        yield f"InvalidFullLink: {address[:80]!r}"


def date_faults(written: str, *, as_mail: bool) -> Iterator[str]:
    """Of a date as Atom (RFC 3339) or, `as_mail`, as RSS (RFC 822) writes it."""
    if not (RFC_822 if as_mail else RFC_3339).fullmatch(written):
        yield f"InvalidDate: {written!r}"
        return
    moment = parsedate_to_datetime(written) if as_mail else datetime.fromisoformat(written)
    if not EARLIEST < moment < datetime.now(UTC) + timedelta(days=1):
        yield f"ImplausibleDate: {written!r}"
    if as_mail and f"{moment:%a}" != written[:3]:
        yield f"IncorrectDOW: {written!r}"


def language_faults(tag: str) -> Iterator[str]:
    """Of a language tag."""
    if known_language(tag) != tag:
        yield f"InvalidLanguage: {tag!r}"


def markup_faults(html: str) -> Iterator[str]:
    """Of markup, read as strictly as the standard lets a parser be."""
    try:
        tree: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parseFragment(html)
    except ParseError as error:
        yield f"NotHtml: {error} in {html[:200]!r}"
        return
    for element in tree.iter():
        if element.tag == "DOCUMENT_FRAGMENT" or not isinstance(element.tag, str):
            continue
        if element.tag not in ELEMENTS:
            yield f"SecurityRisk: {element.tag}"
        for name, value in element.attrib.items():
            if name not in ATTRIBUTES:
                yield f"SecurityRiskAttr: {name}"
            if name in {"href", "src", "cite"} and not re.match(r"(https?|mailto):", value):
                yield f"ContainsRelRef: {value[:60]!r}"
