"""Pure. All event contracts, in the order in which they flow.

    documents.ingested → documents.classified → documents.related → documents.published

An event is a fact in the past tense and never changes. It carries the document and every fact known so far, so that no service
asks another. Fields may be added with a default; a breaking change is a new class with a new `type`.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum
from functools import cache
from hashlib import sha1
from typing import Annotated, Any, ClassVar, Literal, Self, Union

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shared.errors import EntryRejected

EVENT_IDS = uuid.UUID("5f1f5d0e-6a0c-5b7e-9d55-1a2f6f0f5c11")


class Fact(BaseModel):
    """An immutable value; unknown fields of a newer writer are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", cache_strings="keys")


class Change(StrEnum):
    """What happened to the document; all three travel the same line."""

    ADDED = "added"
    UPDATED = "updated"
    RETRACTED = "retracted"


class SourceLink(Fact):
    """An article that the source itself names as related, with as much of it as the source tells; `url` may be relative."""

    title: str = ""
    url: str = ""
    id: str = ""
    subject: str = ""


class Document(Fact):
    """One document as the reader understood it.

    `id`: 16 characters of base32, stable over versions. `version`: 1, 2, …; every change is a new one. `content_hash`: hex of what
    makes two sendings the same. `html`: sanitised markup for people, the article whole. `text`: plain text for analysis, without what
    is no part of the article's own words. A retraction keeps title and url and carries no html and no text.
    """

    id: str
    version: int = Field(ge=1)
    content_hash: str
    title: str
    html: str = ""
    text: str = ""
    summary: str = ""
    authors: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    subject: str | None = None
    """The subject that a person set (front matter or an operator), as they wrote it; None leaves it to the classifier."""
    url: str | None = None
    """Where the source itself published it, absolute http(s); our own page is /documents/{id}."""
    language: str = "en"
    published_at: AwareDatetime | None = None
    """When the source says that it was published."""
    doi: str | None = None
    """Its own Digital Object Identifier, in small letters and without a resolver: `10.1000/182`."""
    journal: str | None = None
    source_links: tuple[SourceLink, ...] = ()
    """The related articles that the source names itself, in its order."""
    duplicate_of: str | None = None
    """The id of the document that it nearly repeats; that one repeats none. None: it is an original."""
    inferred: tuple[str, ...] = ()
    """The names of those fields above that stand nowhere in the source and were made from its words."""
    received_at: AwareDatetime
    """When this version was accepted here."""


class Subject(Fact):
    """A subject with the confidence, 0..1, that the document belongs to it. `given`: a person said so."""

    name: str
    slug: str
    confidence: float = Field(ge=0, le=1)
    given: bool = False


class RelatedArticle(Fact):
    """A neighbour: its id and title, and its closeness, 0..1.

    `why`: the words that both share and that weigh most, the weightiest first. `pinned`: an operator put it there.
    """

    id: str
    title: str
    score: float = Field(ge=0, le=1)
    why: tuple[str, ...] = ()
    pinned: bool = False


class Event(Fact):
    """What every event has. `event_id` is derived from the cause, so a repeated cause gives the same id and the repeat is dropped."""

    stream: ClassVar[str]

    event_id: str
    correlation_id: str
    """The request, file or entry that began it all; the same along the whole line and in every log line."""
    occurred_at: AwareDatetime
    """When the change was accepted at ingest."""

    @property
    def document_id(self) -> str:
        raise AttributeError("an event names its document")

    @classmethod
    def after(cls, cause: Event, *, about: str | None = None, **facts: Any) -> Self:
        """The event that follows from `cause`: it inherits the cause's facts and adds its own.

        `about` names the document when it is another one than the cause's.
        """
        inherited = {name: getattr(cause, name) for name in _in_common(type(cause), cls)}
        identity = event_id(cause.event_id, cls.stream, about or cause.document_id)
        return cls(**(inherited | facts | {"event_id": identity}))

    def encode(self) -> bytes:
        """The event as JSON; what a stream entry carries in its field `event`."""
        return self.__pydantic_serializer__.to_json(self)


