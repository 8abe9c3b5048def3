"""What the documents of a batch mean, asked of the model beside everything else that this process does.

It takes some hundredths of a second for each, so it is asked once for a version of a document: what the event brings along is taken as it is.
And it is asked before a lock is taken: several processes read at once, and write in turns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from shared.events import Change, DocumentClassified, DocumentIngested, Event
from shared.semantic.model import SemanticModel


async def understood(events: Sequence[Event], model: SemanticModel | None) -> dict[int, bytes | Exception]:
    """The meaning of each document, by the place of its event, or why it cannot be told; nothing without a model."""
    if model is None:
        return {}
    return {
        place: _brought(event) or await asyncio.to_thread(_meaning, event, model)
        for place, event in enumerate(events)
        if isinstance(event, DocumentIngested) and event.change is not Change.RETRACTED
    }


def _brought(event: DocumentIngested) -> bytes:
    return event.meaning if isinstance(event, DocumentClassified) else b""


def _meaning(event: DocumentIngested, model: SemanticModel) -> bytes | Exception:
    try:
        return model.vector(event.document.title, event.document.text)
    except Exception as error:  # this event's own fault: the belt tries it again or buries it
        return error
