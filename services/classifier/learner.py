"""Pure. A linear classifier that learns from one document at a time, in any order.

Softmax regression on hashed words and phrases: values (1 + ln n) · idf of unit length, a step of AdaGrad with one rate for each feature
(Duchi, Hazan, Singer, JMLR 2011: there one for each weight, which is no better here and 24 times the room), and a target that leaves a
part to the other subjects, for labels err. The idf is that of the documents learned from. Two things make the order of little account:

- a bounded sample of what was learned (Vitter's reservoir) is gone over again, some documents for each new one, by half steps;
- a subject that comes much more often lately than on the whole is learned from by smaller steps, so that a run of one does not drown the
  rest, and the sample is gone over harder meanwhile. Sorted by subject, 22,000 articles give 0.72 with both, 0.19 without, and shuffled 0.74.

What it is depends on what it learned and nothing else: chance is drawn from the number of documents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.classifier.reading import FEATURES

Floats = NDArray[np.float32]
FLOOR = 0.1
"""What a feature's sum of squares begins with, so that its first step is no leap."""
KEPT = 7000
YOUTH = 5000
"""Documents after which it learns half as boldly beyond what it always does: with long steps, wide targets and much repetition."""
KEYWORDS_HALVE = 500
"""Documents after which the keywords have lost half of the lead that they begin with."""
REPLAYS_WHEN_YOUNG, REPLAYS, REPLAY_SCALE = 4, 2, 0.5
REPLAYS_IN_A_RUN, REPLAY_SCALE_IN_A_RUN = 4, 1.0
GUESS_SCALE = 0.5
RUN_BELOW = 0.7
"""A step that is tempered to less than this is one of a run."""
RECENTLY = 50
"""Documents over which a subject's share is a recent one."""
OFTEN = 1.6
"""Times of its share on the whole that a subject may come lately before its steps grow smaller."""


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled document: its features, what the keywords say for each subject of the learner (as far as then known), and its subject."""

    ids: NDArray[np.uint32]
    counts: NDArray[np.uint8]
    prior: Floats
    label: int
    document: int


class Heard(NamedTuple):
    """What was learned says of a document: its features' values, their weights in each column, and the columns' scores."""

    values: Floats
    rows: Floats
    scores: Floats


class Learner:
    """The weights and all that it takes to go on learning. A column is a subject, by its slug."""

    def __init__(self) -> None:
        self.slugs: list[str] = []
        self.weights: Floats = np.zeros((FEATURES, 0), np.float32)
        self.squares: Floats = np.zeros(FEATURES, np.float32)
        self.seen_in: Floats = np.zeros(FEATURES, np.float32)
        self.learned = 0
        self.guessed = 0
        self.times = np.zeros(0)
        self.lately = np.zeros(0)
        self.kept: list[Example] = []
        self._place_of: dict[int, int] = {}

    @property
    def met(self) -> int:
        """All documents that it learned from, whoever said what they are."""
        return self.learned + self.guessed

    def snapshot(self) -> Learner:
        """All that is kept of it as it is now, whatever this one learns meanwhile."""
        other = Learner()
        other.slugs = self.slugs.copy()
        other.weights, other.squares, other.seen_in = self.weights.copy(), self.squares.copy(), self.seen_in.copy()
        other.learned, other.guessed = self.learned, self.guessed
        other.times, other.lately = self.times.copy(), self.lately.copy()
        for example in self.kept:
            other.put(example)
        return other

    def know(self, slugs: Sequence[str], moved: Mapping[str, str]) -> None:
        """Make sure that each of these subjects has a column; one that was called otherwise before keeps its own."""
        for column, slug in enumerate(self.slugs):
            if slug in moved and moved[slug] not in self.slugs:
                self.slugs[column] = moved[slug]
        new = [slug for slug in dict.fromkeys(slugs) if slug not in self.slugs]
        if new:
            self.slugs += new
            self.weights = np.hstack([self.weights, np.zeros((FEATURES, len(new)), np.float32)])
            self.times = np.append(self.times, np.zeros(len(new)))
            self.lately = np.append(self.lately, np.zeros(len(new)))

    def values(self, ids: NDArray[np.uint32], counts: NDArray[np.uint8]) -> Floats:
        """The features' values: (1 + ln n) · idf, of unit length."""
        rarity = np.log((1 + self.met) / (1 + self.seen_in.take(ids))) + 1
        values = LOGARITHMS.take(counts) * rarity
        length = np.sqrt(values @ values) or 1.0
        return np.asarray(values / length, np.float32)

    def scores(self, ids: NDArray[np.uint32], counts: NDArray[np.uint8]) -> Floats:
        """What was learned says so much for each column."""
        return self.heard(ids, counts).scores

    def heard(self, ids: NDArray[np.uint32], counts: NDArray[np.uint8]) -> Heard:
        """The same, with what it is made of."""
        values, rows = self.values(ids, counts), self.weights.take(ids, axis=0)
        return Heard(values, rows, values @ rows)

    def learn(self, example: Example) -> bool:
        """Learn from a document, and from some old ones again. False: it is one of a run of its subject."""
        self.learned += 1
        self.seen_in[example.ids] += 1
        scale = self._tempered(example.label)
        run = scale < RUN_BELOW
        self._step(example, scale)
        self._repeat(run=run)
        self._keep(example)
        return not run

    def guess(self, example: Example) -> None:
        """Learn from a document whose subject is its own sure guess: once, by half a step; it takes no part in what is gone over again."""
        self.guessed += 1
        self.seen_in[example.ids] += 1
        scale = self._tempered(example.label)
        self._step(example, GUESS_SCALE * (scale if scale < RUN_BELOW else 1))

    def _repeat(self, *, run: bool) -> None:
        turns, scale = REPLAYS_WHEN_YOUNG if self.learned < YOUTH else REPLAYS, REPLAY_SCALE
        if run:
            turns, scale = REPLAYS_IN_A_RUN, REPLAY_SCALE_IN_A_RUN
        for turn in range(turns if self.kept else 0):
            self._step(self.kept[_chance(self.learned, turn + 1) % len(self.kept)], scale)

    def _tempered(self, label: int) -> float:
        """The length of a step for this subject: 1, or less if it comes too often lately."""
        self.times[label] += 1
        self.lately *= 1 - 1 / RECENTLY
        self.lately[label] += 1 / RECENTLY
        share = (self.times[label] + 1) / (self.times.sum() + len(self.times))
        recent = self.lately[label] + (1 - 1 / RECENTLY) ** self.met / len(self.times)
        return float(min(1.0, OFTEN * share / recent))

    def _step(self, example: Example, scale: float) -> None:
        ids = example.ids
        values = self.values(ids, example.counts)
        rows = self.weights.take(ids, axis=0)  # `take` and `put` of whole rows: a third of the time of weights[ids]
        error = _softmax(values @ rows + prior_weight(self.learned) * self._aligned(example.prior))
        left = 0.1 + 0.2 * youth(self.learned)
        each = left / max(len(error) - 1, 1)
        error -= each
        error[example.label] -= 1 - left - each
        squares = self.squares.take(ids) + (scale * scale * (error @ error)) * values * values
        self.squares[ids] = squares
        rate = scale * (0.6 + 0.4 * youth(self.learned))
        rows -= np.outer(rate * values / np.sqrt(squares + FLOOR), error)
        row = np.dtype((np.void, rows.shape[1] * rows.itemsize))
        self.weights.view(row).put(ids, rows.view(row))

    def _aligned(self, prior: Floats) -> Floats:
        missing = len(self.slugs) - len(prior)
        return np.pad(prior, (0, missing)) if missing else prior

    def _keep(self, example: Example) -> None:
        """Put it into the sample: in place of itself, else in a free place, else by lot."""
        if example.document in self._place_of or len(self.kept) < KEPT:
            self.put(example)
        elif (place := _chance(self.learned, 0) % self.learned) < KEPT:
            del self._place_of[self.kept[place].document]
            self._place_of[example.document] = place
            self.kept[place] = example

    def put(self, example: Example) -> None:
        """Put it into the sample, in place of itself or in a free place."""
        place = self._place_of.setdefault(example.document, len(self.kept))
        self.kept[place : place + 1] = [example]


def youth(learned: int) -> float:
    """1 at first, 0 after very many documents."""
    return YOUTH / (YOUTH + learned)


def prior_weight(learned: int) -> float:
    """What the keywords' scores count beside what was learned."""
    return 1.5 + 2.0 * KEYWORDS_HALVE / (KEYWORDS_HALVE + learned)


def _softmax(scores: Floats) -> Floats:
    powers: Floats = np.exp(scores - scores.max())
    powers /= powers.sum()
    return powers


def _chance(number: int, turn: int) -> int:
    """A whole number that looks drawn by lot and is always the same (splitmix64, Steele, Lea, Flood 2014)."""
    mixed = (number * 8 + turn) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
    return mixed ^ (mixed >> 31)


LOGARITHMS = (1 + np.log(np.maximum(np.arange(256), 1))).astype(np.float32)
