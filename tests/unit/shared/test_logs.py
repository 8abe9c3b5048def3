"""Lines of log: one for each unit of work, in one shape, whatever is in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from shared.logs import _logfmt_line, configure

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"


@pytest.fixture
def _configuration() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.usefixtures("_configuration")
def test_a_line_has_time_level_name_and_facts(capsys: pytest.CaptureFixture[str]) -> None:
    """In that order, values of several words in quotes."""
    configure("info", as_json=False)
    structlog.get_logger().info("entry.failed", error='a "big" one', delivery=2, given=True, due=None)
    line = capsys.readouterr().err
    assert re.fullmatch(rf'timestamp={STAMP} level=info event=entry.failed error="a \\"big\\" one" .*\n', line)
    assert line.endswith(" delivery=2 given=true due=\n")


@pytest.mark.usefixtures("_configuration")
def test_a_line_of_json_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    """And holds an exception's traceback in one field."""
    configure("info", as_json=True)
    try:
        raise ValueError("broken")
    except ValueError:
        structlog.get_logger().exception("loop.failed", loop="tidy")
    told = json.loads(capsys.readouterr().err)
    assert ("error", "loop.failed", "tidy") == (told["level"], told["event"], told["loop"])
    assert "ValueError: broken" in told["exception"]


@pytest.mark.usefixtures("_configuration")
def test_what_is_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    """Debug lines cost nothing at info."""
    configure("info", as_json=False)
    structlog.get_logger().debug("step.done")
    assert capsys.readouterr().err == ""


@given(st.text())
def test_a_line_stays_one_line(text: str) -> None:
    """A value cannot forge a second line, nor another field."""
    line = _logfmt_line(None, "info", {"event": "document.rejected", "reason": text})
    assert not any(unsafe in line for unsafe in "\r\n\x00\x1b")
    assert len(line.split(" reason=")[0].split(" ")) == 3
