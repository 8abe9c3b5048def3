"""Pure. What a text says twice: its title as a line of its own, before or behind its paragraphs, and whole lines."""

from __future__ import annotations

import re

from services.ingest.normalise.sheet import Reason, Sheet

HEAD_LINES = 40
LEAST_WORDS = 4
"""A shorter beginning of the title may well be a heading of the article."""
LEAST_REPEATED = 20
TRAILING = re.compile(r"[\s.:!?…|–-]+$")


def clear_title(sheet: Sheet, title: str) -> None:
    """Cut the title's own lines, and the title where pages for search engines put it before and behind their paragraphs.

    The words of a sentence stay: before it the title is cut only where what follows begins a sentence of its own.
    """
    wanted, seen = _bare(title), False
    if not wanted:
        return
    for at, line in sheet.live():
        if len(line) <= len(title) + 3 and _says(line, wanted):
            sheet.cut(at, Reason.REPEATED_TITLE if seen else Reason.TITLE)
            seen = True
        elif len(wanted.split()) >= LEAST_WORDS:
            _clear_ends(sheet, at, line, title)


def clear_repeats(sheet: Sheet) -> None:
    """Cut every line that was there before, letter for letter."""
    seen: set[str] = set()
    for at, line in sheet.live():
        if len(line) >= LEAST_REPEATED:
            if line in seen:
                sheet.cut(at, Reason.REPEATED_LINE)
            seen.add(line)


def _clear_ends(sheet: Sheet, at: int, line: str, title: str) -> None:
    start = line
    while start.startswith(f"{title} ") and _begins(start[len(title) + 1 :]):
        sheet.cut_start(at, len(title) + 1, Reason.REPEATED_TITLE)
        start = start[len(title) + 1 :]
    if start.endswith(f" {title}") and start[: -len(title)].rstrip()[-1:] in ".!?":
        sheet.cut_end(at, len(title) + 1, Reason.REPEATED_TITLE)


def _begins(rest: str) -> bool:
    first = rest.lstrip("\"'“‘([")[:1]
    return first.isupper() or first.isdigit()


def _says(line: str, wanted: str) -> bool:
    """Whether a line is the title or its beginning, and no more than that."""
    bare = _bare(line)
    return bare == wanted or (
        len(bare.split()) >= LEAST_WORDS and wanted.startswith(bare) and not wanted[len(bare)].isalnum()
    )


def _bare(line: str) -> str:
    return TRAILING.sub("", line).strip().casefold()
