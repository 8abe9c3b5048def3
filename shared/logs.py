"""One line per unit of work, at its end, with its verdict: a dotted past-tense name, then key=value."""

from __future__ import annotations

import logging
import sys

import structlog

log: structlog.stdlib.BoundLogger = structlog.get_logger()

LIBRARIES = ("faststream", "uvicorn", "uvicorn.error", "aiohttp")


def configure(level: str, *, as_json: bool) -> None:
    """Send our lines and the libraries' warnings to standard error, in one shape."""
    number = getattr(logging, level.upper())
    # logfmt costs a tenth of the console renderer, and the belt writes a line for each event at each service.
    logfmt = structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], bool_as_flag=False)
    render = structlog.processors.JSONRenderer() if as_json else logfmt
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s", force=True
    )
    for library in LIBRARIES:
        logging.getLogger(library).setLevel(logging.WARNING)
