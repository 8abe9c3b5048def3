"""The door for documents: POST /documents, PUT and DELETE /documents/{document_id}, and what is known of one."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request
from fastapi.responses import JSONResponse, Response

from services.ingest.changes import Changed, Decision, State, Unchanged, WasRetracted, decide
from services.ingest.documents import READERS, read
from services.ingest.draft import Draft
from services.ingest.identity import document_id as identity_of
from services.ingest.reception import CORRELATION, body_of, correlation_of, versions_of
from services.ingest.registry import Registry, gone
from shared.errors import Overloaded, Rejected
from shared.events import Document
from shared.host import Host
from shared.logs import log

Id = Annotated[str, Path(max_length=64)]
DryRun = Annotated[bool, Query(description="show what was read, and store nothing")]

BODY = {"requestBody": {"required": True, "content": {kind: {"schema": {"type": "string"}} for kind in READERS}}}
ONE = "/documents/{document_id}"


def open_door(host: Host, registry: Registry) -> None:
    """Put the routes into the application; writing needs the operator's token."""
    door = Door(host, registry)
    guarded: dict[str, Any] = {"dependencies": [Depends(host.operator)], "tags": ["documents"], "response_model": None}
    host.web.add_api_route("/documents", door.post, methods=["POST"], openapi_extra=BODY, status_code=202, **guarded)
    host.web.add_api_route(ONE, door.put, methods=["PUT"], openapi_extra=BODY, status_code=202, **guarded)
    host.web.add_api_route(ONE, door.delete, methods=["DELETE"], status_code=202, **guarded)
    host.answer(ONE, door.accepted)


class Door:
    """What the routes do; each public method is one of them."""

    def __init__(self, host: Host, registry: Registry) -> None:
        self._settings = host.settings
        self._belt = host.belt
        self._clock = host.clock
        self._registry = registry

    async def post(self, request: Request, *, dry_run: DryRun = False) -> Response:
        """Take a document in: Markdown with front matter, plain text, HTML or JSON. Sending the same again changes nothing."""
        correlation_id, draft = await self._received(request)
        identity = identity_of(draft)
        if dry_run:
            return self._shown(decide(await self._registry.known(identity), identity, draft, self._clock.now()), draft)
        decision = await self._registry.accept(draft, identity, self._clock.now(), correlation_id=correlation_id)
        return self._answered(decision, correlation_id)

    async def put(self, document_id: Id, request: Request) -> Response:
        """Correct a document: a new version, also of one that was retracted. If-Match names the version that is meant."""
        correlation_id, draft = await self._received(request)
        decision = await self._registry.replace(
            draft, document_id, self._clock.now(), correlation_id=correlation_id, only=versions_of(request)
        )
        return self._answered(decision, correlation_id)

    async def delete(self, document_id: Id, request: Request) -> Response:
        """Retract a document: it leaves the feeds, and partners are told."""
        await self._not_overloaded()
        correlation_id = correlation_of(request)
        decision = await self._registry.retract(
            document_id, self._clock.now(), correlation_id=correlation_id, only=versions_of(request)
        )
        return self._answered(decision, correlation_id)

    async def accepted(self, request: Request) -> Response | None:
        """What was accepted, for as long as the feeds do not know the document yet; None if nobody ever sent it."""
        known = await self._registry.known(request.path_params["document_id"])
        if known is None:
            return None
        if known.state == State.RETRACTED:
            raise gone(WasRetracted(known.document))
        body = known.document.model_dump(mode="json") | {"state": known.state, "links": self._links(known.document)}
        return JSONResponse(body, headers=_etag(known.document) | {"Cache-Control": "no-store"})

    async def _received(self, request: Request) -> tuple[str, Draft]:
        """The request's correlation id and what its body says; a rejection is logged, and tells the id too."""
        await self._not_overloaded()
        correlation_id = correlation_of(request)
        media_type = request.headers.get("Content-Type")
        limit = self._settings.max_document_bytes
        try:
            body = await body_of(request, limit)
            # In a thread, because hostile input may take a second, and others are waiting.
            return correlation_id, await asyncio.to_thread(read, body, media_type, max_bytes=limit)
        except Rejected as error:
            error.fields["correlation_id"] = correlation_id
            log.info("document.rejected", code=error.code, correlation_id=correlation_id)
            raise

    async def _not_overloaded(self) -> None:
        if await self._belt.overloaded():
            raise Overloaded("the belt is too far behind to take more just now")

    def _answered(self, decision: Decision, correlation_id: str) -> Response:
        """Say what became of it, and write the one line about it."""
        document = decision.document
        facts = {"document_id": document.id, "version": document.version, "correlation_id": correlation_id}
        if isinstance(decision, WasRetracted):
            log.info("document.rejected", code="gone", **facts)
            raise gone(decision)
        change = _name(decision)
        log.info(f"document.{'unchanged' if isinstance(decision, Unchanged) else 'ingested'}", change=change, **facts)
        body = {"id": document.id, "version": document.version, "change": change, "links": self._links(document)}
        headers = _etag(document) | {"Location": self._page(document), CORRELATION: correlation_id}
        return JSONResponse(body, 202 if isinstance(decision, Changed) else 200, headers=headers)

    def _shown(self, decision: Decision, draft: Draft) -> Response:
        document = decision.document
        told = {"dry_run": True, "id": document.id, "version": document.version, "change": _name(decision)}
        return JSONResponse(told | {"document": draft.model_dump(mode="json")})

    def _links(self, document: Document) -> dict[str, str]:
        return {"self": self._page(document)}

    def _page(self, document: Document) -> str:
        return f"{self._settings.base_url}/documents/{document.id}"


def _name(decision: Decision) -> str:
    match decision:
        case Changed(change=change):
            return change.value
        case Unchanged():
            return "unchanged"
        case WasRetracted():
            return "retracted"


def _etag(document: Document) -> dict[str, str]:
    return {"ETag": f'"{document.version}"'}
