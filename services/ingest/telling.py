"""Pure. What the door says: of a document that was taken, of one that would be, of one that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.ingest.changes import Changed, Decision, Known, Unchanged
from services.ingest.draft import Draft
from shared.errors import SyndicateError
from shared.events import Document


@dataclass(frozen=True, slots=True)
class Telling:
    """`base_url`: the address of our pages, without a slash at the end."""

    base_url: str

    def page(self, document: Document) -> str:
        """The address of a document."""
        return f"{self.base_url}/documents/{document.id}"

    def decision(self, decision: Decision) -> dict[str, Any]:
        """What became of a sending."""
        document = decision.document
        links = {"self": self.page(document)}
        told = {"id": document.id, "version": document.version, "change": change_of(decision)}
        return told | {"duplicate_of": document.duplicate_of, "links": links}

    def trial(self, decision: Decision, draft: Draft, *, explain: bool) -> dict[str, Any]:
        """What would become of it, and what was read; `explain` adds what was left out."""
        document = draft.model_dump(mode="json")
        if isinstance(decision, Changed | Unchanged):
            document["subject"] = decision.document.subject
        told = {"dry_run": True} | self.decision(decision) | {"document": document}
        return told | {"removed": [each.model_dump(mode="json") for each in draft.removed]} if explain else told

    def known(self, known: Known) -> dict[str, Any]:
        """What was accepted."""
        links = {"self": self.page(known.document)}
        return known.document.model_dump(mode="json") | {"state": known.state, "links": links}


def change_of(decision: Decision) -> str:
    """The decision in a word."""
    match decision:
        case Changed(change=change):
            return change.value
        case Unchanged():
            return "unchanged"
    return "retracted"


def etag_of(document: Document) -> dict[str, str]:
    """The header with a document's entity tag."""
    return {"ETag": f'"{document.version}"'}


def error_line(error: SyndicateError) -> dict[str, Any]:
    """What became of a line that was refused; the members of a problem (RFC 9457)."""
    told = {"status": error.status, "code": error.code, "title": error.title, "detail": error.detail}
    return told | {name: value for name, value in error.fields.items() if name not in told}
