"""Work on a batch: catch up with what was learned, decide, and hand in what each document teaches together with its event."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import cast

from services.classifier.model import Model
from services.classifier.study import Study
from services.classifier.subjects import Classification, Subjects
from services.classifier.taxonomy import Taxonomy
from shared.batch import Batch
from shared.events import Change, DocumentClassified, DocumentIngested
from shared.semantic.model import SemanticModel
from shared.semantic.understanding import understood
from shared.steps import Command, Step

YIELD_AFTER_SECONDS = 0.01


class Classifying:
    """The subjects in force and this process's study; `work` is what happens to a batch. `semantic`: asked what documents mean, if it is here."""

    def __init__(
        self, taxonomy: Taxonomy, study: Study, *, review_below: float, semantic: SemanticModel | None = None
    ) -> None:
        self.subjects = Subjects(taxonomy, study.reader)
        self.semantic = semantic
        self._study = study
        self._review_below = review_below

    def follow(self, taxonomy: Taxonomy) -> None:
        """Judge by this taxonomy from now on."""
        self.subjects = Subjects(taxonomy, self._study.reader)

    async def work(self, batch: Batch) -> None:
        """Give each event's document its subject. What this batch teaches, the next one knows."""
        events = cast("Sequence[DocumentIngested]", batch.events)
        meanings = await understood(events, self.semantic)
        await self._study.catch_up()
        given = await self._study.given({event.document_id for event in events})
        steps: list[Step | Exception] = []
        resumed = time.monotonic()
        for place, event in enumerate(events):
            steps.append(self._attempt(event, given, meanings.get(place, b"")))
            if time.monotonic() - resumed > YIELD_AFTER_SECONDS:
                await asyncio.sleep(0)
                resumed = time.monotonic()
        await batch.commit(steps)

    def _attempt(self, event: DocumentIngested, given: dict[str, str], meaning: bytes | Exception) -> Step | Exception:
        if isinstance(meaning, Exception):
            return meaning
        try:
            step = classified(event, self.subjects, self._study.model, review_below=self._review_below, meaning=meaning)
            return step.then(*(self._lesson(event, given, meaning) or self._guess(event, step)))
        except Exception as error:
            return error

    def _lesson(self, event: DocumentIngested, given: dict[str, str], meaning: bytes) -> tuple[Command, ...]:
        """What is written because a person set the document's subject, or set it no longer; `given`: under what each was learned."""
        document, before = event.document, given.pop(event.document_id, None)
        if event.change is Change.RETRACTED or not (document.subject and document.subject.strip()):
            return self._study.forgetting(document.id) if before is not None else ()
        now = given[document.id] = self.subjects.given(document.subject).slug
        return self._study.lesson(self.subjects.labelled(document, meaning), now, again=now == before)

    def _guess(self, event: DocumentIngested, step: Step) -> tuple[Command, ...]:
        """What is written because a new document's subject is sure though no person set it; only in the beginning."""
        (sent,) = step.emits
        if not isinstance(sent, DocumentClassified) or event.change is not Change.ADDED:
            return ()
        guessed = self.subjects.guessed(event.document, sent.subject, sent.runners_up, self._study.model)
        return self._study.guess(guessed) if guessed else ()


def classified(
    event: DocumentIngested,
    subjects: Subjects,
    model: Model | None = None,
    *,
    review_below: float = 0.0,
    meaning: bytes = b"",
) -> Step:
    """The step that gives the event's document its subject.

    One that is less sure than `review_below` is for a person to look at. A retraction has no text to judge, and whoever takes the document
    off its shelf knows which it is: it passes with the subject unknown.
    """
    if event.change is Change.RETRACTED:
        found, verdict = Classification(subjects.unknown()), "passed"
    else:
        found, verdict = subjects.best(event.document, model, meaning), "classified"
    doubtful = verdict == "classified" and not found.subject.given and found.subject.confidence < review_below
    after = DocumentClassified.after(
        event,
        subject=found.subject,
        runners_up=found.runners_up,
        why=found.why,
        second=found.second,
        needs_review=doubtful,
        model=model.version if model else "",
        meaning=meaning,
    )
    facts = {
        "subject": found.subject.slug,
        "confidence": round(found.subject.confidence, 3),
        "given": found.subject.given,
    } | ({"needs_review": True} if doubtful else {})
    return Step(verdict=verdict, emits=(after,), facts=facts)
