"""Pure. Bytes in, Drafts out: whatever an operator has, one document or many, read into the one normal form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from services.ingest.draft import MAX_BYTES, MAX_HTML, Draft
from services.ingest.fields import Given
from services.ingest.formats.addresses import read_opml, read_sitemap
from services.ingest.formats.feeds import read_feed
from services.ingest.formats.found import Found, Reference, Refusal, Source
from services.ingest.formats.json_text import read_json
from services.ingest.formats.kinds import ACCEPTED, OTHER_NAMES, UNSAID, Kind, kind_of
from services.ingest.formats.office import read_docx, read_pdf
from services.ingest.formats.pubmed import read_pubmed
from services.ingest.formats.tagged import read_medline, read_ris
from services.ingest.formats.texts import read_html, read_markdown, read_plain
from services.ingest.markup import text_of, without_lines, without_title
from services.ingest.normalise.normal import normalised
from services.ingest.page import Page
from shared.errors import DocumentRejected

MAX_DOCUMENTS = 1_000_000
"""In one body; a larger one is taken in parts."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One document that was read; `at` names its place in the body."""

    draft: Draft
    at: str = ""


Item = Reading | Reference | Refusal

READERS: Mapping[Kind, Callable[[str], Found]] = {
    Kind.MARKDOWN: read_markdown,
    Kind.PLAIN: read_plain,
    Kind.HTML: read_html,
    Kind.JSON: read_json,
    Kind.FEED: read_feed,
    Kind.OPML: read_opml,
    Kind.SITEMAP: read_sitemap,
    Kind.PUBMED: read_pubmed,
    Kind.RIS: read_ris,
    Kind.MEDLINE: read_medline,
}
BINARY: Mapping[Kind, Callable[[bytes], Found]] = {Kind.DOCX: read_docx, Kind.PDF: read_pdf}


def read(body: bytes, media_type: str | None = None, *, max_bytes: int = MAX_BYTES) -> Draft:
    """The one document that `body` is. Raises DocumentRejected, and nothing else, if it cannot be read or is more than one."""
    items = list(islice(read_all(body, media_type, max_bytes=max_bytes, max_total=max_bytes), 2))
    match items:
        case [Reading(draft=draft)]:
            return draft
        case [Refusal(error=error)]:
            raise error
        case []:
            raise DocumentRejected("no-document", "there is no document in it")
        case _ if any(isinstance(item, Reference) for item in items):
            raise DocumentRejected("no-document", "this is a list of addresses and no document")
        case _:
            raise DocumentRejected("many-documents", "these are several documents; send them as a batch")


def read_all(
    body: bytes, media_type: str | None = None, *, max_bytes: int = MAX_BYTES, max_total: int = MAX_BYTES
) -> Iterator[Item]:
    """Everything that `body` holds, in its order: documents, addresses to fetch, and what was refused. Raises nothing.

    `max_bytes` holds for each document, `max_total` for the body. Documents are read one by one as they are asked for.
    """
    try:
        yield from _items(_found(body, media_type, max_total), max_bytes)
    except DocumentRejected as error:
        yield Refusal(error)


def _found(body: bytes, media_type: str | None, max_total: int) -> Found:
    if len(body) > max_total:
        raise DocumentRejected("too-large", f"the document is larger than {max_total} bytes", limit=max_total)
    said = (media_type or "").partition(";")[0].strip().lower()
    kind, text = kind_of(body, said) if said in UNSAID | OTHER_NAMES | set(ACCEPTED) else (None, "")
    if kind is None:
        raise DocumentRejected(
            "unknown-media-type",
            "this is nothing that is read here",
            given=said[:100],
            accepted=list(ACCEPTED),
        )
    if kind in BINARY:
        return BINARY[kind](body)
    if len(text) > max_total:
        raise DocumentRejected(
            "too-large", f"the document inflates to more than {max_total} characters", limit=max_total
        )
    if not text.strip():
        raise DocumentRejected("empty", "the document is empty")
    return READERS[kind](text)


def _items(found: Found, max_bytes: int) -> Iterator[Item]:
    for number, each in enumerate(found):
        if number >= MAX_DOCUMENTS:
            raise DocumentRejected("too-large", f"more than {MAX_DOCUMENTS} documents in one body", limit=MAX_DOCUMENTS)
        yield _read(each, max_bytes) if isinstance(each, Source) else each


def _read(source: Source, max_bytes: int) -> Reading | Refusal:
    try:
        if len(source.page.html) > 2 * max_bytes:
            raise DocumentRejected("too-large", f"the document is larger than {max_bytes} bytes", limit=max_bytes)
        return Reading(_draft(source.said, source.page), source.at)
    except DocumentRejected as error:
        return Refusal(error, source.at)


def _draft(said: Given, page: Page) -> Draft:
    """What the source says of itself comes first, then what its markup says, then what its text says."""
    if len(page.html) > MAX_HTML:
        raise DocumentRejected("too-large", f"the document grows to more than {MAX_HTML} characters", limit=MAX_HTML)
    whole_text = text_of(page.html)
    normal = normalised(whole_text, said.or_else(page.said()))
    facts = normal.facts
    if not normal.text:
        raise DocumentRejected("empty", "the document has no text")
    return Draft(
        **facts._asdict(),
        html=without_title(without_lines(page.html, normal.hidden), facts.title or ""),
        text=normal.text,
        inferred=normal.inferred,
        given_id=facts.id,
        whole=page.html,
        whole_text=whole_text,
        derived=normal.derived,
        removed=page.removed + normal.removed,
    )
