"""Pure. Which events a partner asked for, by what stands in the message itself (version 2, thin).

Within a field one match is enough, and every field that says something must match. A query wants each of its words somewhere in title,
summary or keywords; "two words" in that order; -word nowhere. Words are compared without case and from their beginning to their end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from shared.slugs import slug_of
from shared.syndication.directory import Lead

MOST_WORDS = 30
TERM = re.compile(r'(-?)"([^"]*)"|(-?)(\S+)')
WORD = re.compile(r"\w+")

Text = Annotated[str, Field(min_length=1, max_length=200)]
Texts = Annotated[tuple[Text, ...], Field(max_length=100)]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a filter looks at, made once for each event."""

    subjects: frozenset[str]
    keywords: frozenset[str]
    authors: frozenset[str]
    language: str
    words: str
    """All words with one blank between, before and behind."""


def facts_of(data: dict[str, Any]) -> Facts:
    """The facts of a message's data."""
    subjects = [subject for subject in (data.get("subject"), data.get("second")) if subject]
    keywords = data.get("keywords") or []
    return Facts(
        subjects=_folded(name for subject in subjects for name in (subject["slug"], subject["name"])),
        keywords=_folded(keywords),
        authors=_folded(data.get("authors") or []),
        language=str(data.get("language") or "").casefold(),
        words=_words(" ".join([str(data.get("title") or ""), str(data.get("summary") or ""), *keywords])),
    )


class Filter(BaseModel):
    """What a partner wants to hear of. `subjects`: slugs or names. `languages`: en fits en-GB too."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subjects: Texts = ()
    keywords: Texts = ()
    authors: Texts = ()
    languages: Texts = ()
    query: Annotated[str, Field(max_length=500)] = ""

    @property
    def empty(self) -> bool:
        """Whether everything passes."""
        return not (self.subjects or self.keywords or self.authors or self.languages or self.query.strip())

    def following(self, leads: Mapping[str, Lead]) -> Filter:
        """The same, with what its subjects have become that were renamed or merged since it was written."""
        now = [lead.to for each in self.subjects if (lead := leads.get(slug_of(each))) and lead.to]
        return self.model_copy(update={"subjects": (*self.subjects, *now)}) if now else self

    def passes(self, facts: Facts) -> bool:
        """Whether the message is one that was asked for."""
        return (
            _meets(self.subjects, facts.subjects)
            and _meets(self.keywords, facts.keywords)
            and _meets(self.authors, facts.authors)
            and _spoken(self.languages, facts.language)
            and _found(self.query, facts.words)
        )


def _meets(wanted: tuple[str, ...], found: frozenset[str]) -> bool:
    return not wanted or not found.isdisjoint(each.casefold() for each in wanted)


def _spoken(wanted: tuple[str, ...], language: str) -> bool:
    return not wanted or any(
        language == each.casefold() or language.startswith(each.casefold() + "-") for each in wanted
    )


def _found(query: str, words: str) -> bool:
    for minus_phrase, phrase, minus, word in TERM.findall(query)[:MOST_WORDS]:
        wanted = _words(phrase or word)
        if not wanted.strip():
            continue
        if (wanted in words) == bool(minus_phrase or minus):
            return False
    return True


def _words(text: str) -> str:
    return f" {' '.join(WORD.findall(text.casefold()))} "


def _folded(texts: Iterable[str]) -> frozenset[str]:
    return frozenset([text.casefold() for text in texts])
