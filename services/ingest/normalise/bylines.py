"""Pure. Who wrote it: the line with a name before or behind an article."""

from __future__ import annotations

import re

from services.ingest.normalise.sheet import Reason, Sheet

HEAD_LINES = 8
SIGNATURE_LINES = 4
LONGEST = 100
MOST_WORDS = 8

BY = re.compile(
    r"(?:(?:written|reported|reviewed|posted|published) by|by|authors?\s*:|von|par|por|di|door)\s+(?P<names>[^\W\d_].*)",
    re.IGNORECASE,
)
BEHIND_NAMES = re.compile(
    r"\s*(?:[|•·(/]|\s[–—-]\s|,?\s+(?:staff|senior|special|for|on|in|at|published|updated)\b|,?\s*\d).*", re.IGNORECASE
)
BETWEEN_NAMES = re.compile(r"\s*(?:,|;|&|\band\b|\bund\b|\bet\b(?! al))\s*")
RANK = re.compile(
    r"(?:(?:associate|assistant|adjunct|clinical|senior|full)\s+)?(?:prof(?:essor|\.)?|doctor|dr\.?|md|phd|msc|mr\.?|mrs\.?|ms\.?|nurse|rev\.?)(?=[\s,.]|$)",
    re.IGNORECASE,
)
DEGREE = re.compile(
    r"(?:\s*,\s*|\s+)(?:m\.?d\.?|ph\.?d\.?|m\.?sc\.?|b\.?sc\.?|r\.?n\.?|frcp|facs|mbbs|mph)\.?$", re.IGNORECASE
)
INSTITUTION = re.compile(
    r"\b(?:department|division|faculty|school|college|university|hospital|clinic|institute|institut|universit\w+|centre|center|laboratory|foundation|ministry)\b",
    re.IGNORECASE,
)
NAME = re.compile(
    r"[^\W\d_a-z][\w.’'-]*(?:\s+(?:(?:van|von|de|der|den|di|da|al|el|bin|ibn|la|le)\s+)*[^\W\d_a-z][\w.’'-]*){1,4}"
)


def take_bylines(sheet: Sheet) -> tuple[str, ...]:
    """Read and cut the line that names the authors, before the article or as its signature."""
    lines = sheet.live()
    for at, line in lines[:HEAD_LINES]:
        if len(line) <= LONGEST and (names := _named(line.strip())):
            sheet.cut(at, Reason.BYLINE)
            return names
    return _signed(sheet, lines[1:][-SIGNATURE_LINES:])


def _named(line: str) -> tuple[str, ...]:
    if name := doubled(line):
        return (name,)
    found = BY.fullmatch(line)
    return names_in(found["names"]) if found and len(line.split()) <= 2 * MOST_WORDS else ()


def doubled(line: str) -> str:
    """A name that a page shows twice (beside its picture): `jane jane` is jane; empty for any other line."""
    words = line.split()
    half = len(words) // 2
    twice = 0 < len(words) <= MOST_WORDS and words[:half] == words[half:]
    return " ".join(words[:half]) if twice and line[-1].isalnum() and words[0][0].isalpha() else ""


def names_in(written: str) -> tuple[str, ...]:
    """The names in the words behind `By`, without ranks and degrees; () if one is no name."""
    names = [bare_name(name) for name in BETWEEN_NAMES.split(BEHIND_NAMES.sub("", written)) if bare_name(name)]
    return tuple(names) if names and all(NAME.fullmatch(name) for name in names) else ()


def bare_name(written: str) -> str:
    """A name without ranks before it and degrees behind it."""
    name, before = written.strip(" .,"), ""
    while name != before:
        before = name
        name = DEGREE.sub("", RANK.sub("", name, count=1) if RANK.match(name) else name).strip(" .,")
    return name


def _signed(sheet: Sheet, lines: list[tuple[int, str]]) -> tuple[str, ...]:
    """The name in the last short lines, if it has a rank or stands above an institution."""
    short = [(at, line.strip()) for at, line in lines]
    while short and not all(_brief(line) for _, line in short):
        short.pop(0)
    for number, (_, line) in enumerate(short):
        below = any(INSTITUTION.search(each) for _, each in short[number + 1 :])
        if (RANK.match(line) or below) and NAME.fullmatch(name := bare_name(line)):
            for at, _ in short[number:]:
                sheet.cut(at, Reason.BYLINE)
            return (name,)
    return ()


def _brief(line: str) -> bool:
    return len(line) <= LONGEST and not line.endswith((".", "!", "?", ":", ";"))
