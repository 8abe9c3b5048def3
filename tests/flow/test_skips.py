"""Where CI is set no test is passed over, and none runs on fewer servers than there are to be."""

from __future__ import annotations

import re
import sys

import pytest

from shared.settings import ROOT
from tests.lacking import lacking
from tests.redis_servers import binaries

SKIPS = re.compile(r"pytest\.(skip|xfail|importorskip|mark\.(skip|skipif|xfail))\b")


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_what_is_lacking_fails_where_ci_is_set(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    """And is only told of elsewhere."""
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="no engine"):
        lacking("there is no engine")


def test_nothing_else_passes_over_a_test() -> None:
    """Neither for a while nor because it is expected to fail."""
    skipping = {path.name for path in (ROOT / "tests").rglob("*.py") if SKIPS.search(path.read_text())}

    assert {"lacking.py", "test_skips.py"} == skipping


def test_every_version_of_redis_is_tried() -> None:
    """That of the wheel (6.2) wherever the project asks for it, of the machine (7), and of the compose file (8)."""
    expected = {"path", "image"} | ({"wheel"} if sys.version_info < (3, 12) and sys.platform == "linux" else set())
    if missing := expected - {*binaries()}:
        lacking(f"there is no Redis of {sorted(missing)}")
