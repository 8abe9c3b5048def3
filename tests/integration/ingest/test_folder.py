"""Files that settle in a folder are taken in, and every one of them is found again in done/ or failed/."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as Unreachable

from services.ingest.fetching import Fetcher
from services.ingest.folder import Folder
from services.ingest.intake import Intake
from services.ingest.registry import Registry
from shared.steps import Fence, Step
from tests.integration.ingest.room import Room


@pytest.fixture
def folder(room: Room, tmp_path: Path) -> Folder:
    """A folder of the room; a test looks by itself."""
    registry = Registry(room.host.redis, room.host.belt)
    return Folder(tmp_path, Intake(room.host, registry, Fetcher(most_bytes=1_000)), most_bytes=3_000_000)


def files(folder: Folder) -> list[str]:
    """Every file, by its path in the folder."""
    return sorted(str(path.relative_to(folder.root)) for path in folder.root.rglob("*") if path.is_file())


async def settled(folder: Folder) -> list[str]:
    """Look twice."""
    await folder.look()
    await folder.look()
    return files(folder)


async def test_a_settled_file_is_taken(room: Room, folder: Folder) -> None:
    """Not at the first look, and not while it grows."""
    path = folder.root / "news" / "heart.md"
    path.parent.mkdir()
    path.write_text("# The heart\n\nIt beats")
    await folder.look()
    path.write_text("# The heart\n\nIt beats all day.")
    await folder.look()
    growing = files(folder)

    assert (growing, await settled(folder)) == (["news/heart.md"], ["done/news/heart.md"])
    assert [event.document.title for event in await room.events()] == ["The heart"]
    assert (await room.events())[0].correlation_id == "inbox:news/heart.md"


async def test_a_refused_file_lies_beside_its_reason(room: Room, folder: Folder) -> None:
    """As a problem; the others are taken."""
    (folder.root / "bad.txt").write_bytes(b"")
    (folder.root / "good.txt").write_bytes(b"It beats.")
    (folder.root / "large.txt").write_bytes(b"x" * 3_000_001)
    names = await settled(folder)
    told = json.loads((folder.root / "failed" / "bad.txt.problem.json").read_text())

    assert names == [
        "done/good.txt",
        "failed/bad.txt",
        "failed/bad.txt.problem.json",
        "failed/large.txt",
        "failed/large.txt.problem.json",
    ]
    assert (told["status"], told["code"], told["detail"]) == (422, "empty", "the document is empty")
    assert len(await room.events()) == 1


async def test_a_file_of_many_tells_which_were_refused(room: Room, folder: Folder) -> None:
    """By their lines; the others of it are taken."""
    (folder.root / "many.ndjson").write_text('{"text": "One of them."}\n{"text":\n{"text": "Another one."}\n{}')
    names = await settled(folder)
    told = json.loads((folder.root / "failed" / "many.ndjson.problem.json").read_text())

    assert names == ["failed/many.ndjson", "failed/many.ndjson.problem.json"]
    assert [error["at"] for error in told["errors"]] == ["line 2", "line 4"]
    assert len(await room.events()) == 2


async def test_what_is_not_meant_is_left_alone(room: Room, folder: Folder) -> None:
    """Hidden and unfinished files, links, folders, and what lies in done/ and failed/ already."""
    for name in (".hidden", "a.part", "b.md~", "c.tmp", "done/old.md", "failed/old.md", ".git/config"):
        (folder.root / name).parent.mkdir(exist_ok=True)
        (folder.root / name).write_text("It beats.")
    (folder.root / "link.md").symlink_to("/etc/hostname")
    (folder.root / "empty").mkdir()
    os.mkfifo(folder.root / "pipe")
    before = files(folder)

    assert (await settled(folder), await room.events()) == (before, [])


async def test_nothing_is_overwritten(folder: Folder) -> None:
    """The same name again gets a number."""
    names = []
    for text in ("One.", "Two.", "Three."):
        (folder.root / "a.md").write_text(text)
        names = await settled(folder)

    assert names == ["done/a.2.md", "done/a.3.md", "done/a.md"]


async def test_a_crash_before_the_move_is_no_second_document(
    room: Room, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is still there, is read again, and changes nothing."""
    (folder.root / "a.md").write_text("It beats.")
    monkeypatch.setattr("services.ingest.folder.move", _dies)
    with pytest.raises(KeyboardInterrupt):
        await settled(folder)
    monkeypatch.undo()
    left = files(folder)

    assert (left, await settled(folder)) == (["a.md"], ["done/a.md"])
    assert len(await room.events()) == 1


def _dies(*_: object) -> None:
    raise KeyboardInterrupt


async def test_a_store_that_is_away_fails_no_file(room: Room, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file stays where it is until somebody can take it."""
    (folder.root / "a.md").write_text("It beats.")

    async def away(_: Sequence[Step], _fence: Fence | None = None) -> list[bool]:
        raise Unreachable

    monkeypatch.setattr(room.host.belt, "publish_all", away)
    with pytest.raises(Unreachable):
        await settled(folder)
    monkeypatch.undo()

    assert files(folder) == ["a.md"]
    assert await settled(folder) == ["done/a.md"]
