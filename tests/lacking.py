"""What becomes of a test where the machine has not what it needs."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def lacking(what: str) -> NoReturn:
    """Skip the test; where CI is set, fail it."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(what)
