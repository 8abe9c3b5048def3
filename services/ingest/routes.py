"""The door for documents: POST /documents, PUT and DELETE /documents/{document_id}, its subject, and what is known of one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Query, Request
from fastapi.responses import JSONResponse, Response

from services.ingest import described
from services.ingest.batches import answered_by_lines, at_most
from services.ingest.changes import Changed, Decision, State, Unchanged, WasRetracted
from services.ingest.described import Id, SubjectWanted
from services.ingest.documents import Reading
from services.ingest.draft import Draft
from services.ingest.idempotency import Place, Requests
from services.ingest.intake import Intake, Read
from services.ingest.reception import LARGE, MANY, Hands, media_type_of, versions_in, versions_of
from services.ingest.refusals import gone
from services.ingest.registry import Also, Registry, nothing
from services.ingest.subject_names import SubjectNames
from services.ingest.telling import Telling, change_of, etag_of
from shared.errors import DocumentRejected, Overloaded, Rejected, SyndicateError
from shared.host import Host
from shared.logs import log
from shared.request_ids import request_id

DryRun = Annotated[bool, Query(description="show what was read and what would become of it; store nothing")]
Explain = Annotated[bool, Query(description="with dry_run: show also what was left out of the text, and why")]

DOCUMENTS = "/documents"
ONE = "/documents/{document_id}"
SUBJECT = "/documents/{document_id}/subject"


def open_door(host: Host, intake: Intake, registry: Registry) -> None:
    """Put the routes into the application; writing needs the operator's token."""
    door = Door(host, intake, registry)
    guarded: dict[str, Any] = {"dependencies": [Depends(host.operator)], "tags": ["documents"], "response_model": None}
    add = host.web.add_api_route
    add(DOCUMENTS, door.post, methods=["POST"], status_code=202, **described.POST, **guarded)
    host.shorten("POST", DOCUMENTS, door.posted)
    add(ONE, door.put, methods=["PUT"], status_code=202, **described.PUT, **guarded)
    add(ONE, door.delete, methods=["DELETE"], status_code=202, **described.DELETE, **guarded)
    add(SUBJECT, door.subject, methods=["POST"], status_code=202, **described.SUBJECT, **guarded)
    host.answer(ONE, door.accepted, described=described.GET)


