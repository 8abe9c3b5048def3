"""Pure. A text → its terms: words, and pairs of neighbouring words that occur more than once.

A term is a number below `SPACE`, a checksum of the word: the same in every process and for ever, so that terms can be
kept. Two words may share a number; among the 65,000 terms of 4,400 pages that changed nothing measurable. Words lose
their case and their plural (the S-stemmer of D. Harman, How effective is suffixing?, JASIS 42(1), 1991).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

SPACE_BITS = 21
SPACE = 1 << SPACE_BITS
LONGEST_TEXT = 200_000
"""Characters that are looked at; the rest would cost time without bound and seldom changes what a text is about."""
TITLE_COUNTS = 4
LEAST_PAIR_COUNT = 2
"""A pair that occurs once is nearly always a chance: leaving it out keeps precision and saves five in nine terms."""
PAIR_STRENGTH = 0.7
"""Weight of a pair against a word; 0.5 to 1.0 differ by less than 0.004 in precision at five."""
STRENGTH_UNIT = 32
"""Strengths are kept in parts of this, one byte each: up to 7.97, the strength of a word that occurs a thousand times."""

WORD = re.compile(r"[^\W_]{2,}")
UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]{2,}")
"""Chinese and Japanese, which are written without spaces: every two neighbouring characters count as a word."""
SHORTEST_WORD = 2
SPACED = bytes(byte if chr(byte).isalnum() else ord(" ") for byte in range(128)) + bytes(128)
GRAMMAR = (
    "about above after again against all also although am among an and another any are as at be because been "
    "before being below between both but by can cannot could did do does doing done down due during each "
    "either etc even ever every few for from further get had has have having he hence her here hers him his "
    "how however if in into is it its itself just may me might more moreover most much must my neither no nor "
    "not now of off often on once one only or other others our out over own per rather same shall she should "
    "since so some such than that the their them themselves then there therefore these they this those though "
    "through thus to too two under until up upon us use used using very via was we well were what when where "
    "whether which while who whom whose why will with within without would yet you your"
)
STOP_WORDS = frozenset(GRAMMAR.split())
SHORTEST_PLURAL = 3
NO_TERM = -1
MIXER = 0x9E3779B1
"""An odd multiplier (of xxHash); it spreads pairs over the space, away from their words."""
WORDS_REMEMBERED = 1 << 17


class Terms(NamedTuple):
    """The distinct terms of a text in ascending order, and the strength of each.

    A strength is 1 + ln(count), less for a pair, in parts of STRENGTH_UNIT.
    """

    numbers: NDArray[np.integer[Any]]
    strengths: NDArray[np.uint8]


NOTHING = Terms(np.empty(0, np.uint32), np.empty(0, np.uint8))


class _Known(dict[str, int]):
    """The number of each word that was met lately; a lookup takes a tenth of what it takes to stem and sum anew."""

    def __missing__(self, word: str) -> int:
        if len(self) >= WORDS_REMEMBERED:
            self.clear()
        number = (
            NO_TERM
            if word in STOP_WORDS or len(word) < SHORTEST_WORD
            else crc32(stem(word).encode(errors="replace")) & (SPACE - 1)
        )
        self[word] = number
        return number


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a document in their order, its title's first, stop words left out; each with its number."""

    written: list[str]
    places: Numbers
    numbers: Numbers
    pairs: Numbers
    """The number of every two neighbours; NO_TERM where the title ends and the text begins."""
    titled: int
    """How many of them are the title's."""

    @classmethod
    def of(cls, title: str, text: str) -> Words:
        heading = written_in(title[:LONGEST_TEXT].lower())
        written = heading + written_in(text[:LONGEST_TEXT].lower())
        numbers = np.fromiter(map(KNOWN.__getitem__, written), np.int64, len(written))
        places = np.flatnonzero(numbers != NO_TERM)
        numbers, titled = numbers[places], int(places.searchsorted(len(heading)))
        doubles = pairs(numbers)
        doubles[max(titled - 1, 0) : titled] = NO_TERM
        return cls(written, places, numbers, doubles, titled)

    def names(self, numbers: Sequence[int]) -> dict[int, str]:
        """The words of these numbers as they were first met, of those that are here."""
        if not len(self.numbers):
            return {}
        wanted = np.array(numbers, np.int64)
        first = (self.numbers == wanted[:, None]).argmax(axis=1)
        here = self.numbers[first] == wanted
        met = zip(wanted[here].tolist(), self.places[first[here]].tolist(), strict=True)
        return {number: self.written[place] for number, place in met}

    def pair_name(self, number: int) -> str:
        """The two words that this term was first met as; empty if it is not here."""
        if not len(first := np.flatnonzero(self.pairs == number)[:1]):
            return ""
        return " ".join(self.written[place] for place in self.places[first[0] : first[0] + 2].tolist())


