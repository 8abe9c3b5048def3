"""GET /events?after=CURSOR: whoever missed something reads exactly that, in order, with the ids that webhooks carry."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from services.feeds.chronicle import Chronicle
from shared.openapi import problems

PATH = "/events"
MOST_AT_ONCE = 500
MOST_EVENTS = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly (RFC 8259, section 6)."""

Cursor = Annotated[
    int | None,
    Query(
        ge=0,
        le=MOST_EVENTS,
        description="the number of the last event that you have; without it, from the oldest that is kept",
    ),
]
Limit = Annotated[int, Query(ge=1, le=MOST_AT_ONCE, description="how many at most")]


class NumberedEvent(BaseModel):
    """An event as webhooks tell it, with its place in the row."""

    sequence: int = Field(ge=1, description="1, 2, 3 … without a gap")
    id: str = Field(description="the event's id, the same as in a webhook's body")
    type: str = Field(examples=["document.published"])
    time: str = Field(
        "", description="when the change was accepted; `timestamp` in events that were kept before it had this name"
    )
    data: dict[str, Any]


class EventPage(BaseModel):
    """Some events in order. `next` is the address to ask next, now or, if `more` is false, later."""

    events: list[NumberedEvent]
    after: int = Field(description="the cursor behind the last of these events")
    last: int = Field(description="the number of the newest event that there is")
    more: bool
    next: str


def add_catching_up(web: FastAPI, chronicle: Chronicle) -> None:
    """Put the address into the application."""

    async def events(after: Cursor = None, limit: Limit = 100) -> Response:
        """What was published after the event of this number, oldest first, each exactly once.

        Keep the `after` of the answer, and ask with it again: nothing is passed over and nothing comes twice.
        """
        cursor = await chronicle.oldest() if after is None else after
        found, last = await chronicle.after(cursor, limit)
        reached = cursor + len(found)
        following = f"{PATH}?after={reached}&limit={limit}"
        body = {"events": found, "after": reached, "last": last, "more": reached < last, "next": following}
        return JSONResponse(body, headers={"Cache-Control": "no-store", "Link": f'<{following}>; rel="next"'})

    described: dict[str, Any] = {"responses": {200: {"model": EventPage}} | problems(409, 410, 422)}
    web.add_api_route(PATH, events, methods=["GET"], response_model=None, tags=["events"], **described)
    web.add_api_route(PATH, events, methods=["HEAD"], response_model=None, include_in_schema=False)
