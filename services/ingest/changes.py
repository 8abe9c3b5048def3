"""Pure. What a sending means for a document that is known or not: a new version, nothing at all, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.ingest.draft import Draft
from services.ingest.identity import content_hash
from shared.events import Change, Document, Fact


class State(StrEnum):
    """Whether the newest version of a document says something or takes it back."""

    ACCEPTED = "accepted"
    RETRACTED = "retracted"


class Pin(Fact):
    """The subject that an operator set, over the one that the source had then. It stands until the source says yet another."""

    subject: str
    over: str | None = None

    def holds(self, said: str | None) -> bool:
        """Whether it stands against a source that says this subject: an old sending that comes again does not undo it."""
        return said in {None, self.over, self.subject}


class Known(Fact):
    """A document as it was accepted last; `correlation_id` names the request that it came by."""

    state: State
    document: Document
    correlation_id: str = ""
    pin: Pin | None = None

    @property
    def version(self) -> int:
        return self.document.version


@dataclass(frozen=True, slots=True)
class Changed:
    """There is a new version, and everyone down the belt must know."""

    change: Change
    document: Document
    pin: Pin | None = None

    def known(self, correlation_id: str = "") -> Known:
        """What is known once it is accepted."""
        state = State.RETRACTED if self.change == Change.RETRACTED else State.ACCEPTED
        return Known(state=state, document=self.document, correlation_id=correlation_id, pin=self.pin)

    def says_as(self, before: Known) -> bool:
        """Whether nothing has changed that makes a document the same as another one."""
        then, now = before.document, self.document
        alive = before.state == self.known().state == State.ACCEPTED
        return alive and (then.content_hash, then.duplicate_of) == (now.content_hash, now.duplicate_of)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The very same was accepted before."""

    document: Document


@dataclass(frozen=True, slots=True)
class WasRetracted:
    """It was taken back, and a sending alone does not bring it up again."""

    document: Document


Decision = Changed | Unchanged | WasRetracted


def decide(known: Known | None, identity: str, draft: Draft, at: datetime, *, restore: bool = False) -> Decision:
    """What to do with `draft`. `restore` brings back what was retracted, as a document that is added again."""
    if known and known.state == State.RETRACTED and not restore:
        return WasRetracted(known.document)
    alive = known if known and known.state == State.ACCEPTED else None
    pin = known.pin if known and known.pin and known.pin.holds(draft.subject) else None
    document = _version(draft, identity, known.version + 1 if known else 1, at, pin)
    if alive and alive.document.content_hash == document.content_hash:
        return Unchanged(alive.document)
    return Changed(Change.UPDATED if alive else Change.ADDED, document, pin)


def retract(known: Known, at: datetime) -> Changed | WasRetracted:
    """Take a document back: a version with its title and address, and no words."""
    if known.state == State.RETRACTED:
        return WasRetracted(known.document)
    words = {"version": known.version + 1, "received_at": at, "content_hash": "", "html": "", "text": "", "summary": ""}
    return Changed(Change.RETRACTED, known.document.model_copy(update=words), known.pin)


def set_subject(known: Known, subject: str | None, at: datetime) -> Decision:
    """Give a document the subject that an operator wants; None takes it away, and the source's own counts again."""
    if known.state == State.RETRACTED:
        return WasRetracted(known.document)
    if subject == known.document.subject or (subject is None and known.pin is None):
        return Unchanged(known.document)
    own = known.pin.over if known.pin else known.document.subject
    # The hash stays: it tells a sending from the next one, and this is none.
    update = {"version": known.version + 1, "received_at": at, "subject": subject or own}
    pin = Pin(subject=subject, over=own) if subject else None
    return Changed(Change.UPDATED, known.document.model_copy(update=update), pin)


def restored(known: Known | None, record: Known) -> Decision:
    """Take back what was known elsewhere or before, under its id and version, unless something as new is known."""
    if known and known.version >= record.version:
        return Unchanged(known.document)
    if record.state == State.RETRACTED:
        return Changed(Change.RETRACTED, record.document, record.pin)
    alive = known and known.state == State.ACCEPTED
    return Changed(Change.UPDATED if alive else Change.ADDED, record.document, record.pin)


def _version(draft: Draft, identity: str, version: int, at: datetime, pin: Pin | None) -> Document:
    facts = draft.model_dump(exclude={"given_id"})
    if pin:
        facts["subject"] = pin.subject
    return Document(id=identity, version=version, content_hash=content_hash(draft), received_at=at, **facts)
