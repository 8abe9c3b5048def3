"""Processes that are started, killed with -9, and started again at once, as a supervisor would."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

STOP_SECONDS = 15.0
FIRST_PORT, LAST_PORT = 20_000, 32_000
"""Below the range from which Linux takes ports for outgoing connections: a killed process finds its own free again."""


@dataclass
class Process:
    """One process and all its lives; what it says goes to `log`."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin a life."""
        with self.log.open("ab") as out:
            self.running = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End it with -9."""
        if self.running:
            self.running.send_signal(signal.SIGKILL)
            self.running.wait()

    def freeze(self, seconds: float) -> None:
        """Stop it for so long; then it goes on without knowing."""
        if self.running:
            self.running.send_signal(signal.SIGSTOP)
            thaw = threading.Timer(seconds, self.running.send_signal, [signal.SIGCONT])
            thaw.daemon = True
            thaw.start()

    def ended(self) -> int | None:
        """How it ended by itself: its exit code; None while it runs."""
        return self.running.poll() if self.running else None


@dataclass
class Fleet:
    """All processes of a run. `exits`: how often each ended by itself and was started again."""

    folder: Path
    environment: Mapping[str, str]
    processes: dict[str, Process] = field(default_factory=dict)
    exits: Counter[str] = field(default_factory=Counter)

    def launch(self, name: str, module: str, *words: str, **environment: str) -> None:
        """Start `python -m module words…` under this name."""
        command = [sys.executable, "-m", module, *words]
        merged = {**os.environ, **self.environment, **environment}
        process = Process(name, command, merged, self.folder / f"{name}.log")
        self.processes[name] = process
        process.start()

    def kill(self, name: str) -> None:
        """Kill it and start it again at once."""
        self.processes[name].kill()
        self.processes[name].start()

    def supervise(self) -> None:
        """Start again what has ended by itself with an error; what has ended well is done."""
        for process in self.processes.values():
            if process.ended():
                self.exits[process.name] += 1
                process.start()

    def done(self, name: str) -> bool:
        """Whether it has ended well."""
        return self.processes[name].ended() == 0

    def stop(self) -> list[str]:
        """Ask all to end; the names of those that did not do so well and in time."""
        living = [process for process in self.processes.values() if process.running and process.ended() is None]
        for process in living:
            assert process.running
            process.running.terminate()
        return [process.name for process in living if not _ends_well(process)]

    def logs(self, words: str) -> list[str]:
        """Every line that any of them wrote with these words in it."""
        lines = [
            line for path in sorted(self.folder.glob("*.log")) for line in path.read_text(errors="replace").splitlines()
        ]
        return [line for line in lines if words in line]


def _ends_well(process: Process) -> bool:
    assert process.running
    try:
        return process.running.wait(STOP_SECONDS) == 0
    except subprocess.TimeoutExpired:
        process.kill()
        return False


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on."""
    start = FIRST_PORT + os.getpid() * 17 % (LAST_PORT - FIRST_PORT - 1_000)
    found: list[int] = []
    for port in range(start, LAST_PORT):
        if len(found) == count:
            break
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                found.append(port)
    return found
