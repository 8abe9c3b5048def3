"""Pure. How good answers are, where the truth is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

BINS = 15
FIRST = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """The truth, and what was said: slugs, best first, and the confidence in the first."""

    truth: str
    said: tuple[str, ...]
    confidence: float

    @property
    def right(self) -> bool:
        return self.said[0] == self.truth


@dataclass(frozen=True, slots=True)
class Score:
    """Shares, 0..1. `ece`: expected calibration error over 15 bins of equal width (Naeini, Cooper, Hauskrecht, AAAI 2015)."""

    documents: int
    accuracy: float
    top3: float
    macro_f1: float
    ece: float

    @classmethod
    def of(cls, answers: Sequence[Answer]) -> Score:
        """The score of at least one answer."""
        count = len(answers)
        return cls(
            documents=count,
            accuracy=sum(answer.right for answer in answers) / count,
            top3=sum(answer.truth in answer.said[:FIRST] for answer in answers) / count,
            macro_f1=macro_f1(answers),
            ece=calibration_error(answers),
        )


def macro_f1(answers: Sequence[Answer]) -> float:
    """The mean of F1 over the subjects that are true of some document."""
    true = Counter(answer.truth for answer in answers)
    said = Counter(answer.said[0] for answer in answers)
    right = Counter(answer.truth for answer in answers if answer.right)
    return sum(2 * right[slug] / (true[slug] + said[slug]) for slug in true) / len(true)


def calibration_error(answers: Sequence[Answer]) -> float:
    """By how much confidence and share of right answers differ, in the mean over all answers."""
    gaps = [0.0] * BINS
    for answer in answers:
        gaps[min(int(answer.confidence * BINS), BINS - 1)] += answer.confidence - answer.right
    return sum(map(abs, gaps)) / len(answers)


def confusion(answers: Sequence[Answer]) -> list[tuple[str, str, int]]:
    """What was taken for what how often: truth, answer, times, the commonest error first."""
    errors = Counter((answer.truth, answer.said[0]) for answer in answers if not answer.right)
    return [(truth, said, times) for (truth, said), times in sorted(errors.items(), key=lambda row: (-row[1], row[0]))]


def coverage(answers: Sequence[Answer]) -> list[tuple[float, float, float]]:
    """For each share of the documents, the surest first: the share, the accuracy within it, the confidence that it ends at."""
    ranked = sorted(answers, key=lambda answer: -answer.confidence)
    count = len(ranked)
    rights = accumulate(answer.right for answer in ranked)
    curve = [(place / count, right / place, ranked[place - 1].confidence) for place, right in enumerate(rights, 1)]
    step = max(count // 200, 1)
    return [*curve[step - 1 :: step], *(curve[-1:] if count % step else [])]