class Door:
    """What the routes do; each public method is one of them."""

    def __init__(self, host: Host, intake: Intake, registry: Registry) -> None:
        self._settings = host.settings
        self._operator = host.operator
        self._belt = host.belt
        self._clock = host.clock
        self._intake = intake
        self._registry = registry
        self._requests = Requests(host.redis, host.key, registry)
        self._telling = Telling(host.settings.base_url)
        self._hands = Hands()
        self._subjects = SubjectNames(host.settings.taxonomy)

    async def post(self, request: Request, *, dry_run: DryRun = False, explain: Explain = False) -> Response:
        """Take documents in, whatever form they have. Sending the same again changes nothing.

        One document is answered by itself; several (NDJSON, a feed, a list of addresses) by a line of JSON for each.
        """
        await self._not_overloaded()
        async with self._hands.holding(request, self._limit(request)) as body:
            rest = self._intake.read(body, request.headers.get("Content-Type"))
            first = await at_most(rest, 2)
            if media_type_of(request) in MANY or len(first) > 1 or any(each.at for each in first):
                trial = lambda draft: self._tried(draft, explain=explain)  # noqa: E731 - the one name for either
                taking = lambda draft: self._taken_in(draft, request_id(request))  # noqa: E731
                return answered_by_lines(first, rest, trial if dry_run else taking)
            if dry_run:
                return JSONResponse(await self._tried(_only(first, request), explain=explain))

            async def run(place: Place | None) -> Response:
                also = self._kept(place)
                return self._answered(
                    await self._intake.accept(_only(first, request), request_id(request), also=also), request
                )

            return await self._requests.once(request, body, run)

    async def posted(self, request: Request) -> Response:
        """The same, past the routing."""
        await self._operator(request)
        return await self.post(request)

    async def put(self, document_id: Id, request: Request) -> Response:
        """Correct a document: a new version, also of one that was retracted. If-Match names the version that is meant."""
        await self._not_overloaded()
        only = versions_of(request)
        async with self._hands.holding(request, self._limit(request)) as body:

            async def run(place: Place | None) -> Response:
                first = await at_most(self._intake.read(body, request.headers.get("Content-Type")), 2)
                draft, at = _only(first, request), self._clock.now()
                decision = await self._registry.replace(
                    draft, document_id, at, correlation_id=request_id(request), only=only, also=self._kept(place)
                )
                return self._answered(decision, request)

            return await self._requests.once(request, body, run)

    async def delete(self, document_id: Id, request: Request) -> Response:
        """Retract a document: it leaves the feeds, and partners are told. If-Match names the version that is meant."""
        await self._not_overloaded()
        only = versions_of(request)

        async def run(place: Place | None) -> Response:
            decision = await self._registry.retract(
                document_id,
                self._clock.now(),
                correlation_id=request_id(request),
                only=only,
                also=self._kept(place),
            )
            return self._answered(decision, request)

        return await self._requests.once(request, b"", run)

    async def subject(self, document_id: Id, wanted: SubjectWanted, request: Request) -> Response:
        """Set a document's subject, whatever its source says; null lets the source's own count again.

        It stands when the same text is sent again, and falls when the source comes to say yet another subject.
        """
        await self._not_overloaded()
        if wanted.subject is not None and not wanted.new:
            await self._subjects.check(wanted.subject)
        said = request.headers.get("If-Match")
        decision = await self._registry.set_subject(
            document_id,
            wanted.subject,
            self._clock.now(),
            correlation_id=request_id(request),
            only=versions_in(said) if said else None,
        )
        return self._answered(decision, request)

    async def accepted(self, request: Request) -> Response | None:
        """What was accepted, for as long as the feeds do not know the document yet; None if nobody ever sent it."""
        known = await self._registry.known(request.path_params["document_id"])
        if known is None:
            return None
        if known.state == State.RETRACTED:
            raise gone(WasRetracted(known.document))
        headers = etag_of(known.document) | {"Cache-Control": "no-store"}
        return JSONResponse(self._telling.known(known), headers=headers)

    async def _taken_in(self, draft: Draft, correlation_id: str) -> dict[str, Any]:
        await self._intake.room()
        decision = await self._intake.accept(draft, correlation_id)
        _log(decision, correlation_id)
        return {"status": _status(decision)} | self._telling.decision(decision)

    async def _tried(self, draft: Draft, *, explain: bool) -> dict[str, Any]:
        return self._telling.trial(await self._intake.tried(draft), draft, explain=explain)

    def _limit(self, request: Request) -> int:
        most = self._settings.max_document_bytes
        return max(most, self._settings.max_batch_bytes) if media_type_of(request) in MANY | LARGE else most

    def _kept(self, place: Place | None) -> Also:
        """Keep the answer to a change in the step of the change."""
        return nothing if place is None else lambda changed: (place.kept(self._response(changed)),)

    async def _not_overloaded(self) -> None:
        if await self._belt.overloaded():
            raise Overloaded("the belt is too far behind to take more just now")

    def _answered(self, decision: Decision, request: Request) -> Response:
        """Say what became of it, and write the one line about it."""
        _log(decision, request_id(request))
        if isinstance(decision, WasRetracted):
            raise gone(decision)
        return self._response(decision)

    def _response(self, decision: Decision) -> Response:
        headers = etag_of(decision.document) | {"Location": self._telling.page(decision.document)}
        return JSONResponse(self._telling.decision(decision), _status(decision), headers=headers)


def _only(first: list[Read], request: Request) -> Draft:
    """The draft, if it is the only one and could be read; a refusal is logged."""
    match first:
        case [Reading(draft=draft)]:
            return draft
        case []:
            error: SyndicateError = DocumentRejected("no-document", "there is no document in it")
        case [unread] if not isinstance(unread, Reading):
            error = unread.error
        case _:
            error = DocumentRejected("many-documents", "these are several documents, and here is room for one")
    if isinstance(error, Rejected):
        log.info("document.rejected", code=error.code, correlation_id=request_id(request))
    raise error


def _status(decision: Decision) -> int:
    return 202 if isinstance(decision, Changed) else 200


def _log(decision: Decision, correlation_id: str) -> None:
    document = decision.document
    facts = {"document_id": document.id, "version": document.version, "correlation_id": correlation_id}
    if isinstance(decision, WasRetracted):
        log.info("document.rejected", code="gone", **facts)
        return
    verdict = "unchanged" if isinstance(decision, Unchanged) else "ingested"
    log.info(f"document.{verdict}", change=change_of(decision), **facts)
