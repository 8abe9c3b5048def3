"""Pure. Scores as confidences that mean what they say.

confidence = (1 - noise) · softmax(scores / temperature) + noise / subjects. The temperature follows the size of the scores, which changes with
what was learned; and labels err, so that nobody is surer than they are right. Both curves were fitted to 8,500 articles from other sources than
those learned from (expected calibration error 0.02, of which sampling alone makes 0.02).

What each labelled document is called before it is learned from corrects the temperature, where it plainly errs. That measure flatters: what comes
is often from the same source as what was learned. So measured overconfidence counts from 4 points on, and measured modesty from 12.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from services.classifier.learner import Floats
from services.classifier.prior import Scores

BEGINNING = 0.42
KEYWORDS, KEYWORDS_HALVE = 0.2, 150
"""The keywords' lead makes large scores at first."""
RISE, HALF_RISEN = 0.21, 3500
"""And what was learned makes large ones in the end."""
GUESSING, GUESSES_HALF, GUESSING_HALVES = 0.23, 900, 350
"""What is learned from guesses makes the next ones surer than they should be, as long as few labels were learned."""
NOISE = 0.08
NOISE_FROM = 100
MEANING = 0.075
"""What the meaning says counts as so much of what the words say, once this is calibrated."""
COOLER, HALF_COOLED = 0.15, 20
"""And as both say the same in part, their sum is surer than it should be, as soon as some meanings were learned."""
LATE = 0.05
"""How much less the meaning counts for each document whose words alone were learned: before the extra was there, or while it was switched off."""
OVER, UNDER = 0.04, -0.12
WINDOW = 300
PACE = 0.01
FARTHEST = 0.7
FORGETTING = 1000


@dataclass(frozen=True, slots=True)
class Meant:
    """What the meaning says for each subject, as Meanings.scores has it, by so many documents."""

    scores: Scores
    learned: int

    def joined(self, evidence: Scores | Floats, learned: int) -> Scores:
        """Beside the evidence of the words, by so many documents; 0 for the likeliest."""
        voice = self.learned / (self.learned + LATE * max(learned - self.learned, 0))
        sharpness = 1 - COOLER * voice * self.learned / (self.learned + HALF_COOLED)
        together = sharpness * (evidence + MEANING * voice * self.scores)
        return np.asarray(together - together.max())


class Calibration:
    """How sure to be. `gap`: confidence less share of right answers, lately; `correction`: of the temperature's logarithm."""

    def __init__(self, gap: float = 0.0, correction: float = 0.0) -> None:
        self.gap = gap
        self.correction = correction

    def temperature(self, learned: int, guessed: int = 0) -> float:
        """What scores are divided by, after so many documents."""
        keywords = KEYWORDS * KEYWORDS_HALVE / (KEYWORDS_HALVE + learned)
        guesses = GUESSING * guessed / (guessed + GUESSES_HALF) * GUESSING_HALVES / (GUESSING_HALVES + learned)
        rise = RISE * learned / (learned + HALF_RISEN)
        return (BEGINNING + keywords + guesses + rise) * math.exp(self.correction)

    def confidences(
        self, scores: Scores | Floats, learned: int, guessed: int = 0, meant: Meant | None = None
    ) -> Scores:
        """The confidence in each subject; they sum to 1."""
        evidence = (scores - scores.max()) / self.temperature(learned, guessed)
        if meant:
            evidence = meant.joined(evidence, learned)
        powers = np.exp(evidence, dtype=np.float64)
        noise = NOISE * learned / (learned + NOISE_FROM)
        return np.asarray((1 - noise) * powers / powers.sum() + noise / len(powers))

    def observe(self, confidence: float, *, right: bool) -> None:
        """Take account of an answer to which the truth is known."""
        self.gap += (confidence - right - self.gap) / WINDOW
        beyond = max(self.gap - OVER, 0) + min(self.gap - UNDER, 0)
        moved = self.correction * (1 - 1 / FORGETTING) + PACE * beyond
        self.correction = min(max(moved, -FARTHEST), FARTHEST)
