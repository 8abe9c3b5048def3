"""Pure. What a sender hears who means a document that is not there, is gone, or has another version by now."""

from __future__ import annotations

from services.ingest.changes import Known, WasRetracted
from shared.errors import Conflict, Gone, NotFound


class VersionMismatch(Conflict):
    """The document is no longer in the version that the sender knows (RFC 9110, section 13.1.1)."""

    code = "version-mismatch"
    title = "The document has another version by now"
    status = 412


def gone(decision: WasRetracted) -> Gone:
    """The error for what was retracted."""
    document = decision.document
    return Gone(
        "this document has been retracted; PUT brings it back",
        id=document.id,
        version=document.version,
        retracted_at=document.received_at.isoformat(),
    )


def permitted(known: Known | None, identity: str, only: frozenset[int] | None) -> Known:
    """What is known, if it may be changed by whoever means these versions. Raises NotFound and VersionMismatch."""
    if known is None:
        raise NotFound("there is no document of this id", id=identity)
    if only is not None and known.version not in only:
        raise VersionMismatch(id=identity, version=known.version)
    return known
