"""What articles say that join another one's list long after they were published, for whoever pushes the feed of what is near that one.

Mostly a list changes because a document came: its own event says all of it, and stands a few entries before the one about the list. Now
and then an older article moves up, because another one went, or an operator pinned it. It is told of in full then, as the feed shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from services.feeds.places import Keys
from services.feeds.shelf import CARD, Standing, shown_of
from shared.events import DocumentPublished, Event, RelatedPublished
from shared.steps import Step
from shared.syndication.article import Article

RECENT = 0.5
"""The part of the streams' retention in which an article's own event is surely still there."""
NOT_SHOWN = {"text", "original", "duplicates"}


class Recalling:
    """`seconds`: for how long an article's own event is enough."""

    def __init__(self, redis: Any, keys: Keys, seconds: float) -> None:
        self._redis = redis
        self._keys = keys
        self._milliseconds = 1000 * seconds

    async def told(self, steps: Sequence[Step | Exception], found: Standing) -> list[Step | Exception]:
        """The steps, whose events say what older articles say that join a list. `found`: what is there after these steps."""
        told = [event for step in steps if isinstance(step, Step) for event in step.emits]
        fresh = {event.document_id for event in told if isinstance(event, DocumentPublished)}
        wanted = {name for event in told for name in _joined(event)} - fresh
        if not wanted:
            return list(steps)
        articles = await self._articles(sorted(wanted), found)
        return [_filled(step, articles) if isinstance(step, Step) else step for step in steps]

    async def _articles(self, names: Sequence[str], found: Standing) -> dict[str, str]:
        """As JSON, those that there are; '' for one whose own event is enough."""
        async with self._redis.pipeline(transaction=False) as pipe:
            for name in names:
                pipe.hmget(self._keys.article(name), *CARD, "html", "relisted")
            rows = await pipe.execute()
        articles = {}
        for name, (*row, html, relisted) in zip(names, rows, strict=True):
            if article := shown_of(row, found.directory):
                recent = self._recent(article, int(relisted or 0), found.change) and name not in found.documents
                present = found.documents.get(name)
                related = present.related if present else article.related
                whole = article.model_copy(update={"html": (html or b"").decode(), "related": related})
                articles[name] = "" if recent else whole.model_dump_json(exclude=NOT_SHOWN)
        return articles

    def _recent(self, article: Article, relisted: int, now: int) -> bool:
        """Whether its own event is there, and its list still the one that came with it. Numbers of changes follow the clock (current.py)."""
        return relisted == article.sequence and now - article.sequence < self._milliseconds


def _joined(event: Event) -> dict[str, str]:
    return event.joined if isinstance(event, DocumentPublished | RelatedPublished) else {}


def _filled(step: Step, articles: dict[str, str]) -> Step:
    if not any(articles.keys() & _joined(event).keys() for event in step.emits):
        return step
    return replace(step, emits=tuple(_with(event, articles) for event in step.emits))


def _with(event: Event, articles: dict[str, str]) -> Event:
    joined = {name: articles.get(name, "") for name in _joined(event)}
    return event.model_copy(update={"joined": joined}) if joined else event
