"""Pure. A text on the table: what is cut from it is noted with its place and its reason, and the rest reads on."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from services.ingest.characters import cut, folded
from shared.events import Fact

LONGEST_EXCERPT = 120
MOST_REPORTED = 1_000


class Reason(StrEnum):
    """Why a part of a document is no part of the text that is analysed."""

    TITLE = "title"
    REPEATED_TITLE = "repeated-title"
    REPEATED_LINE = "repeated-line"
    BYLINE = "byline"
    CITATION = "citation"
    KEYWORDS = "keywords"
    LABEL = "label"
    CHROME = "site-chrome"
    BANNER = "government-banner"
    FURNITURE = "page-furniture"
    COPYRIGHT = "copyright"
    IMAGE = "image-stub"
    CAPTION = "caption"
    REFERENCES = "references"
    SIMILAR = "similar-articles"
    CONFLICT = "conflict-of-interest"
    FIGURES = "figures"
    FUNDING = "funding"
    ACKNOWLEDGEMENTS = "acknowledgements"


NOT_SHOWN = frozenset({Reason.TITLE, Reason.REPEATED_TITLE, Reason.CHROME, Reason.BANNER, Reason.IMAGE, Reason.CAPTION})
"""What the page does not show either: it stands above every article in any case, belongs to the site that the article was taken from, or is
a picture that is not there."""


class Removed(Fact):
    """A part that was left out: `start` and `end` count characters of the whole text, `line` its lines from 1.

    All three are None for what the markup itself set apart from the article (a page's navigation), which is no part of the whole text.
    """

    reason: Reason
    excerpt: str
    line: int | None = None
    start: int | None = None
    end: int | None = None


class Sheet:
    """The lines of a text, each whole, shortened at its ends, or gone."""

    def __init__(self, whole: str) -> None:
        self.whole = whole
        self.lines = whole.split("\n")
        self._from = [0] * len(self.lines)
        self._to = [len(line) for line in self.lines]
        self._cuts: list[tuple[int, int, int, Reason]] = []
        self._live: list[tuple[int, str]] | None = None
        """As it was told last, if nothing has been cut since: all who read the text ask for it, and few of them cut."""

    def live(self) -> list[tuple[int, str]]:
        """The number (from 0) and the words of each line that is still there."""
        if self._live is None:
            kept = zip(self.lines, self._from, self._to, strict=True)
            self._live = [(at, line[start:end]) for at, (line, start, end) in enumerate(kept) if start < end]
        return self._live

    @property
    def text(self) -> str:
        """What is left."""
        return "\n".join(words for _, line in self.live() if (words := line.strip()))

    def cut(self, at: int, reason: Reason) -> None:
        """Take away what is left of a line."""
        self._note(at, self._from[at], self._to[at], reason)
        self._from[at] = self._to[at]

    def cut_start(self, at: int, length: int, reason: Reason) -> None:
        """Take away the first `length` characters of what is left of a line."""
        self._note(at, self._from[at], self._from[at] + length, reason)
        self._from[at] += length

    def cut_end(self, at: int, length: int, reason: Reason) -> None:
        """Take away the last `length` characters of what is left of a line."""
        self._note(at, self._to[at] - length, self._to[at], reason)
        self._to[at] -= length

    def cut_lines(self, *reasons: Reason) -> set[str]:
        """The lines that were taken away for one of `reasons`."""
        return {self.lines[at][start:end] for at, start, end, reason in self._cuts if reason in reasons}

    def removed(self) -> tuple[Removed, ...]:
        """What was taken away, in its order; neighbours that went for one reason are one part. At most MOST_REPORTED."""
        starts = self._starts()
        return tuple(self._part(starts, part) for part in list(self._parts())[:MOST_REPORTED])

    def _parts(self) -> Iterator[list[tuple[int, int, int, Reason]]]:
        part: list[tuple[int, int, int, Reason]] = []
        for each in sorted(self._cuts):
            if part and not self._adjoin(part[-1], each):
                yield part
                part = []
            part.append(each)
        if part:
            yield part

    def _adjoin(self, one: tuple[int, int, int, Reason], other: tuple[int, int, int, Reason]) -> bool:
        if one[3] != other[3]:
            return False
        same_line = one[0] == other[0] and one[2] == other[1]
        next_line = one[0] + 1 == other[0] and one[2] == len(self.lines[one[0]]) and other[1] == 0
        return same_line or next_line

    def _part(self, starts: list[int], part: list[tuple[int, int, int, Reason]]) -> Removed:
        first, last = part[0], part[-1]
        start, end = starts[first[0]] + first[1], starts[last[0]] + last[2]
        excerpt = cut(folded(self.whole[start : min(end, start + 4 * LONGEST_EXCERPT)]), LONGEST_EXCERPT)
        return Removed(reason=first[3], excerpt=excerpt, line=first[0] + 1, start=start, end=end)

    def _note(self, at: int, start: int, end: int, reason: Reason) -> None:
        self._live = None
        if start < end:
            self._cuts.append((at, start, end, reason))

    def _starts(self) -> list[int]:
        starts, position = [], 0
        for line in self.lines:
            starts.append(position)
            position += len(line) + 1
        return starts