class DocumentIngested(Event):
    """A document was accepted, corrected or retracted."""

    stream: ClassVar[str] = "documents.ingested"
    type: Literal["document.ingested"] = "document.ingested"

    change: Change
    document: Document

    @property
    def document_id(self) -> str:
        return self.document.id

    @classmethod
    def of(cls, document: Document, change: Change, *, correlation_id: str, at: datetime) -> Self:
        """The first event of a line; the same document and version always give the same event id."""
        return cls(
            event_id=event_id(f"{document.id}/{document.version}", cls.stream, document.id),
            correlation_id=correlation_id,
            occurred_at=at,
            change=change,
            document=document,
        )


class DocumentClassified(DocumentIngested):
    """It has a subject; `runners_up` are the next best, best first.

    `why`: the words that decided for the subject, the weightiest first. `second`: another subject that it belongs to as surely.
    `needs_review`: a person should look at the subject. `model`: the version of what decided; empty if it had learned nothing. `meaning`: what
    it means, as a vector of signed bytes (base64 in JSON), for whom the belt comes to next; empty if that was not asked for.
    """

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    stream: ClassVar[str] = "documents.classified"
    type: Literal["document.classified"] = "document.classified"  # type: ignore[assignment]

    subject: Subject
    runners_up: tuple[Subject, ...] = ()
    why: tuple[str, ...] = ()
    second: Subject | None = None
    needs_review: bool = False
    model: str = ""
    meaning: bytes = b""


class SubjectName(Fact):
    """A subject of the taxonomy as readers meet it."""

    slug: str
    name: str


class TaxonomyChanged(Event):
    """The operator's subjects are others now; it concerns no single document, and travels once for each version, 1, 2, …

    `moved`: a former slug and the one that its documents belong to now, whether it was renamed or merged. `removed`: slugs that led to
    a subject in the version before and lead nowhere now. `fallback`: the slug of the subject for what belongs nowhere else.
    """

    stream: ClassVar[str] = "documents.classified"
    type: Literal["taxonomy.changed"] = "taxonomy.changed"

    version: int = Field(ge=1)
    subjects: tuple[SubjectName, ...]
    moved: dict[str, str] = {}
    removed: tuple[str, ...] = ()
    fallback: str

    @property
    def document_id(self) -> str:
        return ""


class DocumentRelated(DocumentClassified):
    """It has its related articles, best first.

    `related_revision` grows with every change of any list; the list with the higher revision is the newer one. `beside`: the ids of those
    on whose lists it stood before this version and stands now, or, of a retracted one, stood.
    """

    stream: ClassVar[str] = "documents.related"
    type: Literal["document.related"] = "document.related"  # type: ignore[assignment]

    related: tuple[RelatedArticle, ...] = ()
    related_revision: int = 0
    beside: tuple[str, ...] = ()


class RelatedChanged(Event):
    """An older document's related articles changed because of a neighbour; nothing else of it did."""

    stream: ClassVar[str] = "documents.related"
    type: Literal["document.related_changed"] = "document.related_changed"

    id: str
    related: tuple[RelatedArticle, ...]
    related_revision: int

    @property
    def document_id(self) -> str:
        return self.id


class TaxonomyPassed(TaxonomyChanged):
    """The same, behind the documents that were classified before it."""

    stream: ClassVar[str] = "documents.related"
    type: Literal["taxonomy.passed"] = "taxonomy.passed"  # type: ignore[assignment]


class DocumentPublished(DocumentRelated):
    """It stands in its feeds, or was taken back from them. `link`: its page here, absolute.

    `reclassified`: an update that says the same under another subject, or under the same one for certain. `sequence`: the number of the
    change of the feeds that brought this version. `joined`, `left`: who has come onto its list since the version before, best first, and
    who has gone. With one that joins comes its article as JSON (shared/syndication/article.py); or nothing, if its own event, a few minutes
    old at most, says the same.
    """

    stream: ClassVar[str] = "documents.published"
    type: Literal["document.published"] = "document.published"  # type: ignore[assignment]

    link: str
    first_published_at: AwareDatetime
    updated_at: AwareDatetime
    reclassified: bool = False
    sequence: int = 0
    joined: dict[str, str] = {}
    left: tuple[str, ...] = ()


