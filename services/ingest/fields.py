"""Pure. What a source says of its document, from front matter or JSON: names are looked up, types and limits are held."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from services.ingest.characters import cut, folded, legal
from services.ingest.draft import (
    MAX_AUTHOR,
    MAX_AUTHORS,
    MAX_GIVEN_ID,
    MAX_KEYWORD,
    MAX_KEYWORDS,
    MAX_SUBJECT,
    MAX_SUMMARY,
    MAX_TITLE,
    MAX_URL,
)
from shared.errors import DocumentRejected
from shared.events import SourceLink

TITLES = ("title", "article_title", "question")
SUMMARIES = ("description", "summary", "seo.page_description")
SUBJECTS = ("subject", "category")
AUTHORS = ("author", "authors")
KEYWORDS = ("keywords", "tags", "seo.page_keywords")
DATES = ("date", "published_at", "date_published", "published")
URLS = ("url", "canonical_url", "link")
LANGUAGES = ("language", "lang")
IDENTIFIERS = ("doi", "DOI")
JOURNALS = ("journal", "journal_title", "container-title", "publication")
LISTS = (("authors", MAX_AUTHORS, MAX_AUTHOR), ("tags", MAX_KEYWORDS, MAX_KEYWORD))
LINES = (
    ("title", MAX_TITLE), ("summary", MAX_SUMMARY), ("subject", MAX_SUBJECT), ("url", MAX_URL), ("language", MAX_SUBJECT), ("date", MAX_SUBJECT),
    ("doi", MAX_URL), ("journal", MAX_TITLE), ("id", MAX_GIVEN_ID),
)  # fmt: skip
RELATED = re.compile(r"related_article(\d{1,3})")
MAX_SOURCE_LINKS = 50

LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S{1,200})", re.IGNORECASE)
FIRST_YEAR, LAST_YEAR = 1000, 2200
ZONE_APART = re.compile(r"(?<=\d)[ ]+(?=[+-]\d\d:?\d\d$)")


class Given(NamedTuple):
    """What a document says of itself; None and () where it says nothing."""

    title: str | None = None
    summary: str | None = None
    subject: str | None = None
    authors: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    url: str | None = None
    language: str | None = None
    published_at: datetime | None = None
    doi: str | None = None
    journal: str | None = None
    source_links: tuple[SourceLink, ...] = ()
    id: str | None = None

    def or_else(self, other: Given) -> Given:
        """All of this, and what the other says where this says nothing."""
        return Given._make(here or there for here, there in zip(self, other, strict=True))


def given(told: Mapping[str, Any]) -> Given:
    """The fields that we know among those `told`; rejects one of a wrong type or beyond its limit, passes over all others."""
    return Given(
        title=_line(told, TITLES, MAX_TITLE),
        summary=_line(told, SUMMARIES, MAX_SUMMARY),
        subject=_line(told, SUBJECTS, MAX_SUBJECT),
        authors=_lines(told, AUTHORS, MAX_AUTHORS, MAX_AUTHOR, separator=None),
        keywords=_lines(told, KEYWORDS, MAX_KEYWORDS, MAX_KEYWORD, separator=","),
        url=absolute(_line(told, URLS, MAX_URL) or ""),
        language=language(_line(told, LANGUAGES, MAX_SUBJECT) or ""),
        published_at=moment(_line(told, DATES, MAX_SUBJECT) or ""),
        doi=doi(_line(told, IDENTIFIERS, MAX_URL) or ""),
        journal=_line(told, JOURNALS, MAX_TITLE),
        source_links=source_links(told),
        id=_name(told),
    )


def doi(written: str) -> str | None:
    """A DOI in small letters (they make no difference: DOI Handbook, section 2.4), also out of its address; None for what is none."""
    found = DOI.fullmatch(written)
    return found[1].lower() if found else None


def source_links(told: Mapping[str, Any]) -> tuple[SourceLink, ...]:
    """The articles under `related_article1`, `related_article2`, …, by their numbers; one without title and address is passed over."""
    numbered = sorted((int(found[1]), name) for name in told if (found := RELATED.fullmatch(name)))
    links = [_link(told[name]) for _, name in numbered[:MAX_SOURCE_LINKS]]
    return tuple(link for link in links if link and (link.title or link.url))


def _link(value: object) -> SourceLink | None:
    if isinstance(value, str):
        return SourceLink(url=_clipped(value, MAX_URL))
    if not isinstance(value, Mapping):
        return None
    title, url, id_, subject = (_clipped(value.get(name), MAX_URL) for name in ("title", "url", "id", "subject"))
    return SourceLink(title=title[:MAX_TITLE], url=url, id=id_[:MAX_GIVEN_ID], subject=subject[:MAX_SUBJECT])


def _clipped(value: object, limit: int) -> str:
    return folded(legal(str(value)))[:limit] if isinstance(value, str | int) else ""


def clipped(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a foreign format tells, cut to what `given` takes: a feed's title that is too long is no reason to refuse its article."""
    lists = {name: _clipped_list(told.get(name), most, limit) for name, most, limit in LISTS}
    lines = {name: cut(_clipped(told.get(name), 2 * limit), limit) or None for name, limit in LINES}
    return lists | lines


