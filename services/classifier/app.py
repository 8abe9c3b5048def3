"""documents.ingested → documents.classified"""

from __future__ import annotations

from pathlib import Path

from services.classifier.subjects import Classification, Subjects
from services.classifier.taxonomy import Taxonomy, TaxonomyUnfit, read_taxonomy
from shared.events import Change, DocumentClassified, DocumentIngested
from shared.host import Host
from shared.steps import Step


def install(host: Host) -> None:
    """Give each document that comes its subject, and pass it on."""
    subjects = Subjects(taxonomy_at(host.settings.taxonomy))

    def classify(event: DocumentIngested) -> Step:
        return classified(event, subjects)

    host.belt.consume(DocumentIngested.stream, group="classifier", decide=classify)


def classified(event: DocumentIngested, subjects: Subjects) -> Step:
    """The step that gives the event's document its subject.

    A retraction has no text to judge, and whoever takes the document off its shelf knows which it is: it passes with the subject unknown.
    """
    if event.change is Change.RETRACTED:
        found, verdict = Classification(subjects.unknown()), "passed"
    else:
        found, verdict = subjects.best(event.document), "classified"
    after = DocumentClassified.after(event, subject=found.subject, runners_up=found.runners_up)
    facts = {
        "subject": found.subject.slug,
        "confidence": round(found.subject.confidence, 3),
        "given": found.subject.given,
    }
    return Step(verdict=verdict, emits=(after,), facts=facts)


def taxonomy_at(path: Path) -> Taxonomy:
    """The taxonomy in the file at `path`; raises TaxonomyUnfit if it cannot be read or used."""
    try:
        body = path.read_bytes()
    except OSError as error:
        wrong = f"cannot read the taxonomy ({error.strerror}); set SYNDICATE_TAXONOMY to its file"
        raise TaxonomyUnfit(wrong, place=str(path)) from error
    return read_taxonomy(body)
