"""Pure. The feeds that an article stands in beside everything's: by subject, keyword, author, language and source."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Protocol

from shared.slugs import slug_of
from shared.syndication.markup import one_line

ALL = "all"
SUBJECTS = "subjects"
DOCUMENTS = "documents"
RELATED = re.compile(r"documents/([^/]+)/related")
HOST = re.compile(r"https?://(?:[^/?#@]*@)?([^/?#:@\[\]]+)", re.IGNORECASE)
"""urlsplit takes 15 µs."""
MOST_OF_A_KIND = 30
"""Keywords or authors of one document that have feeds; a paper of a thousand authors would write a thousand shelves."""


class Filed(Protocol):
    """What decides in which feeds an article stands, beside its subjects."""

    @property
    def keywords(self) -> tuple[str, ...]: ...
    @property
    def authors(self) -> tuple[str, ...]: ...
    @property
    def language(self) -> str: ...
    @property
    def source_url(self) -> str | None: ...


def subject_path(slug: str) -> str:
    """The path of a subject's feed; a shelf has its feed's path for a name."""
    return f"{SUBJECTS}/{slug}"


def keyword_path(keyword: str) -> str:
    return f"keywords/{_slug(keyword)}"


def author_path(author: str) -> str:
    return f"authors/{_slug(author)}"


def language_path(language: str) -> str:
    return f"languages/{_slug(language)}"


def source_path(host: str) -> str:
    return f"sources/{host}"


def related_path(document_id: str) -> str:
    """The path of the feed of what is near a document."""
    return f"{DOCUMENTS}/{document_id}/related"


def near_which(path: str) -> str | None:
    """The document whose feed of what is near it this is; None if it is none."""
    found = RELATED.fullmatch(path)
    return found and found[1]


def host_of(address: str | None) -> str:
    """The host of a source's address in small letters and without www; empty if there is none."""
    found = HOST.match(address or "")
    host = found[1].lower().removeprefix("www.") if found else ""
    return "".join(letter for letter in host if letter.isalnum() or letter in ".-").strip(".")


def facets_of(article: Filed) -> dict[str, str]:
    """The paths of the feeds but for all and the subjects', each with what it is called; a retracted article keeps its own."""
    host = host_of(article.source_url)
    found = {keyword_path(keyword): keyword for keyword in _named(article.keywords)}
    found |= {author_path(author): author for author in _named(article.authors)}
    found[language_path(article.language)] = article.language
    return found | ({source_path(host): host} if host else {})


_slug = lru_cache(maxsize=8192)(slug_of)  # names come again and again, and a slug takes 5 µs


def _named(names: tuple[str, ...]) -> list[str]:
    return [name for name in map(one_line, names[:MOST_OF_A_KIND]) if name]
