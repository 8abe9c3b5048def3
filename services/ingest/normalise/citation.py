"""Pure. What the lines around a title say of an article: date, DOI, journal, authors, keywords."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from services.ingest.characters import folded
from services.ingest.draft import MAX_KEYWORD, MAX_KEYWORDS
from services.ingest.normalise.sheet import Reason, Sheet

HEAD_LINES = 25
LONGEST = 200
LONGEST_KEYWORDS = 1_000

MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905 - names, not code
MONTH = r"(?P<month>(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6})\.?"
YEAR, DAY = r"(?P<year>(?:1[5-9]|20)\d\d)", r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{YEAR}-(?P<number>[01]\d)-{DAY}(?!\d)",
        rf"{YEAR}\s+{MONTH}\s+{DAY}(?!\d)",
        rf"{DAY}\s+{MONTH},?\s+{YEAR}",
        rf"{MONTH}\s+{DAY},?\s+{YEAR}",
    )
)
HAS_YEAR = re.compile(YEAR)
"""Every date has one; a line without is passed over in a twentieth of the time."""
CATALOGUE_DATE = re.compile(
    rf"(?P<year>(?:1[5-9]|20)\d\d)(?:[/\s-]{{0,2}}(?P<month>[01]\d|{'|'.join(MONTHS)})(?:[a-z]*[/\s-]{{0,2}}(?P<day>[0-3]?\d))?)?(?!\d)",
    re.IGNORECASE,
)
BEFORE_DATE = re.compile(
    r"(?:[.\s]*|.{0,60}(?:published|posted|updated|date|on|epub|\||·|•)\s*(?:on|:)?\s*)", re.IGNORECASE
)
BEHIND_DATE = re.compile(r"(?:\s*(?:[:;,.|·•(].*)?)", re.DOTALL)

DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>|]+", re.IGNORECASE)
DOI_LINE = re.compile(r"(?:.*\b)?(?:doi\b|doi\.org/)", re.IGNORECASE)
DOI_TAIL = ".,;:)]}'"
ET_AL = re.compile(r"(?P<authors>[^\W\d_][^.;]{1,80}? et al)\.?\s+(?P<journal>[A-Z][^.;\d]{2,80})\..{0,60}")
KEYWORDS = re.compile(r"(?:key ?words?|tags|index terms)\s*[:—–-]\s*(?P<words>.+)", re.IGNORECASE | re.DOTALL)
KIND = re.compile(
    r"case reports?|reviews?|systematic review|meta-analysis|clinical trial|randomized controlled trial|editorial|letter|original (?:article|research)|research article|comparative study|observational study",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Citation:
    """What was found; None and () where nothing was."""

    doi: str | None = None
    journal: str | None = None
    published_at: datetime | None = None
    authors: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


def take_citation(sheet: Sheet) -> Citation:
    """Read and cut the lines that cite the article itself. A DOI in a paragraph or in a list of references is somebody else's."""
    found = Citation()
    lines = sheet.live()
    for at, line in lines[:HEAD_LINES]:
        if len(line) <= LONGEST and (told := _told(line, found)):
            found = told
            sheet.cut(at, Reason.CITATION)
    for at, line in lines:
        if not found.keywords and len(line) <= LONGEST_KEYWORDS and (words := keywords_in(line)):
            found = replace(found, keywords=words)
            sheet.cut(at, Reason.KEYWORDS)
    return found


def date_in(line: str) -> datetime | None:
    """The day that a line names as its own: at its beginning or behind a word such as `Published`; None for a date within words."""
    for pattern in DATES if HAS_YEAR.search(line) else ():
        found = pattern.search(line[:LONGEST])
        if found and BEFORE_DATE.fullmatch(line[: found.start()]) and BEHIND_DATE.fullmatch(line[found.end() :]):
            return _day(found)
    return None


def date_of(written: str) -> str | None:
    """The day that a field of a catalogue names, in ISO 8601: `2024/01/29/`, `20240129`, `2024 Jan 29`, `2024 Jan`, `2024`; None if none."""
    parts = CATALOGUE_DATE.match(written.strip())
    if not parts:
        return None
    month = parts["month"] or "1"
    number = int(month) if month.isdecimal() else MONTHS.index(month[:3].lower()) + 1
    return f"{parts['year']}-{number:02}-{int(parts['day'] or 1):02}"


def doi_in(line: str) -> str | None:
    """The first DOI of a line, in small letters (they make no difference: DOI Handbook, section 2.4), without what ends the sentence."""
    found = DOI.search(line)
    return found[0].rstrip(DOI_TAIL).lower() if found else None


def keywords_in(line: str) -> tuple[str, ...]:
    """The keywords of a line that begins with `Keywords:`."""
    found = KEYWORDS.fullmatch(line.strip())
    if not found:
        return ()
    separator = ";" if ";" in found["words"] else ","
    words = [folded(word).strip(" .") for word in found["words"].split(separator)]
    return tuple(dict.fromkeys(word for word in words if 0 < len(word) <= MAX_KEYWORD))[:MAX_KEYWORDS]


def _told(line: str, found: Citation) -> Citation | None:
    """`found` with what this line adds; None if it is a line of the article."""
    if KIND.fullmatch(line.strip()):
        return found
    if cited := ET_AL.fullmatch(folded(line)):
        authors = found.authors or (cited["authors"] + ".",)
        return replace(found, authors=authors, journal=found.journal or cited["journal"].strip())
    doi = doi_in(line)
    if doi and not DOI_LINE.match(line):
        doi = None
    date = date_in(line)
    if doi or date:
        return replace(found, doi=found.doi or doi, published_at=found.published_at or date)
    return None


def _day(found: re.Match[str]) -> datetime | None:
    parts = found.groupdict()
    month = int(parts["number"]) if "number" in parts else MONTHS.index(parts["month"][:3].lower()) + 1
    try:
        return datetime(int(parts["year"]), month, int(parts["day"]), tzinfo=UTC)
    except ValueError:
        return None
