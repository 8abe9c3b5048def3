"""Pure. A document as numbers: the keys of its words and phrases, and the features that the learner sees.

A word's key is 64 bits of a digest, a phrase's is mixed from those of its two words, so keywords are met without error. A feature is a key
folded to one of 2^18 places (Weinberger and others, ICML 2009). 22,000 articles have 1.7 million different phrases: in 2^16 places they
drown each other, which costs 0.004 of the right answers, and 2^20 bring no more than 0.001. Words have a quarter of the places to
themselves, so that no phrase drowns a word. What stands in the title counts twice, and once more as a feature of its own; a long word's
beginning is a feature too (worth 0.003).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from services.classifier.words import SMALL, singular, spoken

Keys = NDArray[np.uint64]
FEATURES = 1 << 18
WORD_PLACES = 1 << 16
TITLE_LIMIT = 1_000
TEXT_LIMIT = 50_000
"""Characters of the text that are read: what an article is about, it says by then, and the work stays below 5 ms."""
WORDS_KEPT = 1 << 17
"""Words whose keys are remembered, about 20 MB; then it begins anew."""
READINGS_KEPT = 128
"""About 60 kB each. More than a batch: what it teaches is learned when all of it is classified, and by then fewer would be forgotten."""
TITLE_COUNTS = 2
STEM_LETTERS = 6
MOST = 255
SPOTS_OF = (0, 0, 1, 1, 0, 0, 2)
"""Which `spots` the parts of a reading belong to; every second part is phrases."""
COUNTS_OF = np.array([TITLE_COUNTS, TITLE_COUNTS, 1, 1, TITLE_COUNTS, TITLE_COUNTS, 1])
FIRST_OF = np.array([0, WORD_PLACES, 0, WORD_PLACES, 0, WORD_PLACES, 0], np.uint64)
PLACES_OF = np.array([WORD_PLACES, FEATURES - WORD_PLACES] * 3 + [WORD_PLACES], np.uint64)
"""What a feature of each part counts, and the places that the part has: the first one, and how many."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_IN_TITLE = np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)
_LOWER_HALF = np.uint64(0xFFFFFFFF)


class Lexicon(dict[str, int]):
    """The keys of the words met so far. A word leads to its number; number 0 is that of every small word."""

    def __init__(self) -> None:
        super().__init__()
        self.keys_of = np.zeros(WORDS_KEPT + 1, np.uint64)
        self.stems_of = np.zeros(WORDS_KEPT + 1, np.uint64)
        self._next = 1

    def __missing__(self, word: str) -> int:
        if word in SMALL:
            self[word] = 0
            return 0
        number = self._next
        plain = singular(word)
        self.keys_of[number] = key_of(plain)
        self.stems_of[number] = key_of(f"{plain[:STEM_LETTERS]}-") if len(plain) > STEM_LETTERS else 0
        self[word] = number
        self._next += 1
        return number

    def numbers(self, words: list[str]) -> NDArray[np.int64]:
        """The number of each word."""
        if self._next + len(words) > WORDS_KEPT:
            self.clear()
            self._next = 1
        return np.fromiter(map(self.__getitem__, words), np.int64, len(words))


def key_of(word: str) -> int:
    """The key of a word, as `singular` leaves it."""
    return int.from_bytes(blake2b(word.encode(errors="replace"), digest_size=8).digest(), "little")


def phrase_key(phrase: str) -> int:
    """The key of a keyword: one word or two, as words_of leaves them."""
    keys = np.array([key_of(word) for word in phrase.split()], np.uint64)
    return int(keys[0] if len(keys) == 1 else _phrases(keys)[0])


