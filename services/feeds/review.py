"""GET /review: the documents whose subject a person should look at, oldest first, with what the machine thought of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from services.feeds.places import Keys
from services.feeds.shelf import Shelf
from shared.openapi import problems
from shared.syndication.addresses import Site
from shared.syndication.article import Article
from shared.syndication.json_feed import moment, subject_facts

PATH = "/review"
MOST_AT_ONCE = 500
CURSOR = r"^\d{1,15}~[A-Za-z0-9_-]{1,64}$"

Limit = Annotated[int, Query(ge=1, le=MOST_AT_ONCE, description="how many at most")]
After = Annotated[
    str | None, Query(pattern=CURSOR, description="the cursor of the last document that you have; see `next`")
]


class Doubtful(BaseModel):
    """One document. The subjects are the likeliest first; `why` are the words that decided for the first."""

    id: str
    version: int
    title: str
    summary: str
    link: str
    published_at: str
    subject: dict[str, Any]
    second: dict[str, Any] | None
    runners_up: list[dict[str, Any]]
    why: list[str]


class ReviewPage(BaseModel):
    """Some documents in order. `waiting` counts all; `next` is the address to go on at, null at the end."""

    documents: list[Doubtful]
    waiting: int
    subjects: list[dict[str, str]]
    next: str | None


class Review:
    """What waits for a person's eye."""

    def __init__(self, redis: Any, shelf: Shelf, keys: Keys, site: Site) -> None:
        self._redis = redis
        self._shelf = shelf
        self._keys = keys
        self._site = site

    async def page(self, *, limit: Limit = 50, after: After = None) -> Response:
        """The documents whose subject is in doubt, oldest first. Setting a document's subject takes it from the list."""
        found = await self._ids(after, limit + 1)
        directory = await self._shelf.directory()
        articles = await self._shelf.cards([name for _, name in found[:limit]], directory)
        more = f"{PATH}?limit={limit}&after={found[limit - 1][0]}~{found[limit - 1][1]}" if found[limit:] else None
        subjects = sorted(directory.names.items(), key=lambda pair: pair[1])
        body = {
            "documents": [self._facts(article) for article in articles],
            "waiting": await self._redis.zcard(self._keys.review),
            "subjects": [{"slug": slug, "name": name} for slug, name in subjects],
            "next": more,
        }
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    async def _ids(self, after: str | None, limit: int) -> list[tuple[int, str]]:
        """The next documents behind the cursor: when each was first published, in ms, and its id."""
        at, _, name = (after or "0~").partition("~")
        same = await self._redis.zcount(self._keys.review, at, at)
        options = {"start": 0, "num": limit + same, "withscores": True}
        rows = await self._redis.zrangebyscore(self._keys.review, at, "+inf", **options)
        found = [(int(score), row.decode()) for row, score in rows]
        return [each for each in found if each > (int(at), name)][:limit]

    def _facts(self, article: Article) -> dict[str, Any]:
        return {
            "id": article.id,
            "version": article.version,
            "title": article.title,
            "summary": article.abstract,
            "link": self._site.document(article.id),
            "published_at": moment(article.first_published_at),
            "subject": subject_facts(article.subject),
            "second": article.second and subject_facts(article.second),
            "runners_up": [subject_facts(subject) for subject in article.runners_up],
            "why": list(article.why),
        }


def add_review(web: FastAPI, review: Review, operator: Callable[[Request], Awaitable[None]]) -> None:
    """Put the address into the application; only the operator reads it."""
    described: dict[str, Any] = {"responses": {200: {"model": ReviewPage}} | problems(401, 422)}
    guarded: dict[str, Any] = {"dependencies": [Depends(operator)], "tags": ["review"], "response_model": None}
    web.add_api_route(PATH, review.page, methods=["GET"], **guarded, **described)
