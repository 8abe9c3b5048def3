"""Pure. DOCX and PDF, read by mammoth and pypdf where they are installed (the extra `office`)."""

from __future__ import annotations

import re
from collections import Counter
from importlib import import_module
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError  # noqa: N812 - its own name says nothing

from services.ingest.characters import folded, legal
from services.ingest.fields import clipped, given
from services.ingest.formats.found import Found, Source
from services.ingest.formats.texts import from_html
from services.ingest.formats.xml_tree import local, tree_of, words
from services.ingest.markup import paragraphs
from services.ingest.page import Page
from shared.errors import DocumentRejected

MAX_PARTS = 5_000
MAX_INFLATED = 100_000_000
MAX_XML = 10_000_000
"""Bytes of one part in XML; its tree takes forty times as much memory."""
MAX_PAGES = 1_000
MAX_CHARACTERS = 2_000_000
DOCUMENT = "word/document.xml"
PROPERTIES = "docProps/core.xml"
BROKEN_ARCHIVE = (BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError, ValueError, ZlibError)
"""What zipfile raises for a file that is none: RuntimeError for one that is encrypted, NotImplementedError for a compression it has not."""
DECLARES = (
    b"<!DOCTYPE",
    b"<!ENTITY",
    "<!DOCTYPE".encode("utf-16-le"),
    "<!ENTITY".encode("utf-16-le"),
    "<!ENTITY".encode("utf-16-be"),
)
NAMES = {
    "title": "title",
    "creator": "authors",
    "created": "date",
    "keywords": "tags",
    "language": "language",
    "description": "summary",
}

WIDE = 0.75
"""A line of a PDF that is shorter than this part of the widest ones ends its paragraph."""
SENTENCE_END = re.compile(r"[.!?:][\"'”’)\]]*$")
PAGE_NUMBER = re.compile(r"(?:page\s*)?\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?", re.IGNORECASE)
LEAST_PAGES = 3
"""On so many pages a first or last line that is the same is the page's and not the text's."""


def read_docx(body: bytes) -> Found:
    """A document of Word, its headings, lists, tables and links kept, its pictures left out."""
    mammoth = _extra("mammoth")
    _refuse_bombs(body)
    try:
        html = mammoth.convert_to_html(BytesIO(body), convert_image=lambda _: []).value
        told = _properties(body)
    except DocumentRejected:
        raise
    except Exception as error:
        # mammoth has no errors of its own: whatever broken XML does to it comes through, RecursionError included.
        raise _broken("bad-docx", "the DOCX cannot be read", error) from None
    yield Source(given(clipped(told)), from_html(html, whole=True))


def read_pdf(body: bytes) -> Found:
    """The text of a PDF, its lines put together to paragraphs. One that holds only pictures of text has no words and is refused."""
    pypdf = _extra("pypdf")
    try:
        reader = pypdf.PdfReader(BytesIO(body), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentRejected("bad-pdf", "the PDF is encrypted")
        told = _information(reader.metadata or {})
        pages = _pages(reader)
    except DocumentRejected:
        raise
    except Exception as error:
        # pypdf promises PyPdfError and lets everything through that a broken file can provoke.
        raise _broken("bad-pdf", "the PDF cannot be read", error) from None
    yield Source(given(clipped(told)), Page(html=paragraphs(joined(pages))))


def _extra(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise DocumentRejected(
            "missing-extra", "reading DOCX and PDF needs the extra `office`: pip install -e '.[office]'", extra="office"
        ) from None


def _broken(code: str, detail: str, error: Exception) -> DocumentRejected:
    return DocumentRejected(code, detail, reason=type(error).__name__)


def _refuse_bombs(body: bytes) -> None:
    """Look at what the parts say that they hold, then at what they hold: nothing is inflated beyond what was said."""
    try:
        with ZipFile(BytesIO(body)) as archive:
            parts = archive.infolist()
            if DOCUMENT not in {part.filename for part in parts}:
                raise DocumentRejected("bad-docx", "this archive is no DOCX")
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_INFLATED:
                raise DocumentRejected("too-large", "the DOCX inflates to too much", limit=MAX_INFLATED)
            for part in parts:
                _refuse_part(archive, part)
    except DocumentRejected:
        raise
    except BROKEN_ARCHIVE as error:
        raise _broken("bad-docx", "the DOCX is a broken archive", error) from None


def _refuse_part(archive: ZipFile, part: ZipInfo) -> None:
    if not part.filename.lower().endswith((".xml", ".rels")):
        return
    if part.file_size > MAX_XML:
        raise DocumentRejected("too-large", "a part of the DOCX inflates to too much", limit=MAX_XML)
    with archive.open(part) as opened:
        inflated = opened.read(MAX_XML + 1)
    if len(inflated) > MAX_XML:
        raise DocumentRejected("too-large", "a part of the DOCX inflates to too much", limit=MAX_XML)
    if any(declares in inflated for declares in DECLARES):
        raise DocumentRejected("bad-docx", "the DOCX declares entities, which are not taken here")


def _properties(body: bytes) -> dict[str, Any]:
    with ZipFile(BytesIO(body)) as archive:
        if PROPERTIES not in archive.namelist():
            return {}
        root = tree_of(archive.read(PROPERTIES).decode("utf-8", "replace"))
    told: dict[str, Any] = {NAMES[name]: words(each) for each in root.iter() if (name := local(each)) in NAMES}
    return told | {"tags": re.split(r"[,;]", told.get("tags", ""))}


def _information(metadata: Any) -> dict[str, Any]:
    """The document information dictionary (ISO 32000-1, section 14.3.3)."""
    said = {
        name: legal(str(metadata.get(f"/{name}") or "")) for name in ("Title", "Author", "Keywords", "CreationDate")
    }
    date = re.match(r"D:(\d{4})(\d\d)(\d\d)", said["CreationDate"])
    return {
        "title": said["Title"],
        "authors": [said["Author"]],
        "tags": re.split(r"[,;]", said["Keywords"]),
        "date": "-".join(date.groups()) if date else None,
    }


def _pages(reader: Any) -> list[list[str]]:
    pages, characters = [], 0
    for number, page in enumerate(reader.pages):
        text = legal(page.extract_text())
        characters += len(text)
        if number >= MAX_PAGES or characters > MAX_CHARACTERS:
            raise DocumentRejected(
                "too-large", f"the PDF has more than {MAX_PAGES} pages or {MAX_CHARACTERS} characters", limit=MAX_PAGES
            )
        pages.append([folded(line) for line in text.split("\n")])
    return pages


def joined(pages: list[list[str]]) -> list[str]:
    """The paragraphs of pages of lines: without page numbers and running heads, hyphens at the ends of lines undone."""
    edges = Counter(line for page in pages for line in {*page[:1], *page[-1:]} if line)
    lines = [line for page in pages for line in page if edges[line] < LEAST_PAGES and not PAGE_NUMBER.fullmatch(line)]
    width = max(map(len, lines), default=0)
    found: list[str] = [""]
    for line in lines:
        before = found[-1]
        found[-1] = before[:-1] + line if before.endswith("-") and line[:1].islower() else f"{before} {line}".strip()
        if not line or (
            len(line) < WIDE * width and (SENTENCE_END.search(line) or (not before and line[-1].isalnum()))
        ):
            found.append("")
    return [each for each in found if each]
