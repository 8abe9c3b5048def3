"""documents.ingested → documents.classified"""

from __future__ import annotations

import asyncio

from services.classifier.subjects import Classification, Subjects
from services.classifier.watching import Teller, Watch
from shared.events import Change, DocumentClassified, DocumentIngested
from shared.host import Host
from shared.steps import Step

LOOK_SECONDS = 1.0


def install(host: Host) -> None:
    """Give each document that comes its subject, and pass it on; follow the taxonomy's file, and tell what changed in it."""
    watch = Watch(host.settings.taxonomy)
    teller = Teller(host.redis, host.belt, host.clock)
    subjects = Subjects(watch.taxonomy)

    def classify(event: DocumentIngested) -> Step:
        return classified(event, subjects, review_below=host.settings.review_confidence)

    async def follow() -> None:
        nonlocal subjects
        if await asyncio.to_thread(watch.look):
            subjects = Subjects(watch.taxonomy)
        host.warn("taxonomy", watch.fault)
        await teller.tell(watch.taxonomy)
        await asyncio.sleep(LOOK_SECONDS)

    host.belt.consume(DocumentIngested.stream, group="classifier", decide=classify)
    host.background("classifier.taxonomy", follow)


def classified(event: DocumentIngested, subjects: Subjects, *, review_below: float = 0.0) -> Step:
    """The step that gives the event's document its subject.

    One that is less sure than `review_below` is for a person to look at. A retraction has no text to judge, and whoever takes the document off its shelf knows which it is: it passes with the subject unknown.
    """
    if event.change is Change.RETRACTED:
        found, verdict = Classification(subjects.unknown()), "passed"
    else:
        found, verdict = subjects.best(event.document), "classified"
    doubtful = verdict == "classified" and not found.subject.given and found.subject.confidence < review_below
    after = DocumentClassified.after(event, subject=found.subject, runners_up=found.runners_up, needs_review=doubtful)
    facts = {
        "subject": found.subject.slug,
        "confidence": round(found.subject.confidence, 3),
        "given": found.subject.given,
    } | ({"needs_review": True} if doubtful else {})
    return Step(verdict=verdict, emits=(after,), facts=facts)
