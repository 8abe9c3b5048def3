"""The partner's side: what the receiver got, and what it must get."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from standardwebhooks import Webhook

from shared.events import BELT, event_id
from shared.notices import message_id
from tests.end_to_end.stack import SECRET, Stack, until


@dataclass(frozen=True)
class Partner:
    """A partner that is told of what is published, updated and retracted."""

    id: str
    stack: Stack

    @classmethod
    def of(cls, added: str, stack: Stack) -> Partner:
        """What `syndicate partners add --json` printed."""
        return cls(json.loads(added)["id"], stack)

    def received(self, mark: str = "") -> dict[str, dict[str, Any]]:
        """The deliveries by their webhook-id; `mark`: only those of documents whose title begins with it."""
        shown = self.stack.ask("receiver", "GET", "/").json
        assert 0 == shown["refused"], "a delivery proved nothing"
        return {
            record["id"]: record
            for record in shown["deliveries"]
            if str(record["content"]["data"].get("title", "")).startswith(mark)
        }

    def webhook_id(self, document: str, version: int = 1) -> str:
        """The id of the one delivery about a version: it follows from the document, because every id is derived from its cause."""
        event = f"{document}/{version}"
        for stream in BELT:
            event = event_id(event, stream, document)
        return message_id(event, self.id)

    def waits_for(self, documents: Iterable[str], version: int = 1, *, seconds: float = 60.0) -> list[dict[str, Any]]:
        """The deliveries about the documents, when all have come; each is verified by a foreign implementation."""
        wanted = {self.webhook_id(document, version) for document in documents}
        until(lambda: wanted <= self.received().keys(), f"{len(wanted)} webhooks received", seconds=seconds)
        found = [record for name, record in self.received().items() if name in wanted]
        for record in found:
            signed = record["signed"]
            assert record["content"] == Webhook(SECRET).verify(signed["body"], signed["headers"])
        return found
