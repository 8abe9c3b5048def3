"""Pure. What a body is, by its content: neither the name of a file nor a header is trusted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from zlib import decompressobj
from zlib import error as ZlibError  # noqa: N812 - its own name says nothing

from services.ingest import front_matter
from services.ingest.characters import decoded
from shared.errors import DocumentRejected


class Kind(StrEnum):
    """What can be read."""

    MARKDOWN = "text/markdown"
    PLAIN = "text/plain"
    HTML = "text/html"
    JSON = "application/json"
    FEED = "application/rss+xml"
    OPML = "text/x-opml"
    SITEMAP = "application/xml"
    PUBMED = "application/vnd.pubmed+xml"
    RIS = "application/x-research-info-systems"
    MEDLINE = "application/nbib"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    PDF = "application/pdf"


OTHER_NAMES = frozenset(
    {
        "application/x-ndjson", "application/ndjson", "application/jsonl", "application/feed+json", "application/ld+json", "text/json",
        "application/atom+xml", "application/rdf+xml", "text/xml", "application/xhtml+xml", "text/x-markdown", "text/x-web-markdown",
        "application/gzip", "application/x-gzip", "application/zip", "application/x-ris", "text/yaml", "application/yaml",
    }
)  # fmt: skip
UNSAID = frozenset({"", "application/octet-stream", "application/x-www-form-urlencoded"})
"""Media types that say nothing; the last one is what `curl --data-binary` sends unasked."""
ACCEPTED = tuple(Kind)
JSON_NAMES = frozenset(
    {
        "application/json",
        "text/json",
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/feed+json",
    }
)

ROOTS = {
    "rss": Kind.FEED, "feed": Kind.FEED, "RDF": Kind.FEED, "opml": Kind.OPML, "urlset": Kind.SITEMAP, "sitemapindex": Kind.SITEMAP,
    "PubmedArticleSet": Kind.PUBMED, "PubmedArticle": Kind.PUBMED, "PubmedBookArticle": Kind.PUBMED, "html": Kind.HTML, "HTML": Kind.HTML,
}  # fmt: skip
PROLOG = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}\?>|<\?xml-[^>]{0,500}\?>|<!--(?:[^-]|-(?!->)){0,5000}-->|<!DOCTYPE[^>\[]{0,1000}(?:\[[^\]]{0,20000}\]\s*)?>|\s)*"
)
ROOT = re.compile(r"<(?:[A-Za-z][\w.-]{0,40}:)?([A-Za-z][\w.-]{0,60})[\s>/]")
XML = re.compile(r"\s*(?:<\?xml\b|<!DOCTYPE\s+(?!html\b))", re.IGNORECASE)
HTML = re.compile(r"\s*(?:<!doctype\s+html\b|<html\b|<head\b|<body\b|<!--)", re.IGNORECASE)
FRAGMENT = re.compile(
    r"\s*<(?:article|section|main|header|nav|div|p|h[1-6]|ul|ol|dl|table|blockquote|figure|pre|span|a|b|i|em|strong|img|br|form|script|style|title|meta|link|svg)\b[^<>]*>",
    re.IGNORECASE,
)
JSON = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[{\]])")
MAYBE_JSON = re.compile(r"\s*[{\[]")
RIS = re.compile(r"\s*TY  ?- ")
MEDLINE = re.compile(r"\s*PMID- ?\d")

STRONG = re.compile(
    r"^#{1,6} \S|^(?:```|~~~)|\*\*\S|\[[^\]\n]{1,300}\]\((?:https?:|/|#|mailto:)|^\|?[ :]*-{3,}[ :]*\||`[^`\n]{1,200}`|^\S[^\n]{0,200}\n(?:={3,}|-{3,})[ \t]*$"
    r"|</?(?:p|br|b|i|em|strong|a|ul|ol|li|div|span|h[1-6]|code|sup|sub)\b[^<>\n]{0,300}>|&(?:[a-zA-Z]{2,10}|#\d{1,6});",
    re.MULTILINE,
)
HEADING = re.compile(r"^#{1,6} \S", re.MULTILINE)
WEAK = re.compile(r"^(?:[-*+]|\d{1,3}\.|>) \S", re.MULTILINE)
PDF, ZIP, GZIP = b"%PDF-", b"PK\x03\x04", b"\x1f\x8b"
MAX_INFLATED = 50_000_000
"""Bytes; what sitemaps.org allows a sitemap."""
MAX_MEMBERS = 10_000
PIECE_BYTES = 65_536
LOOKED_AT = 100_000


def kind_of_text(text: str, said: str = "") -> Kind | None:
    """The kind of a text; None for XML that is nothing we know. `said` decides only where a bracket may be JSON or a remark."""
    if front_matter.opens(text):
        return Kind.MARKDOWN
    behind = PROLOG.match(text)
    root = ROOT.match(text, behind.end() if behind else 0)
    if root and root[1] in ROOTS:
        return ROOTS[root[1]]
    if XML.match(text):
        return None
    return next((kind for kind, looks in LOOKS.items() if looks(text, said)), Kind.PLAIN)


def _html(text: str, _: str) -> bool:
    return bool(HTML.match(text) or (FRAGMENT.match(text) and not HEADING.search(text[:LOOKED_AT])))


def _json(text: str, said: str) -> bool:
    return bool(JSON.match(text) or (said in JSON_NAMES and MAYBE_JSON.match(text)))


def _marked(whole: str, _: str) -> bool:
    """Whether a text has the marks of Markdown: one that stands for nothing else, or two that might be dashes and numbers."""
    text = whole[:LOOKED_AT]
    return bool(STRONG.search(text)) or len(WEAK.findall(text)) > 1


LOOKS: Mapping[Kind, Callable[[str, str], bool]] = {
    Kind.HTML: _html,
    Kind.JSON: _json,
    Kind.RIS: lambda text, _: bool(RIS.match(text)),
    Kind.MEDLINE: lambda text, _: bool(MEDLINE.match(text)),
    Kind.MARKDOWN: _marked,
}
"""In the order in which they are tried."""


def inflated(body: bytes) -> bytes:
    """What a gzipped body (a sitemap, an export) holds: all of its members (RFC 1952, section 2.2), and never more than MAX_INFLATED bytes.

    Rejects one that ends too soon: half a document must not pass for the whole.
    """
    rest, members, size = memoryview(body), list[bytearray](), 0
    while rest[: len(GZIP)] == GZIP:
        member, length = _member(rest, MAX_INFLATED + 1 - size)
        members.append(member)
        rest, size = rest[length:], size + len(member)
        if size > MAX_INFLATED or len(members) > MAX_MEMBERS:
            detail = f"the body inflates to more than {MAX_INFLATED} bytes, or has more than {MAX_MEMBERS} parts"
            raise DocumentRejected("too-large", detail, limit=MAX_INFLATED)
    return b"".join(members)


def _member(body: memoryview, most: int) -> tuple[bytearray, int]:
    """What the first member holds, up to `most` bytes of it, and how many bytes of `body` it takes."""
    inflater = decompressobj(wbits=31)
    content, at = bytearray(), 0
    try:
        while not inflater.eof and len(content) < most:
            if at >= len(body):
                raise DocumentRejected("not-utf8", "the compressed body ends too soon")
            # By pieces, because what stands behind a member is copied each time.
            content += inflater.decompress(body[at : at + PIECE_BYTES], most - len(content))
            at += PIECE_BYTES
    except ZlibError:
        raise DocumentRejected("not-utf8", "the compressed body is broken") from None
    return content, min(at, len(body)) - len(inflater.unused_data)


def is_bare_text(body: bytes) -> bool:
    """Whether a body is nothing that is packed, of which a little may become much."""
    return PDF not in body[:1024] and not body.startswith((ZIP, GZIP))


def kind_of(body: bytes, said: str = "") -> tuple[Kind | None, str]:
    """The kind of a body, and its text unless it is PDF or DOCX. Raises DocumentRejected if it is neither these nor text."""
    if PDF in body[:1024]:
        return Kind.PDF, ""
    if body.startswith(ZIP):
        return Kind.DOCX, ""
    text = decoded(inflated(body) if body.startswith(GZIP) else body)
    return kind_of_text(text, said), text
