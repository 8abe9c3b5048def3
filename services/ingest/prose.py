"""Pure. What stands in a text that says nothing of itself: its title and its first sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.ingest.characters import cut, folded

HEAD_LINES = 40
"""Pages copied as text begin with up to twenty lines of menu and boilerplate."""
LONGEST_TITLE = 200
LONGEST_FIRST_LINE = 120
LONGEST_SENTENCE_TITLE = 90
LONGEST_SUMMARY = 160
LEAST_WORDS_REPEATED = 4
LEAST_LEAD = 60
SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]{0,3}(?=$| [\"'“‘(\[]?[^\W_a-z])|[。！？]")
HARD_WRAP = 100


def lines_of(text: str) -> list[str]:
    """The paragraphs of a plain text: its lines, or its blocks where the lines were wrapped by hand."""
    lines = [folded(line) for line in text.strip().split("\n")]
    if max(map(len, lines), default=0) > HARD_WRAP or "" not in lines:
        return [line for line in lines if line]
    blocks = re.split(r"\n\s*\n", text)
    return [line for block in blocks if (line := folded(block))]


def headline(lines: Sequence[str]) -> str:
    """The title of a text: a line near its beginning that is said again, else a short first line, else its first sentence."""
    head = lines[:HEAD_LINES]
    for at, line in enumerate(head):
        if _can_be_title(line, LONGEST_TITLE) and any(_says_again(line, later) for later in head[at + 1 :]):
            return line
    first = head[0] if head else ""
    if len(lines) > 1 and _can_be_title(first, LONGEST_FIRST_LINE):
        return first
    return cut(sentences(first, LONGEST_SENTENCE_TITLE), LONGEST_SENTENCE_TITLE)


def lead(lines: Sequence[str], title: str) -> str:
    """The first sentences of a text, behind its title and what stands before that; at most 160 characters."""
    head = [line.casefold() for line in lines[:HEAD_LINES]]
    behind = max((at + 1 for at, line in enumerate(head) if line == title.casefold()), default=0)
    rest = list(lines[behind:]) or list(lines)
    first = next((line for line in rest[:HEAD_LINES] if len(line) >= LEAST_LEAD and SENTENCE_END.search(line)), rest[0])
    return cut(sentences(_without_prefix(first, title), LONGEST_SUMMARY), LONGEST_SUMMARY)


def sentences(line: str, limit: int) -> str:
    """The first sentence of `line`, and the next ones as long as all stay within `limit` characters."""
    ends = [end.end() for end in SENTENCE_END.finditer(line[: 10 * limit])]
    within = [end for end in ends if end <= limit]
    return line[: within[-1] if within else ends[0] if ends else None]


def _can_be_title(line: str, longest: int) -> bool:
    return len(line) <= longest and not line.endswith((".", ":", ",", ";", "。")) and any(map(str.isalpha, line))


def _says_again(line: str, later: str) -> bool:
    shorter, longer = sorted((line.casefold(), later[: LONGEST_TITLE + 1].casefold()), key=len)
    return longer.startswith(shorter) and len(shorter.split()) >= LEAST_WORDS_REPEATED


def _without_prefix(line: str, title: str) -> str:
    """`line` without the title that pages for search engines put before each paragraph."""
    while title and line.startswith(f"{title} ") and not line[len(title) + 1].islower():
        line = line[len(title) + 1 :]
    return line
