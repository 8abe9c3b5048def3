"""The redis-server of the compose file's image, taken out with its libraries, so that tests can start and kill it like any other."""

from __future__ import annotations

import platform
import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from io import BytesIO
from pathlib import Path

from shared.redis_in_docker import IMAGE
from shared.settings import ROOT

CACHE = ROOT / ".pytest_cache" / "redis-image"
PACKED = 'server=$(command -v redis-server); tar -chf - "$server" $(ldd "$server" | grep -o "/[^ ]*")'


@cache
def binary() -> str | None:
    """A program that is the image's server; None where there is no Linux, no engine or no such image. Nothing is pulled."""
    docker = shutil.which("docker")
    if not docker or platform.system() != "Linux":
        return None
    image = subprocess.run([docker, "image", "inspect", "--format", "{{.Id}}", IMAGE], capture_output=True, check=False)
    if image.returncode:
        return None
    program = CACHE / image.stdout.decode().strip()[-16:] / "redis-server"
    if not program.exists():
        _take_out(docker, program)
    return str(program)


def _take_out(docker: str, program: Path) -> None:
    """Copy the server and what it is linked with into one folder, and write the program that puts them together again."""
    run = [docker, "run", "--rm", "--network", "none", "--entrypoint", "sh", IMAGE, "-c", PACKED]
    packed = subprocess.run(run, capture_output=True, check=True).stdout
    folder = program.parent
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        for member in archive:
            if content := archive.extractfile(member):
                name = Path(member.name).name
                _put(folder / f"{name}.image" if name == program.name else folder / name, content.read())
    [loader] = folder.glob("ld-*")
    # exec keeps the process's number: a kill reaches the server.
    _put(program, f'#!/bin/sh\nexec "{loader}" --library-path "{folder}" "{program}.image" "$@"\n'.encode())


def _put(path: Path, content: bytes) -> None:
    """Write an executable file, whole at once: another run may be doing the same."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
        draft.write(content)
    Path(draft.name).chmod(0o755)
    Path(draft.name).rename(path)
