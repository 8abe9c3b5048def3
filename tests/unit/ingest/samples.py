"""Documents for the tests of ingest."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.ingest.draft import Draft

SEEDS = Path(__file__).parents[3] / "seeds" / "documents"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def seed(number: str) -> bytes:
    """The seed document whose name begins with `number`."""
    return next(SEEDS.glob(f"{number}_*")).read_bytes()


def draft(**changes: Any) -> Draft:
    """A small draft."""
    facts = {"title": "The heart", "html": "<p>It beats.</p>", "text": "It beats.", "summary": "It beats."}
    return Draft(**(facts | changes))
