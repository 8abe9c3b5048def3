"""Python's garbage collector, as a process that serves for long wants it."""

from __future__ import annotations

import gc

THRESHOLDS = (20_000, 20, 50)
"""New objects before a first look; first looks before a second; and so on (gc.set_threshold)."""


def collect_seldom() -> None:
    """Take what start-up made out of the collector's sight, and let it look seldom.

    Events, documents and articles go by reference counting; looking for cycles among them, after every 700 new objects as Python does
    by default, took about a tenth of the belt's processor time, and each look at everything stopped a process for some 50 ms.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
