"""What a batch needed for a moment goes back to the system, where the C library can do that.

A hundred documents are decided in a small index of some thousands: tens of megabytes, which the C library (glibc's malloc)
would keep for the next ones, in the process that was chosen for having less to hold.
"""

from __future__ import annotations

import ctypes

TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None)


def give_back() -> None:
    """Some milliseconds."""
    if TRIM:
        TRIM(0)
