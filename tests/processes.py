"""Processes of the product, started as a user would, killed as a crash would."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

READY_SECONDS = 60.0
STOP_SECONDS = 20.0


class Process:
    """A running command; what it says goes to a file."""

    def __init__(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> None:
        self.log = Path(tempfile.mkdtemp(prefix="process-")) / "said"
        with self.log.open("wb") as out:
            self.popen = subprocess.Popen(command, cwd=cwd, env=env, stdout=out, stderr=out, start_new_session=True)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        self.popen.send_signal(number)
        return self.popen.wait(STOP_SECONDS)

    def kill(self) -> None:
        """Kill with -9."""
        self.popen.kill()
        self.popen.wait()

    def said(self) -> str:
        """Everything that it wrote."""
        return self.log.read_text()


def get(url: str) -> tuple[int, Any]:
    """Status and JSON of an address; (0, None) if nothing answers."""
    request = urllib.request.Request(url, headers={"Accept": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=5) as got:
            return got.status, json.loads(got.read())
    except urllib.error.HTTPError as error:
        return error.code, None
    except OSError:
        return 0, None


def ready(base: str, process: Process) -> float:
    """Wait until the server is ready; the seconds that it took."""
    began = time.monotonic()
    while get(f"{base}/health/ready")[0] != 200:
        assert process.popen.poll() is None, f"ended with {process.popen.returncode}: {process.said()}"
        assert time.monotonic() - began < READY_SECONDS, process.said()
        time.sleep(0.05)
    return time.monotonic() - began
