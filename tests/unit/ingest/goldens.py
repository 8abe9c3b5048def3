"""What the reader makes of the seeds, on file: `python -m tests.unit.ingest.goldens` writes it anew, for eyes to review."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from services.ingest.documents import read
from services.ingest.draft import Draft
from tests.unit.ingest.samples import SEEDS

GOLDEN = Path(__file__).parent / "golden"


def told(draft: Draft) -> dict[str, Any]:
    """All that people would review; a summary of each removed part instead of its offsets."""
    facts = draft.model_dump(mode="json", exclude={"html", "text"})
    removed = [f"{part.line}: {part.reason}: {part.excerpt}" for part in draft.removed]
    return facts | {"removed": removed, "text": draft.text.split("\n")}


def stored(name: str) -> dict[str, Any]:
    """The golden facts of the seed of this name."""
    return dict(json.loads((GOLDEN / f"{name}.json").read_text()))


if __name__ == "__main__":
    for seed in sorted(SEEDS.iterdir()):
        facts = told(read(seed.read_bytes()))
        (GOLDEN / f"{seed.stem}.json").write_text(json.dumps(facts, ensure_ascii=False, indent=2) + "\n")
