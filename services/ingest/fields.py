"""Pure. What a source says of its document, from front matter or JSON: names are looked up, types and limits are held."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import AwareDatetime

from services.ingest.characters import folded, legal
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
from shared.events import Fact

TITLES = ("title", "article_title", "question")
SUMMARIES = ("description", "summary", "seo.page_description")
SUBJECTS = ("subject", "category")
AUTHORS = ("author", "authors")
KEYWORDS = ("keywords", "tags", "seo.page_keywords")
DATES = ("date", "published_at", "date_published", "published")
URLS = ("url", "canonical_url", "link")
LANGUAGES = ("language", "lang")

LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
FIRST_YEAR, LAST_YEAR = 1000, 2200
ZONE_APART = re.compile(r"(?<=\d)[ ]+(?=[+-]\d\d:?\d\d$)")


class Given(Fact):
    """What a document says of itself; None and () where it says nothing."""

    title: str | None = None
    summary: str | None = None
    subject: str | None = None
    authors: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    url: str | None = None
    language: str | None = None
    published_at: AwareDatetime | None = None
    id: str | None = None


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
        id=_name(told),
    )


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
        value: Any = told
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value not in (None, "", [], {}):
            return name, value
    return names[0], None


def _line(told: Mapping[str, Any], names: tuple[str, ...], limit: int) -> str | None:
    name, value = found(told, names)
    return _checked(name, value, limit) or None if value is not None else None


def _lines(
    told: Mapping[str, Any], names: tuple[str, ...], most: int, limit: int, *, separator: str | None
) -> tuple[str, ...]:
    name, value = found(told, names)
    if isinstance(value, str):
        value = value.split(separator) if separator else [value]
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
    return line
