"""Pure. Which subject a document belongs to, how sure that is, and why.

One sum of two voices: the taxonomy's keywords, which speak from the first document on, and what was learned from the documents whose
subject a person set. Where nothing was learned the keywords speak alone, and the more was learned the less they weigh beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from services.classifier.calibration import Meant
from services.classifier.labelled import Labelled
from services.classifier.learner import Floats, Heard, prior_weight
from services.classifier.model import Model
from services.classifier.prior import FEW, Hits, Keywords, Scores
from services.classifier.reading import TEXT_LIMIT, TITLE_LIMIT, Reader, Reading
from services.classifier.taxonomy import KnownSubject, Taxonomy
from services.classifier.words import singular
from shared.events import Document, Subject
from shared.slugs import slug_of

RUNNERS_UP = 3
WORDS_OF_WHY = 8
WEIGHTIEST = 16
"""Features that are looked at for the words that decided: several belong to one word."""
FAINT = 0.05
"""Share of the weightiest word's weight below which a word did not decide."""
COMMON = 0.35
"""A word in more of the documents learned from than this says nothing to a person."""
SURE, LEAD = 0.35, 0.1
"""Confidence, and lead over the next one, from which on a guess is learned from; 0.2 and 0.4 teach as much, 0.6 nothing."""
SURE_OF_SECOND = 0.3
SURE_OF_BOTH = 0.8
"""Confidences from which on a document has two subjects: the second's, and both together."""


@dataclass(frozen=True, slots=True)
class Classification:
    """A document's subject, the next best ones, best first, the words that decided, and a second subject if it has two."""

    subject: Subject
    runners_up: tuple[Subject, ...] = ()
    why: tuple[str, ...] = ()
    second: Subject | None = None


@dataclass(frozen=True, slots=True)
class _Judgement:
    """What speaks for what in a document: `confidences` and `order` (best first) are in the taxonomy's places; `heard` is None before the first lesson."""

    reading: Reading
    hits: Hits
    heard: Heard | None
    confidences: Scores
    order: list[int]