def _clipped_list(value: object, most: int, limit: int) -> list[str]:
    entries = value if isinstance(value, list | tuple) else [value]
    lines = (cut(_clipped(_named(each), 2 * limit), limit) for each in entries)
    return [line for line in lines if line][:most]


def absolute(address: str) -> str | None:
    """An absolute http(s) address, as it was given; None for a relative one and for what is no address."""
    if len(address) > MAX_URL or any(letter.isspace() or letter in '<>"\\^`{|}' for letter in address):
        return None
    try:
        parts = urlsplit(address)
        fits = parts.scheme in {"http", "https"} and parts.hostname and not parts.username and (parts.port or 1)
    except ValueError:
        return None
    return address if fits else None


def language(tag: str) -> str | None:
    """A language tag in the shape of BCP 47: `en`, `pt-BR`; None for what is none."""
    return tag.replace("_", "-") if LANGUAGE.fullmatch(tag) else None


def moment(written: str) -> datetime | None:
    """A date or a time (ISO 8601, RFC 5322) in UTC; without a zone it is taken as UTC; None if there is no such day."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            when = read(ZONE_APART.sub("", written.strip()) if read == datetime.fromisoformat else written)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        if FIRST_YEAR <= when.year < LAST_YEAR:
            return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    return None


def found(told: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, Any]:
    """The first of `names` that says something, and what; a dot leads into a mapping."""
    for name in names:
        value = _within(told, name) if "." in name else told.get(name)
        if value not in (None, "", [], {}):
            return name, value
    return names[0], None


def _within(told: Mapping[str, Any], path: str) -> Any:
    value: Any = told
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _line(told: Mapping[str, Any], names: tuple[str, ...], limit: int) -> str | None:
    name, value = found(told, names)
    return _checked(name, value, limit) or None if value is not None else None


def _lines(
    told: Mapping[str, Any], names: tuple[str, ...], most: int, limit: int, *, separator: str | None
) -> tuple[str, ...]:
    name, value = found(told, names)
    if isinstance(value, str):
        # So many words without a separator are a list by spaces.
        value = value.split(separator if separator in value or len(value) <= limit else None) if separator else [value]
    if not isinstance(value, list | None):
        raise DocumentRejected("bad-field", f"`{name}` is neither a text nor a list of texts", field=name)
    lines = [_checked(name, _named(each), limit) for each in value or () if each is not None]
    if len(lines) > most:
        raise DocumentRejected("bad-field", f"`{name}` has more than {most} entries", field=name, limit=most)
    unique: dict[str, str] = {}
    for line in filter(None, lines):
        unique.setdefault(line.casefold(), line)
    return tuple(unique.values())


def _named(entry: object) -> object:
    return entry.get("name", entry) if isinstance(entry, Mapping) else entry


def _name(told: Mapping[str, Any]) -> str | None:
    value = told.get("id")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return str(value)
    return _line(told, ("id",), MAX_GIVEN_ID)


def _checked(name: str, value: object, limit: int) -> str:
    if not isinstance(value, str):
        raise DocumentRejected("bad-field", f"`{name}` is no text", field=name)
    line = folded(legal(value))
    if len(line) > limit:
        raise DocumentRejected("bad-field", f"`{name}` is longer than {limit} characters", field=name, limit=limit)
    return line if any(letter.isprintable() and letter != " " for letter in line) else ""
