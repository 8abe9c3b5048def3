"""Documents and taxonomies to test with."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from services.classifier.subjects import Subjects
from services.classifier.taxonomy import read_taxonomy
from services.classifier.watching import taxonomy_at
from shared.events import Document
from shared.settings import ROOT

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SEEDS = sorted((ROOT / "seeds" / "documents").iterdir())
SMALL = """
fallback: rest
subjects:
  - name: Sea & Shore
    slug: sea
    description: Water.
    alternatives: [Oceanography, "The Deep"]
    keywords: [tide, wave: 2, rule of waves, water]
  - name: Sky
    slug: sky
    description: Air.
    keywords: [cloud, wave, water]
  - name: Rest
    slug: rest
    description: All else.
    keywords: []
"""


@cache
def shipped() -> Subjects:
    """The subjects of the taxonomy that is shipped."""
    return Subjects(taxonomy_at(ROOT / "seeds" / "subjects.yaml"))


@cache
def small() -> Subjects:
    return Subjects(read_taxonomy(SMALL.encode()))


def document(text: str = "", *, title: str = "", subject: str | None = None, **facts: Any) -> Document:
    common: dict[str, Any] = {"id": "abcdefgh23456777", "version": 1, "content_hash": "hash", "received_at": NOON}
    return Document(title=title, text=text, subject=subject, **(common | facts))