class Subjects:
    """The subjects of a taxonomy; what was learned comes as a model with each question."""

    def __init__(self, taxonomy: Taxonomy, reader: Reader | None = None) -> None:
        self.taxonomy = taxonomy
        self.fallback = taxonomy.by_any_name[taxonomy.fallback]
        self.slugs = tuple(subject.slug for subject in taxonomy.subjects)
        self._place_of = {slug: place for place, slug in enumerate(self.slugs)}
        self._keywords = Keywords(taxonomy)
        self.reader = reader or Reader()
        self._latest: tuple[Reading, Hits, Scores] | None = None
        self._unlearned = Model()
        self._columns_found: tuple[list[str], list[int]] = ([], [-1] * len(self.slugs))

    def best(self, document: Document, model: Model | None = None, meaning: bytes = b"") -> Classification:
        """The subject that a person set, else the likeliest one; the same document, model and meaning always give the same.

        `meaning`: what the document means, as a vector (shared/semantic); without it the words decide alone. They alone are told as reasons.
        """
        model = model or self._unlearned
        judged = self._judged(document, model, meaning)
        ranked = [self._subject(place, judged) for place in judged.order[: RUNNERS_UP + 2]]
        if document.subject and document.subject.strip():
            given = self.given(document.subject)
            others = tuple(subject for subject in ranked if subject.slug != given.slug)[:RUNNERS_UP]
            return Classification(given, others, self._why(judged, model, self._place_of.get(given.slug)))
        if not ranked:
            return Classification(_named(self.fallback, 1 / len(self.slugs)))
        others = tuple(ranked[1 : RUNNERS_UP + 1])
        return Classification(ranked[0], others, self._why(judged, model, judged.order[0]), _second(ranked))

    def given(self, words: str) -> Subject:
        """The subject that a person set."""
        known = self.taxonomy.named(words)
        if known:
            return Subject(name=known.name, slug=known.slug, confidence=1.0, given=True)
        return Subject(name=" ".join(words.split()), slug=slug_of(words), confidence=1.0, given=True)

    def unknown(self) -> Subject:
        """The subject of what has none, such as a retraction: the fallback, with no confidence at all."""
        return _named(self.fallback, 0.0)

    def labelled(self, document: Document, meaning: bytes = b"") -> Labelled:
        """A document whose subject a person set, as it is learned from."""
        kept = Labelled(
            document=document.id,
            version=document.version,
            subject=document.subject or "",
            title=document.title[:TITLE_LIMIT],
            text=document.text[:TEXT_LIMIT],
            meaning=meaning,
        )
        return self.judged_anew(kept)

    def guessed(
        self, document: Document, found: Subject, runners_up: Sequence[Subject], model: Model
    ) -> Labelled | None:
        """A document that no person labelled, as it is learned from; None if its subject is not sure, or the model past such things."""
        lead = found.confidence - max((other.confidence for other in runners_up), default=0.0)
        if found.given or found.confidence < SURE or lead < LEAD or not model.curious:
            return None
        return replace(self.labelled(document), subject=found.slug, slug=found.slug, guessed=True)

    def judged_anew(self, labelled: Labelled) -> Labelled:
        """The same as it is learned from under this taxonomy."""
        known = self.taxonomy.named(labelled.subject) if labelled.subject else None
        _, prior = self._prior(self.reader.read(labelled.title, labelled.text))
        return replace(
            labelled,
            slug=known.slug if known else "",
            slugs=self.slugs,
            prior=tuple([round(score, 4) for score in prior.tolist()]),
            moved=self.taxonomy.moved,
        )

    def _judged(self, document: Document, model: Model, meaning: bytes) -> _Judgement:
        """The likeliest subjects, best first; among equals the taxonomy's order holds. Where nothing that was learned speaks, those that a keyword speaks for."""
        reading = self.reader.read(document.title, document.text)
        hits, prior = self._prior(reading)
        learned, met = model.learner.learned, model.learner.met
        scores = prior_weight(learned) * prior
        heard = model.learner.heard(reading.ids, reading.counts) if met else None
        if heard:
            scores = scores + np.append(heard.scores, 0)[self._columns(model)]
        meant = self._meant(model, meaning) if meaning else None
        confidences = model.calibration.confidences(scores, learned, model.learner.guessed, meant)
        order = np.argsort(-(confidences if meant else scores), kind="stable")[: RUNNERS_UP + 2].tolist()
        if not (meant or (met and scores.any())):
            order = [place for place in order if prior[place] > 0]
        return _Judgement(reading, hits, heard, confidences, order)

    def _meant(self, model: Model, meaning: bytes) -> Meant | None:
        """What the document's meaning says for each subject; None if it says nothing."""
        scores = model.meanings.scores(meaning, self._columns(model))
        return Meant(scores, model.meanings.learned) if scores is not None else None

    def _prior(self, reading: Reading) -> tuple[Hits, Scores]:
        """What the keywords say of a document; for nothing when it is asked for again at once, to be learned from."""
        if self._latest is None or self._latest[0] is not reading:
            hits = self._keywords.hits(reading)
            self._latest = (reading, hits, self._keywords.scores(hits))
        return self._latest[1:]

    def _columns(self, model: Model) -> list[int]:
        """Each subject's column in the model, a former one's if it was renamed since; -1 for none."""
        if self._columns_found[0] == model.learner.slugs:
            return self._columns_found[1]
        column_of = {slug: column for column, slug in enumerate(model.learner.slugs)}
        for former, now in self.taxonomy.moved.items():
            if now not in column_of and former in column_of:
                column_of[now] = column_of[former]
        self._columns_found = (list(model.learner.slugs), [column_of.get(slug, -1) for slug in self.slugs])
        return self._columns_found[1]

    def _subject(self, place: int, judged: _Judgement) -> Subject:
        return _named(self.taxonomy.subjects[place], float(judged.confidences[place]))

    def _why(self, judged: _Judgement, model: Model, place: int | None) -> tuple[str, ...]:
        """The words that speak most for the subject at `place`, against the likeliest other one."""
        if place is None:
            return ()
        rival = next((other for other in judged.order if other != place), None)
        weights: dict[str, float] = {}
        written: dict[str, str] = {}
        for words, weight in self._learned_words(judged, model, place, rival):
            plain = " ".join(map(singular, words))
            weights[plain] = weights.get(plain, 0.0) + weight
            written.setdefault(plain, " ".join(words))
        for plain, weight in self._keyword_words(judged, model.learner.learned, place, rival):
            weights[plain] = weights.get(plain, 0.0) + weight
        ranked = sorted(weights, key=lambda plain: (-weights[plain], plain))
        return tuple(_few(written.get(plain, plain) for plain in ranked if weights[plain] > FAINT * weights[ranked[0]]))

    def _keyword_words(
        self, judged: _Judgement, learned: int, place: int, rival: int | None
    ) -> Iterator[tuple[str, float]]:
        evidence = self._keywords.evidence[judged.hits.rows]
        against = evidence[:, place] - (evidence[:, rival] if rival is not None else 0)
        scores = judged.hits.loudness @ evidence
        weights = prior_weight(learned) * judged.hits.loudness * against / np.sqrt(FEW**2 + scores @ scores)
        for row, weight in zip(judged.hits.rows.tolist(), weights.tolist(), strict=True):
            if weight > 0:
                yield self._keywords.phrases[row], weight

    def _learned_words(
        self, judged: _Judgement, model: Model, place: int, rival: int | None
    ) -> Iterator[tuple[tuple[str, ...], float]]:
        learner, reading = model.learner, judged.reading
        columns = self._columns(model)
        if not judged.heard or columns[place] < 0:
            return
        values, rows, _ = judged.heard
        against = rows[:, columns[rival]] if rival is not None and columns[rival] >= 0 else 0
        weights = values * (rows[:, columns[place]] - against)
        weights[learner.seen_in.take(reading.ids) > COMMON * learner.met + 1] = 0
        weightiest = largest(weights, WEIGHTIEST)
        for place_of_word, weight in zip(
            reading.firsts[weightiest].tolist(), weights[weightiest].tolist(), strict=True
        ):
            yield reading.words_at(place_of_word), weight


def largest(weights: Floats, count: int) -> NDArray[np.int64]:
    """The places of the largest positive ones, the largest first; among equals the first. Only those that may be among them are sorted."""
    least = np.partition(weights, -count)[-count] if len(weights) > count else 0
    likely = np.flatnonzero((weights >= least) & (weights > 0))
    return likely[np.argsort(-weights[likely], kind="stable")[:count]]


def _second(ranked: list[Subject]) -> Subject | None:
    """The second subject, if the document belongs to it as well."""
    if len(ranked) < 2 or ranked[1].confidence < SURE_OF_SECOND:  # noqa: PLR2004 - two are what a second needs
        return None
    return ranked[1] if ranked[0].confidence + ranked[1].confidence >= SURE_OF_BOTH else None


def _few(phrases: Iterable[str]) -> Iterator[str]:
    """As many as have no more words in all than a person takes in."""
    left = WORDS_OF_WHY
    for phrase in phrases:
        left -= phrase.count(" ") + 1
        if left >= 0:
            yield phrase


def _named(known: KnownSubject, confidence: float) -> Subject:
    return Subject(name=known.name, slug=known.slug, confidence=confidence)
