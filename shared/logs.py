"""One line per unit of work, at its end, with its verdict: a dotted past-tense name, then key=value."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog

log: structlog.stdlib.BoundLogger = structlog.get_logger()

UNSAFE = re.compile(r'[\s"=\\\x00-\x1f\x7f]')
LIBRARIES = ("faststream", "uvicorn", "uvicorn.error", "aiohttp")
TALKATIVE = ("pypdf",)
"""Quotes a broken document in a line for each of its faults; what became of it is said by the one line about the document."""


def configure(level: str, *, as_json: bool) -> None:
    """Send our lines and the libraries' warnings to standard error, in one shape."""
    number = getattr(logging, level.upper())
    structlog.configure(
        processors=[structlog.processors.format_exc_info, _json_line if as_json else _logfmt_line],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s", force=True
    )
    for library in LIBRARIES:
        logging.getLogger(library).setLevel(logging.WARNING)
    for library in TALKATIVE:
        logging.getLogger(library).setLevel(logging.CRITICAL)


def _logfmt_line(_: object, level: str, facts: MutableMapping[str, Any]) -> str:
    # structlog's own chain to the same line takes twice the time, and the belt writes one for each event at each service.
    words = [f"timestamp={_now()} level={level} event={_word(facts.pop('event'))}"]
    words += [f"{name}={_word(value)}" for name, value in facts.items()]
    return " ".join(words)


def _json_line(_: object, level: str, facts: MutableMapping[str, Any]) -> str:
    line = {"timestamp": _now(), "level": level, "event": facts.pop("event"), **facts}
    return json.dumps(line, ensure_ascii=False, default=str)


def _now() -> str:
    return datetime.now(UTC).isoformat()[: -len("+00:00")] + "Z"


def _word(value: object) -> str:
    """A value in logfmt: nothing for None, in quotes if it would not be one word, and always on one line."""
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return json.dumps(text, ensure_ascii=False) if UNSAFE.search(text) else text
