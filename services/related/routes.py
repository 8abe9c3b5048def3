"""What is related, over HTTP: a document's list with its reasons, an operator's choice for it, and how fresh all lists are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, Path, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from services.related.backend import Backend
from services.related.choosing import Curated
from services.related.evaluation import Freshness
from services.related.index import Index
from services.related.ledger import revision_of
from services.related.relating import articles
from shared.errors import NotFound
from shared.events import RelatedArticle
from shared.host import Host
from shared.openapi import problems

PATH = "/documents/{document_id}/related"
EVALUATION = "/related/evaluation"
MOST_CHOSEN = 20
LARGEST_SAMPLE = 1000

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
DocumentId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Sample = Annotated[int, Query(ge=1, le=LARGEST_SAMPLE, description="lists to look at, at most")]


class Choice(BaseModel):
    """An operator's choice for one article: what stands first in its list, in this order, and what never stands there."""

    pinned: list[Id] = Field(default=[], max_length=MOST_CHOSEN)
    banned: list[Id] = Field(default=[], max_length=MOST_CHOSEN)


class RelatedList(Choice):
    """An article's list, best first, and the choice that stands for it. `revision` grows with every change of any list."""

    id: str
    revision: int
    related: list[RelatedArticle]


class Related:
    """The addresses of this service."""

    def __init__(self, host: Host, backend: Backend) -> None:
        self._host = host
        self._backend = backend

    async def look(self, document_id: DocumentId) -> Response:
        """The nearest articles of the whole corpus, how close each is (0 to 1), and the words that both share."""
        return JSONResponse(await self._facts(document_id), headers={"Cache-Control": "no-cache"})

    async def choose(self, document_id: DocumentId, choice: Choice) -> Response:
        """Replace the choice for an article. Its page, its feeds and partners who asked for it follow."""
        await self._facts(document_id)
        curated = Curated(tuple(dict.fromkeys(choice.pinned)), tuple(dict.fromkeys(choice.banned)))

        def decide(index: Index) -> Sequence[str]:
            return index.curate(document_id, curated)

        about = (document_id, *curated.pinned)
        while not await self._backend.change(decide, self._host.belt.publish, "chosen", about):
            pass  # another process was faster: decide on what it left
        return JSONResponse(await self._facts(document_id), headers={"Cache-Control": "no-store"})

    async def evaluate(self, *, sample: Sample = 200) -> Response:
        """How many places in the lists are those of a search now, in a sample of lists."""
        found = await self._backend.evaluate(sample)
        return JSONResponse(found.facts(), headers={"Cache-Control": "no-store"})

    async def _facts(self, document_id: str) -> dict[str, Any]:
        def read(index: Index) -> dict[str, Any] | None:
            if document_id not in index.documents.slot:
                return None
            curated = index.curation.of(document_id)
            return {
                "id": document_id,
                "revision": revision_of(self._backend.position),
                "related": [near.model_dump(mode="json") for near in articles(index, [document_id])[document_id]],
                "pinned": list(curated.pinned),
                "banned": list(curated.banned),
            }

        facts = await self._backend.look(read, [document_id])
        if facts is None:
            raise NotFound("there is no such document, or it is not related yet", document=document_id)
        return facts


def add_routes(host: Host, backend: Backend) -> None:
    """Put the addresses into the application; everybody may look, only the operator chooses."""
    related, add = Related(host, backend), host.web.add_api_route
    told: dict[str, Any] = {"tags": ["related"], "response_model": None}
    listed: dict[str, Any] = {"responses": {200: {"model": RelatedList}} | problems(404, 422)}
    add(PATH, related.look, methods=["GET"], **listed, **told)
    guarded: dict[str, Any] = {"dependencies": [Depends(host.operator)]} | told
    chosen: dict[str, Any] = {"responses": {200: {"model": RelatedList}} | problems(401, 404, 422)}
    add(PATH, related.choose, methods=["PUT"], **chosen, **guarded)
    evaluated: dict[str, Any] = {"responses": {200: {"model": Freshness}} | problems(401, 422)}
    add(EVALUATION, related.evaluate, methods=["GET"], **evaluated, **guarded)