def written_in(text: str) -> list[str]:
    """The words of a text; some of a single letter may be among them, which is no term."""
    if text.isascii():
        return text.encode().translate(SPACED).decode().split()  # a fifth of the time that the pattern takes
    return WORD.findall(UNSPACED.sub(_in_twos, text))


def _in_twos(run: re.Match[str]) -> str:
    return f" {' '.join(map(''.join, pairwise(run[0])))} "


def terms_of(title: str, text: str) -> Terms:
    """The terms of a document; its title counts as often as `TITLE_COUNTS` mentions in the text."""
    return terms_in(Words.of(title, text))


def terms_in(words: Words) -> Terms:
    """The same, of words that were read already."""
    again = TITLE_COUNTS - 1
    singles, counts = _counted(np.concatenate([words.numbers[: words.titled]] * again + [words.numbers]))
    doubles, pair_counts = _counted(np.concatenate([words.pairs[: max(words.titled - 1, 0)]] * again + [words.pairs]))
    kept = pair_counts >= LEAST_PAIR_COUNT
    numbers = np.concatenate([singles, doubles[kept]])
    strengths = 1 + np.log(np.concatenate([counts, pair_counts[kept]]))
    strengths[len(singles) :] *= PAIR_STRENGTH
    order = numbers.argsort(kind="stable")
    numbers, strengths = numbers[order], strengths[order]
    if (numbers[1:] == numbers[:-1]).any():  # a word and a pair of one number
        numbers, places = np.unique(numbers, return_inverse=True)
        strengths = np.bincount(places, strengths, len(numbers))
    return Terms(numbers.astype(np.uint32), np.rint(np.minimum(strengths * STRENGTH_UNIT, 255)).astype(np.uint8))


def _counted(numbers: Numbers) -> tuple[Numbers, Numbers]:
    """The distinct numbers in ascending order, and how often each is there; half of the time of numpy's `unique`."""
    numbers.sort()
    ends = np.append((numbers[1:] != numbers[:-1]).nonzero()[0] + 1, len(numbers))[: len(numbers)]
    counts = ends.copy()
    counts[1:] -= ends[:-1]
    return numbers[ends - 1], counts


def pairs(numbers: Numbers) -> Numbers:
    """The number of every pair of neighbours; their order matters."""
    mixed = (numbers[:-1] * 31 + numbers[1:]) * MIXER
    return (mixed >> 7) & (SPACE - 1)


def number_of(name: str) -> int:
    """The number of a word or of two words; NO_TERM if it has none."""
    one, _, other = name.partition(" ")
    if not other or NO_TERM in {KNOWN[one], KNOWN[other]}:
        return KNOWN[one]
    return (KNOWN[one] * 31 + KNOWN[other]) * MIXER >> 7 & SPACE - 1


def stem(word: str) -> str:
    """The word without its plural ending: of the three rules, the first whose ending fits decides."""
    if len(word) <= SHORTEST_PLURAL or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word if word.endswith(("eies", "aies")) else word[:-3] + "y"
    if word.endswith("es"):
        return word if word.endswith(("aes", "ees", "oes")) else word[:-1]
    return word if word.endswith(("us", "ss")) else word[:-1]


KNOWN = _Known()
