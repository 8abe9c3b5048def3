"""What schemathesis does not know by itself: how to send the media types of documents, which are texts as they are."""

from __future__ import annotations

from typing import Any

import schemathesis

from services.ingest.formats.kinds import ACCEPTED


@schemathesis.serializer(
    "text/uri-list", "application/x-ndjson", *(str(kind) for kind in ACCEPTED if "json" not in kind)
)
def as_it_is(_: Any, value: Any) -> bytes:
    """The text in UTF-8; JSON stays with its own serializer."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")
