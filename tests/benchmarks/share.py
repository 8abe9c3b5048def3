"""A fixed share of one processor for each of some processes, whoever else is at work: what is left of the machine is then no bottleneck.

The kernel's quota of a control group where one can be made (version 1 or 2, as root), else SIGSTOP and SIGCONT in turn, as Debian's
cpulimit does. Source: Linux, Documentation/admin-guide/cgroup-v2.rst, "cpu.max", and scheduler/sched-bwc.rst.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

PERIOD_SECONDS = 0.1
GROUPS = Path("/sys/fs/cgroup")


@contextmanager
def limited(processes: Sequence[int], share: float) -> Iterator[str]:
    """Hold each process to its share until the end, by which they have ended; gives by which means."""
    with ExitStack() as stack:
        try:
            for process in processes:
                stack.enter_context(_quota(process, share))
            means = "control groups"
        except OSError:
            for process in processes:
                stack.enter_context(_duty_cycle(process, share))
            means = "stopping and continuing"
        yield means


@contextmanager
def _quota(process: int, share: float) -> Iterator[None]:
    period, quota = round(PERIOD_SECONDS * 1e6), round(PERIOD_SECONDS * share * 1e6)
    first = (GROUPS / "cpu").is_dir()
    group = (GROUPS / "cpu" if first else GROUPS) / f"share-{process}"
    group.mkdir()
    try:
        if first:
            (group / "cpu.cfs_period_us").write_text(str(period))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (group / "cpu.max").write_text(f"{quota} {period}")
        (group / "cgroup.procs").write_text(str(process))
        yield
    finally:
        group.rmdir()


@contextmanager
def _duty_cycle(process: int, share: float) -> Iterator[None]:
    ended = threading.Event()

    def turn() -> None:
        while not ended.is_set() and _signalled(process, signal.SIGCONT):
            ended.wait(PERIOD_SECONDS * share)
            if not ended.is_set() and _signalled(process, signal.SIGSTOP):
                ended.wait(PERIOD_SECONDS * (1 - share))

    thread = threading.Thread(target=turn, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        _signalled(process, signal.SIGCONT)


def _signalled(process: int, number: signal.Signals) -> bool:
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return False
    return True
