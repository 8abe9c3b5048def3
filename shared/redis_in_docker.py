"""A Redis in a container: for machines that have Docker and nothing else that brings one. It listens on loopback alone."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from shared.errors import Unfit

IMAGE = "redis:8.0"


def answers() -> bool:
    """Whether there is a Docker that may be used."""
    docker = shutil.which("docker")
    return bool(docker) and subprocess.run([docker, "info"], capture_output=True, check=False).returncode == 0  # type: ignore[list-item]  # noqa: S603


def start(data: Path, words: Sequence[str]) -> str:
    """The address of a server that is started for this data directory with these options. Raises Unfit if it does not start."""
    name = _container(data)
    run = ["docker", "run", "--detach", "--rm", "--name", name, "--publish", "127.0.0.1::6379"]
    volume = ["--volume", f"{name}:/data", IMAGE, "redis-server", "--protected-mode", "no", *words]
    started = subprocess.run([*run, *volume], capture_output=True, text=True, check=False)  # noqa: S603
    if started.returncode or not (url := published(data)):
        raise Unfit(f"Docker did not start {IMAGE}: {started.stderr.strip()[:300]}")
    return url


def published(data: Path) -> str | None:
    """The address of the server in this directory's container, if that runs."""
    if not (docker := shutil.which("docker")):
        return None
    words = [docker, "port", _container(data), "6379"]
    told = subprocess.run(words, capture_output=True, text=True, check=False).stdout.split()  # noqa: S603
    return f"redis://{told[0]}" if told else None


def _container(data: Path) -> str:
    return "syndicate-" + hashlib.blake2b(str(data).encode(), digest_size=6).hexdigest()
