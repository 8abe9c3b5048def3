"""Pure. The normal form of a text: its own words without anything around them, and what those say of the document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.ingest.characters import cut, folded
from services.ingest.draft import MAX_TITLE
from services.ingest.fields import Given
from services.ingest.normalise.bylines import take_bylines
from services.ingest.normalise.citation import Citation, take_citation
from services.ingest.normalise.furniture import clear_furniture
from services.ingest.normalise.languages import language_of
from services.ingest.normalise.phrases import keywords_of
from services.ingest.normalise.repeats import clear_repeats, clear_title
from services.ingest.normalise.sections import clear_sections
from services.ingest.normalise.sheet import NOT_SHOWN, Reason, Removed, Sheet
from services.ingest.prose import headline, lead

WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Normal:
    """`facts` is complete; `derived` names those of its fields that come from the text, `inferred` those that stand nowhere in it.

    `hidden`: the lines that a page leaves out too.
    """

    facts: Given
    text: str
    derived: frozenset[str]
    inferred: tuple[str, ...]
    removed: tuple[Removed, ...]
    hidden: frozenset[str]


def normalised(whole: str, said: Given) -> Normal:
    """Read a text of which `said` is known already. The words that are left are never none, unless there were none."""
    sheet = Sheet(whole)
    clear_furniture(sheet)
    clear_sections(sheet)
    title = said.title or cut(headline([line for _, line in sheet.live()]), MAX_TITLE)
    citation = take_citation(sheet)
    clear_title(sheet, title)
    authors = citation.authors or take_bylines(sheet)
    clear_repeats(sheet)
    if not sheet.text:
        sheet = Sheet(whole)
    return _normal(sheet, said, _found(title or cut(folded(whole), MAX_TITLE), citation, authors))


def _found(title: str, citation: Citation, authors: tuple[str, ...]) -> Given:
    return Given(
        title=title,
        authors=authors,
        keywords=citation.keywords,
        doi=citation.doi,
        journal=citation.journal,
        published_at=citation.published_at,
    )


def _normal(sheet: Sheet, said: Given, found: Given) -> Normal:
    """What was said comes first, then what was found, then what can be made of the words."""
    text = sheet.text
    known = said.or_else(found)
    language = known.language or language_of(text)
    made = Given(
        language=language,
        summary=lead(text.split("\n")),
        keywords=keywords_of(known.title or "", text, language) if not known.keywords else (),
    )
    facts = known.or_else(made)
    inferred = {name for name, fact, own in zip(Given._fields, facts, known, strict=True) if fact and not own}
    if not said.title and found.title not in sheet.lines:
        inferred.add("title")
    return Normal(
        facts=facts,
        text=text,
        derived=frozenset(name for name, fact in zip(Given._fields, said, strict=True) if not fact),
        inferred=tuple(sorted(inferred)),
        removed=sheet.removed(),
        hidden=frozenset(sheet.cut_lines(*NOT_SHOWN) | _names_alone(sheet, facts.authors or ())),
    )


def _names_alone(sheet: Sheet, authors: Sequence[str]) -> set[str]:
    """The bylines that say nothing more than who wrote it, which stands above the article."""
    names = {word.casefold() for author in authors for word in WORD.findall(author)} | {"by"}
    bylines = sheet.cut_lines(Reason.BYLINE)
    return {line for line in bylines if names.issuperset(word.casefold() for word in WORD.findall(line))}