class RelatedPublished(RelatedChanged):
    """The page and the feeds show the document's new related articles. `sequence`, `joined` and `left` as of DocumentPublished."""

    stream: ClassVar[str] = "documents.published"
    type: Literal["related.published"] = "related.published"  # type: ignore[assignment]

    title: str
    link: str
    sequence: int = 0
    joined: dict[str, str] = {}
    left: tuple[str, ...] = ()


class TaxonomyPublished(TaxonomyPassed):
    """The feeds have their new addresses, and the old ones lead to them or are gone."""

    stream: ClassVar[str] = "documents.published"
    type: Literal["taxonomy.published"] = "taxonomy.published"  # type: ignore[assignment]


FLOW: tuple[type[Event], ...] = (
    DocumentIngested,
    DocumentClassified,
    TaxonomyChanged,
    DocumentRelated,
    RelatedChanged,
    TaxonomyPassed,
    DocumentPublished,
    RelatedPublished,
    TaxonomyPublished,
)
BELT: dict[str, str] = {
    "documents.ingested": "classifier",
    "documents.classified": "related",
    "documents.related": "feeds",
    "documents.published": "webhooks",
}
"""Each stream of the belt and the group that carries its events on."""


def event_id(cause: str, stream: str, document_id: str) -> str:
    """A UUID (version 5; RFC 9562, section 5.5) that the same cause, stream and document always give again."""
    text = digits_of(EVENT_IDS, f"{cause}/{stream}/{document_id}")
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def digits_of(space: uuid.UUID, name: str) -> str:
    """The hexadecimal digits of the UUID (version 5) of a name in a space."""
    # By hand in a quarter of uuid.uuid5's time, which was a fifth of what it took to decide on an event.
    octets = bytearray(sha1(space.bytes + name.encode(), usedforsecurity=False).digest()[:16])
    octets[6] = octets[6] & 0x0F | 0x50
    octets[8] = octets[8] & 0x3F | 0x80
    return octets.hex()


def passed_on(event: Event, stream: str) -> Event:
    """The same fact for the next stream, from a service that has nothing to add to it.

    Raises EntryRejected if the next stream knows nothing of the kind.
    """
    for kind in FLOW:
        if kind.stream == stream and issubclass(kind, type(event)):
            return kind.after(event)
    raise EntryRejected("nobody down the belt knows this kind of event", stream=stream, type=type(event).__name__)


@cache
def _in_common(cause: type[Event], effect: type[Event]) -> tuple[str, ...]:
    return tuple(name for name in cause.model_fields if name in effect.model_fields and name != "type")


@cache
def _contract(stream: str) -> TypeAdapter[Event]:
    kinds = tuple(event for event in FLOW if event.stream == stream)
    if len(kinds) == 1:
        return TypeAdapter(kinds[0])
    # Of its own, the union would remember short texts, which seldom come again: an eighth of what it takes to read a document.
    settings = ConfigDict(cache_strings="keys")
    return TypeAdapter(Annotated[Union[kinds], Field(discriminator="type")], config=settings)  # type: ignore[arg-type]  # noqa: UP007 - built from a tuple


def decode(stream: str, body: bytes) -> Event:
    """The event of `stream` that `body` (JSON) holds.

    Raises EntryRejected, with the places that do not fit and never their content, if it is none.
    """
    try:
        return _contract(stream).validate_json(body)
    except ValidationError as error:
        places = [".".join(map(str, fault["loc"])) or "entry" for fault in error.errors(include_input=False)[:5]]
        raise EntryRejected("the entry is no event of its stream", stream=stream, places=places) from None
