"""Pure. Where a document is filed: what decides to which feeds it belongs, remembered of each because a retraction no longer says it.

A record is kept of every document that was published: a digest of what its entry says, and its facets. It costs some 10 µs of a document
and 200 bytes, also when nobody is subscribed: who subscribes tomorrow hears of what is taken back then, and of nothing that they have.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from zlib import crc32

from shared.events import Change, DocumentPublished
from shared.syndication.article import language_of, summary_of
from shared.syndication.facets import ALL, MOST_OF_A_KIND, facets_of, subject_path
from shared.syndication.markup import web_address
from shared.syndication.questions import Question, words_of

RETRACTED = "retracted"


@dataclass(frozen=True, slots=True)
class Filed:
    """What is remembered of a document. `listed`: it stands in feeds; `worded`: its words are kept too; `place`: of its newest event."""

    digest: str
    listed: bool = True
    worded: bool = False
    language: str = "en"
    url: str | None = None
    keywords: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    title: str = ""
    place: int = 0

    @property
    def retracted(self) -> bool:
        return self.digest == RETRACTED

    @property
    def source_url(self) -> str | None:
        return web_address(self.url)

    def stored(self) -> str:
        """The record as it is kept."""
        facts = (
            self.digest,
            int(self.listed),
            int(self.worded),
            self.language,
            self.url,
            self.keywords,
            self.authors,
            self.title,
            self.place,
        )
        return json.dumps(facts, ensure_ascii=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Filing:
    """A document as questions are asked of it. `words`: tokens of its words, None if they are not known."""

    paths: frozenset[str]
    words: Collection[int] | None
    published: int
    """Unix seconds of its first publication here."""

    def may_have(self, term: str) -> bool:
        return term in self.paths if "/" in term else self.words is None or token(term) in self.words

    def has(self, term: str) -> bool:
        return term in self.paths if "/" in term else self.words is not None and token(term) in self.words


def filed(
    event: DocumentPublished, before: Filed | None, *, with_duplicates: bool, worded: bool, place: int = 0
) -> Filed:
    """What is to be remembered of a document after `event`; a retracted one stays where it was."""
    document = event.document
    if event.change is Change.RETRACTED and before:
        return Filed(
            RETRACTED,
            before.listed,
            before.worded,
            before.language,
            before.url,
            before.keywords,
            before.authors,
            document.title,
            place,
        )
    return Filed(
        digest=RETRACTED if event.change is Change.RETRACTED else digest_of(event),
        listed=with_duplicates or document.duplicate_of is None,
        worded=worded,
        language=language_of(document),
        url=document.url,
        keywords=document.keywords[:MOST_OF_A_KIND],
        authors=document.authors[:MOST_OF_A_KIND],
        title=document.title,
        place=place,
    )


def filed_in(stored: bytes | None) -> Filed | None:
    """The record that was kept; None if there is none."""
    if not stored:
        return None
    digest, listed, worded, language, url, keywords, authors, *more = json.loads(stored)
    title, place = more or ("", 0)  # records were shorter once
    return Filed(digest, bool(listed), bool(worded), language, url, tuple(keywords), tuple(authors), title, place)


def filing_of(event: DocumentPublished, record: Filed, words: Collection[int] | None) -> Filing:
    """Where the document of `event` belongs."""
    paths: set[str] = set()
    if record.listed:
        subjects = [event.subject, *([event.second] if event.second else [])]
        paths = {ALL, *(subject_path(subject.slug) for subject in subjects), *facets_of(record)}
    published = int(event.first_published_at.timestamp())
    return Filing(frozenset(paths), words, published)


def answers(question: Question, filing: Filing) -> bool:
    """Whether a document answers a question; where its words are not known, whether it may."""
    if not filing.paths:
        return False
    if question.since and filing.published < int(question.since.timestamp()):
        return False
    if not all(any(map(filing.may_have, clause)) for clause in question.clauses):
        return False
    return not any(map(filing.has, question.excluded))


def digest_of(event: DocumentPublished) -> str:
    """What the document's entry says, but for its related articles, its version and its dates."""
    document, second = event.document, event.second
    subjects = (event.subject.slug, event.subject.name, *((second.slug, second.name) if second else ()))
    # What the source says is in its hash already; the rest is how it was read.
    said = (document.content_hash, document.title, document.summary, document.url or "", document.language, *subjects)
    lists = (*document.authors, "", *document.keywords, "")
    read = (crc32(text.encode(errors="replace")) for text in (document.html, document.text))
    return blake2b("\0".join((*said, *lists, *map(str, read))).encode(errors="replace"), digest_size=8).hexdigest()


def words_in(event: DocumentPublished) -> array[int]:
    """The tokens of the words by which the document is found, ascending."""
    document = event.document
    words = words_of(f"{document.title} {summary_of(document)} {document.text}")
    return array("I", sorted(set(map(token, words))))


@lru_cache(maxsize=100_000)
def token(word: str) -> int:
    """A word as four bytes, from which it cannot be read back."""
    return crc32(word.encode(errors="replace"))
