"""The walls of the house: imports point down, and pure modules touch nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.settings import ROOT
from tests.walls import is_pure, trespasses

SOURCES = {
    path.relative_to(ROOT): path.read_text()
    for folder in ("services", "shared")
    for path in sorted((ROOT / folder).rglob("*.py"))
}
PURE = {".".join(path.with_suffix("").parts) for path, source in SOURCES.items() if is_pure(source)}


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_every_file_keeps_to_its_room(path: Path) -> None:
    """Services import the ground and themselves, the ground imports no service, pure modules do no I/O."""
    assert [] == trespasses(path, SOURCES[path], PURE)


def test_the_deciding_modules_are_pure() -> None:
    """What decides is marked as pure, so that the wall guards it."""
    expected = {
        "services.ingest.documents",
        "services.classifier.subjects",
        "services.related.index",
        "shared.syndication.formats",
        "services.webhooks.outcome",
        "services.webhooks.signing",
        "shared.addresses",
        "shared.events",
        "shared.errors",
        "shared.steps",
    }

    assert set() == expected - PURE


BROKEN = {
    "sideways": ("services/feeds/shelf.py", "from services.related.index import Index"),
    "sideways by package": ("services/feeds/shelf.py", "from services import related"),
    "sideways inside a function": ("services/ingest/routes.py", "def f():\n    import services.feeds.app"),
    "up from a service": ("services/ingest/app.py", "from services.commands.up import build"),
    "up from the ground": ("shared/streams.py", "from services.ingest import app"),
    "tests in the product": ("services/feeds/app.py", "from tests.house import house"),
    "impure import": ("services/feeds/finding.py", '"""Pure. x"""\nimport socket'),
    "impure package": ("services/feeds/finding.py", '"""Pure. x"""\nimport redis.asyncio'),
    "impure ground": ("services/feeds/finding.py", '"""Pure. x"""\nfrom shared.streams import Belt'),
    "impure sibling": ("services/feeds/finding.py", '"""Pure. x"""\nfrom services.feeds.shelf import Shelf'),
    "the clock": ("services/feeds/finding.py", '"""Pure. x"""\nfrom datetime import datetime\nNOW = datetime.now()'),
    "a file": ("services/feeds/finding.py", '"""Pure. x"""\nTEXT = open("x")'),
}


@pytest.mark.parametrize(("place", "source"), BROKEN.values(), ids=BROKEN.keys())
def test_a_hole_in_the_wall_is_seen(place: str, source: str) -> None:
    """Each way of breaking the rule is found; a wall that lets everything through would fail here."""
    assert [] != trespasses(Path(place), source, PURE)
