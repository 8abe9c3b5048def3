"""Pure. Which subject a document belongs to, by the taxonomy's keywords.

A keyword speaks for a subject with (1 + ln n) · weight · ln(1 + S / s): n is how often it occurs, S the number of subjects and s how
many of them share it. The scores are made a vector of almost unit length, so that a long document does not seem surer than a short one,
and a softmax makes confidences of them.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from services.classifier.taxonomy import KnownSubject, Taxonomy
from services.classifier.words import phrases_of, words_of
from shared.events import Document, Subject
from shared.slugs import slug_of

TITLE_WEIGHT = 4
"""A word of the title counts as so many of the text."""
RUNNERS_UP = 3
TEXT_LIMIT = 50_000
"""Characters of the text that are read: what an article is about, it says by then, and the work stays below 20 ms."""
FEW = 20.0
"""Length of the score vector, about six plain keywords, below which the evidence is thin and the confidence low."""
TEMPERATURE = 0.18
"""With FEW, where confidence was nearest to the share of right answers over 22,000 labelled articles."""


@dataclass(frozen=True, slots=True)
class Classification:
    """A document's subject, and the next best ones, best first."""

    subject: Subject
    runners_up: tuple[Subject, ...] = ()


class Subjects:
    """The subjects of a taxonomy, and how much each keyword speaks for each."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.taxonomy = taxonomy
        self.fallback = taxonomy.by_any_name[taxonomy.fallback]
        self._evidence = _evidence(taxonomy)

    def best(self, document: Document) -> Classification:
        """The subject that a person set, else the likeliest one; the same document always gets the same."""
        ranked = self._ranked(document)
        if document.subject and document.subject.strip():
            given = self._given(document.subject)
            others = (subject for subject in ranked if subject.slug != given.slug)
            return Classification(given, tuple(others)[:RUNNERS_UP])
        if not ranked:
            return Classification(self._fallen_back())
        return Classification(ranked[0], tuple(ranked[1 : RUNNERS_UP + 1]))

    def unknown(self) -> Subject:
        """The subject of what has none, such as a retraction: the fallback, with no confidence at all."""
        return _subject(self.fallback, 0.0)

    def _given(self, words: str) -> Subject:
        known = self.taxonomy.named(words)
        if known:
            return Subject(name=known.name, slug=known.slug, confidence=1.0, given=True)
        return Subject(name=" ".join(words.split()), slug=slug_of(words), confidence=1.0, given=True)

    def _fallen_back(self) -> Subject:
        return _subject(self.fallback, 1 / len(self.taxonomy.subjects))

    def _ranked(self, document: Document) -> list[Subject]:
        """The likeliest of the subjects that any keyword speaks for, best first; among equals the taxonomy's order holds."""
        scores = self._scores(_counts(document, self._evidence))
        confidences = _confidences(scores)
        order = sorted((place for place, score in enumerate(scores) if score > 0), key=lambda place: -scores[place])
        return [_subject(self.taxonomy.subjects[place], confidences[place]) for place in order[: RUNNERS_UP + 1]]

    def _scores(self, counts: Mapping[str, int]) -> list[float]:
        scores = [0.0] * len(self.taxonomy.subjects)
        for phrase, count in counts.items():
            times = 1 + math.log(count)
            for place, weight in self._evidence[phrase]:
                scores[place] += times * weight
        return scores


def _evidence(taxonomy: Taxonomy) -> dict[str, list[tuple[int, float]]]:
    """For each keyword the places of its subjects in the taxonomy, and how much it speaks for each."""
    weights: dict[str, dict[int, float]] = defaultdict(dict)
    for place, subject in enumerate(taxonomy.subjects):
        for keyword in subject.keywords:
            weights[keyword.phrase][place] = keyword.weight
    return {phrase: _told_by_rarity(shares, len(taxonomy.subjects)) for phrase, shares in weights.items()}


def _told_by_rarity(shares: Mapping[int, float], subjects: int) -> list[tuple[int, float]]:
    """The weights of one keyword, the greater the fewer subjects share it."""
    rarity = math.log(1 + subjects / len(shares))
    return [(place, weight * rarity) for place, weight in shares.items()]


def _counts(document: Document, keywords: Mapping[str, object]) -> Counter[str]:
    """How often each keyword occurs, the title's occurrences weighted."""
    title, text = words_of(document.title), words_of(document.text[:TEXT_LIMIT])
    counts = Counter(found for found in text + phrases_of(text) if found in keywords)
    for found in title + phrases_of(title):
        if found in keywords:
            counts[found] += TITLE_WEIGHT
    return counts


def _confidences(scores: list[float]) -> list[float]:
    """Softmax of the scores, whose vector is made nearly one long: shorter, if there is little of it."""
    length = math.hypot(FEW, *scores)
    powers = [math.exp(score / length / TEMPERATURE) for score in scores]
    total = math.fsum(powers)
    return [power / total for power in powers]


def _subject(known: KnownSubject, confidence: float) -> Subject:
    return Subject(name=known.name, slug=known.slug, confidence=confidence)
