"""Pure. What stands in a text that says nothing of itself: its title and its first sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from services.ingest.characters import cut, folded

HEAD_LINES = 40
"""Pages copied as text begin with up to twenty lines of menu and boilerplate."""
LONGEST_TITLE = 200
LONGEST_FIRST_LINE = 120
LONGEST_SENTENCE_TITLE = 90
LONGEST_SUMMARY = 160
LEAST_WORDS_REPEATED = 4
LEAST_LEAD = 60
LEAST_CLAUSE = 100
LEAST_LETTERS = 4
LONGEST_SEARCHED = 4_000
LABEL = re.compile(
    r"(?=[abcfimoprs])(?:background|objectives?|aims?|purpose|introduction|importance|context|summary|abstract|methods|results|findings|conclusions?|case presentation)\s*[:.]\s+(?=\S)",
    re.IGNORECASE,
)
"""What the paragraphs of a structured abstract begin with; to try all of them where none begins took five times as long."""
SUBORDINATE = re.compile(r"(?:despite|although|though|while|whereas|because|since|unlike|given|even)\b", re.IGNORECASE)
"""A sentence that begins so says nothing yet where it has to be cut."""
SENTENCE_END = re.compile(r"[.!?…。！？](?:(?<=[。！？])|[\"'”’)\]]{0,3}(?=$| [\"'“‘(\[]?[^\W_a-z]))")
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


def lead(lines: Sequence[str]) -> str:
    """What a text says first, in at most 160 characters: whole sentences where they fit, else one that fits and belongs to the title's
    matter, else the first one up to where it can be cut.
    """
    first = next((line for line in lines[:HEAD_LINES] if len(line) >= LEAST_LEAD and SENTENCE_END.search(line)), None)
    first = LABEL.sub("", first or next(iter(lines), ""))
    summary = sentences(first, LONGEST_SUMMARY)
    if len(summary) <= LONGEST_SUMMARY:
        return summary
    if SUBORDINATE.match(summary):
        return _other(lines[:HEAD_LINES], summary) or cut(summary, LONGEST_SUMMARY)
    return _clause(summary)


def _other(lines: Sequence[str], first: str) -> str:
    """The sentence that fits and shares most words with the first one."""
    known = _words(first)
    fitting = [
        each for line in lines for each in _sentences(LABEL.sub("", line)) if LEAST_LEAD <= len(each) <= LONGEST_SUMMARY
    ]
    return max(fitting, key=lambda each: len(known & _words(each)) / (len(_words(each)) or 1), default="")


def _sentences(line: str) -> list[str]:
    ends = [0, *(end.end() for end in SENTENCE_END.finditer(line[:LONGEST_SEARCHED]))]
    return [line[start:end].strip() for start, end in pairwise(ends)]


def _words(line: str) -> set[str]:
    return {word for word in line.casefold().split() if len(word) >= LEAST_LETTERS}


def _clause(sentence: str) -> str:
    """A sentence up to its last comma within the limit if that is not too early, else up to its last word."""
    head, comma, _ = sentence[: LONGEST_SUMMARY - 1].rpartition(", ")
    return f"{head}…" if comma and len(head) >= LEAST_CLAUSE else cut(sentence, LONGEST_SUMMARY)


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
