"""Pure. What the reader made of a sending, before it has an id and a version; and the limits that it keeps."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import AwareDatetime, Field

from services.ingest.normalise.sheet import Removed
from shared.errors import DocumentRejected
from shared.events import Fact, SourceLink

MAX_BYTES = 2_000_000
MAX_TITLE = 300
MAX_SUMMARY = 2_000
MAX_SUBJECT = 100
MAX_AUTHORS = 50
MAX_AUTHOR = 200
MAX_KEYWORDS = 50
MAX_KEYWORD = 100
MAX_URL = 2_000
MAX_GIVEN_ID = 200
MAX_DEPTH = 20
MAX_HTML = 4_000_000
"""Characters of clean markup: what 2 MB of text may grow to by its paragraphs and entities."""


class Draft(Fact):
    """Everything of a Document but its id, its version and the time of its receipt.

    `given_id` is the name by which the source itself calls the document, if it tells one.
    """

    title: str
    html: str
    text: str
    summary: str
    authors: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    subject: str | None = None
    url: str | None = None
    language: str = "en"
    published_at: AwareDatetime | None = None
    doi: str | None = None
    journal: str | None = None
    source_links: tuple[SourceLink, ...] = ()
    inferred: tuple[str, ...] = ()
    given_id: str | None = None

    whole: str = Field(default="", exclude=True)
    """The markup before anything was taken from it; what the document's identity is made of, so that a better reader changes no id."""
    whole_text: str = Field(default="", exclude=True)
    """The plain text of `whole`."""
    derived: frozenset[str] = Field(default=frozenset(), exclude=True)
    """The fields that follow from `whole` alone."""
    removed: tuple[Removed, ...] = Field(default=(), exclude=True)
    """What was left out of `text`, and why."""


def too_deep(what: str) -> DocumentRejected:
    """The rejection of what is nested more than MAX_DEPTH deep."""
    return DocumentRejected("too-deep", f"the {what} is nested more than {MAX_DEPTH} levels deep", limit=MAX_DEPTH)


def depth_of(value: object) -> int:
    """Levels of lists and mappings in `value`; counts no further than one beyond MAX_DEPTH."""
    level, depth = [value], 0
    while depth <= MAX_DEPTH and (level := [child for each in level for child in _children(each)]):
        depth += 1
    return depth


def _children(value: object) -> Sequence[object]:
    if isinstance(value, dict):
        return list(value.values()) or [None]
    if isinstance(value, list):
        return value or [None]
    return ()
