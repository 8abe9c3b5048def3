"""Documents for the belt: the seeds, and as many others as a flow needs."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.settings import ROOT
from tests.end_to_end.stack import Stack

SEEDS = sorted((ROOT / "seeds" / "documents").iterdir())
SENDING_SECONDS = 90
# Far from the seeds' vocabulary, so that these documents do not stand between the seeds' related articles.
WORDS = (
    "anchor",
    "barrel",
    "castle",
    "falcon",
    "granite",
    "harbour",
    "lantern",
    "meadow",
    "orchard",
    "ribbon",
    "violin",
    "willow",
)


def written(folder: Path, mark: str, count: int) -> Path:
    """`count` Markdown files whose titles begin with `mark`."""
    folder.mkdir()
    chance = random.Random(mark)  # the same documents at every run
    for number in range(count):
        words = " ".join(chance.choices(WORDS, k=60))
        (folder / f"{number:03}.md").write_text(f"# {mark} {number}\n\nNumber {number} of {mark}: {words}.\n")
    return folder


@dataclass
class Sending:
    """`syndicate add FOLDER` under way, on this machine."""

    process: subprocess.Popen[bytes]
    told: Path

    def finished(self) -> list[str]:
        """The ids of the documents, when all have been taken."""
        assert 0 == self.process.wait(SENDING_SECONDS), self.told.read_text()[-2000:]
        return [answer["id"] for answer in self.answers()]

    def answers(self) -> list[dict[str, Any]]:
        """What the server said of each document."""
        return [json.loads(line)["answer"] for line in self.told.read_text().splitlines()]


@contextmanager
def sending(stack: Stack, folder: Path) -> Iterator[Sending]:
    """Send a folder's documents in the background; the command tries again by itself while the server is busy or away."""
    told = folder.with_suffix(".told")
    where = {"SYNDICATE_URL": f"http://127.0.0.1:{stack.ports['ingest']}", "SYNDICATE_TOKEN": stack.token}
    command = [sys.executable, "-m", "services", "add", "--json", "--jobs", "4", str(folder)]
    with (
        told.open("wb") as out,
        subprocess.Popen(command, cwd=ROOT, env=os.environ | where, stdout=out, stderr=out) as process,
    ):
        try:
            yield Sending(process, told)
        finally:
            process.kill()
