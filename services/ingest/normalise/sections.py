"""Pure. The sections behind an article that are not its own words: references, similar articles, declarations, figures."""

from __future__ import annotations

import re
from itertools import pairwise

from services.ingest.normalise.sheet import Reason, Sheet

EARLIEST = 0.4
"""The part of the text that lies before any of these sections; on a page's first half such a line is its table of contents."""
LONGEST_HEADING = 80
LEAST_PROSE = 120

HEADINGS = {
    Reason.REFERENCES: r"references?(?: list)?|bibliography|literature cited|works cited|citations|notes and references|cited by|literatur(?:verzeichnis)?|références|referencias",
    Reason.SIMILAR: r"similar articles|related (?:articles|posts|stories|content|reading|topics)|you may also like|you might also like|more from .{1,40}|read next|recommended (?:articles|for you|reading)|see also|further reading|external links|trending|most read",
    Reason.CONFLICT: r"(?:statement of |declaration of )?(?:conflicts? of interests?|competing interests?|disclosures?)(?: statement| disclosure)?",
    Reason.FIGURES: r"figures?(?: and tables)?|supplementary (?:material|information|data)|data availability(?: statement)?",
    Reason.FUNDING: r"funding(?: statement| information| sources?)?|grants? (?:support|and funding)|financial support",
    Reason.ACKNOWLEDGEMENTS: r"acknowledge?ments?|author contributions?|ethics (?:statement|approval.*)|publication types?|comments?|leave a (?:comment|reply)",
}
HEADING = re.compile("|".join(f"(?P<{reason.name}>{words})" for reason, words in HEADINGS.items()), re.IGNORECASE)
MARKS = re.compile(r"^[\s#*\d.]*|[\s:*#]*$")
REFERENCE = re.compile(
    r"\bdoi\b|\bPMC?ID\b|\bet al\b|\(?(?:19|20)\d\d[a-z]?[);:]|\d+\(\d+\):|^\s*\[?\d{1,3}[\].]|https?://", re.IGNORECASE
)
FIGURE = re.compile(r"(?:figure|fig\.?|table)\s*\d+\b.*", re.IGNORECASE)


def clear_sections(sheet: Sheet) -> None:
    """Cut each of these sections from its heading to the next heading that has an article's prose behind it."""
    lines = sheet.live()
    behind = EARLIEST * len(sheet.whole)
    position, reason = 0, None
    for (at, line), (_, following) in pairwise([*lines, (-1, "")]):
        found = _heading(line) if position >= behind else None
        if reason and not found and _resumes(line, following):
            reason = None
        reason = found or reason
        if reason:
            sheet.cut(at, reason)
        position += len(line) + 1


def _heading(line: str) -> Reason | None:
    if len(line) > LONGEST_HEADING:
        return None
    found = HEADING.fullmatch(MARKS.sub("", line))
    return Reason[found.lastgroup] if found and found.lastgroup else None


def _resumes(line: str, following: str) -> bool:
    """Whether the article goes on: a heading that is none of ours, and prose behind it."""
    heading = (
        len(line) <= LONGEST_HEADING and line[-1:].isalnum() and not REFERENCE.search(line) and not FIGURE.match(line)
    )
    return heading and len(following) >= LEAST_PROSE and not REFERENCE.search(following[:400])