@dataclass(frozen=True)
class Reading:
    """A document that has been read.

    `keys`: of the title's words, the title's phrases, the text's words, the text's phrases, in this order. `ids`, `counts`: its features,
    ascending, and how often each occurs, at most 255. `firsts`: the place, of all `sizes`, where each feature occurs first. `words`: all
    words as they stand in it; `spots`: where in them those of the title, of the text, and those with a beginning of their own are.
    """

    keys: Keys
    ids: NDArray[np.uint32]
    counts: NDArray[np.uint8]
    firsts: NDArray[np.int64]
    sizes: tuple[int, ...]
    words: list[str]
    spots: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]

    @property
    def in_title(self) -> int:
        """How many of the `keys` are the title's."""
        return self.sizes[0] + self.sizes[1]

    def words_at(self, place: int) -> tuple[str, ...]:
        """The words of the document that stand behind a place: one word, or the two of a phrase."""
        part = bisect_right(self._ends, place)
        within = place - (self._ends[part - 1] if part else 0)
        spots = self.spots[SPOTS_OF[part]]
        word = self.words[spots[within]]
        return (word, self.words[spots[within + 1]]) if part % 2 else (word,)

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(self.sizes))


class Reader:
    """Reads documents; what it keeps are the keys of words, so that each is made once, and the latest readings.

    A document is read to be classified and again, out of the log, to be learned from: that is half of what learning from it costs.
    """

    def __init__(self) -> None:
        self._lexicon = Lexicon()
        self._latest: OrderedDict[tuple[str, str], Reading] = OrderedDict()

    def read(self, title: str, text: str) -> Reading:
        """A document as numbers; the same words always give the same. Who asks for the same again soon has it for nothing."""
        asked = (title[:TITLE_LIMIT], text[:TEXT_LIMIT])
        if asked not in self._latest:
            self._latest[asked] = self._read(*asked)
            if len(self._latest) > READINGS_KEPT:
                self._latest.popitem(last=False)
        return self._latest[asked]

    def _read(self, title: str, text: str) -> Reading:
        words = spoken(title)
        in_title = len(words)
        words += spoken(text)
        numbers = self._lexicon.numbers(words)
        large = np.flatnonzero(numbers)
        cut = int(np.searchsorted(large, in_title))
        kept = numbers[large]
        keys, stems = self._lexicon.keys_of.take(kept), self._lexicon.stems_of.take(kept)
        parts = (keys[:cut], _phrases(keys[:cut]), keys[cut:], _phrases(keys[cut:]))
        whole = np.concatenate(parts)
        marked = whole[: len(parts[0]) + len(parts[1])] * _IN_TITLE
        long = np.flatnonzero(stems)
        sizes = (*map(len, parts), len(parts[0]), len(parts[1]), len(long))
        ids, firsts, counts = _counted(_folded(np.concatenate([whole, marked, stems[long]]), sizes), sizes)
        return Reading(whole, ids, counts, firsts, sizes, words, (large[:cut], large[cut:], large[long]))


def _phrases(keys: Keys) -> Keys:
    """The keys of each two neighbours."""
    mixed = (keys[:-1] * np.uint64(31) + keys[1:]) * _MULTIPLIER
    return mixed ^ (mixed >> np.uint64(29))


def _folded(keys: Keys, sizes: tuple[int, ...]) -> Keys:
    """The place of each key among those of its part."""
    return (((keys >> _HALF) * np.repeat(PLACES_OF, sizes)) >> _HALF) + np.repeat(FIRST_OF, sizes)


def _counted(places: Keys, sizes: tuple[int, ...]) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.uint8]]:
    """The distinct features, where each is first, and how often it occurs."""
    numbered = places << _HALF | np.arange(len(places), dtype=np.uint64)
    mixed = np.sort(numbered)  # in a third of the time of a stable argsort
    ordered, order = mixed >> _HALF, (mixed & _LOWER_HALF).astype(np.int64)
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(places) else order
    weights = np.repeat(COUNTS_OF, sizes)[order]
    counts = np.add.reduceat(weights, starts) if len(places) else weights
    return ordered[starts].astype(np.uint32), order[starts], np.minimum(counts, MOST).astype(np.uint8)
