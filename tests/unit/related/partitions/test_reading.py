"""What a batch brings is the newest of each document."""

from __future__ import annotations

from services.related.partitions.reading import news_in
from services.related.records import Record
from services.related.relating import reading_of
from shared.events import Change
from tests.integration.related.room import classified


def test_only_what_is_newer_counts() -> None:
    """Older versions, repeats and what could not be read bring nothing; who changes twice is passing."""
    events = [
        classified("1", version=2),
        classified("2", version=1),
        classified("2", version=3, change=Change.RETRACTED),
        classified("3", version=1),
        classified("3", version=1),
        classified("4"),
    ]
    read = {place: reading_of(event) for place, event in enumerate(events) if event.document_id != "4"}

    news = news_in(events, read, {"1": Record(2), "2": None, "3": None, "4": None})

    assert {"2": (3, True), "3": (1, False)} == {name: (it.version, it.retracted) for name, it in news.records.items()}
    assert (["3"], 1) == ([*news.living], news.passing)
