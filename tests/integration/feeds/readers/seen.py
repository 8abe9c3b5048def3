"""What a feed reader shows of an entry, and how its programs are found."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shared.settings import ROOT
from shared.syndication.addresses import Format
from tests.lacking import lacking

MODULES = ROOT / ".readers" / "node_modules"
"""Where .ci/run puts the readers that come by npm."""
TIMEOUT_SECONDS = 60


@dataclass(frozen=True)
class Seen:
    """An entry as a reader has kept it; what a reader does not keep is None. `published`: seconds since 1970."""

    id: str | None
    title: str
    link: str
    published: int | None
    authors: str | None
    """All names in a row, as "Ann Author, Ben Writer"."""
    categories: frozenset[str] | None
    text: str = ""


class Reader(Protocol):
    """A feed reader that is subscribed to one feed."""

    def reload(self) -> list[Seen]:
        """Look whether there is something new; everything that the reader keeps after that, in any order."""


Subscribes = Callable[[str, Format, Path], Reader]
"""Makes a reader of the feed at an address, in a format; it keeps its things in a folder of its own."""


def program(name: str) -> str:
    """The path of a program. Without it a test is skipped, but never where CI is set."""
    return shutil.which(name) or lacking(f"there is no {name} on PATH")


def modules() -> str:
    """The folder of node's modules, as NODE_PATH wants it."""
    return str(MODULES) if MODULES.is_dir() else lacking(f"there is no {MODULES}; .ci/run says how it is made")


def told(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """What a program writes; it fails with what the program complains of."""
    settings = os.environ | (environment or {})
    made = subprocess.run(command, capture_output=True, timeout=TIMEOUT_SECONDS, env=settings, check=False)
    assert made.returncode == 0, (command, made.stdout, made.stderr)
    return made.stdout.decode()
