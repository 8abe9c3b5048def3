"""Pure. Every error that Syndicate raises on purpose.

SyndicateError                 has a `code`, an HTTP `status` and attributes; str() composes the sentence
├── Rejected                   this input will never do: no retry; tell the sender, or bury the entry with the reason
│   ├── DocumentRejected       a document that cannot be read; `code` names the rule that it broke
│   └── EntryRejected          a stream entry that is no event
├── Unauthorized               the operator's token is missing or wrong
├── NotFound                   no such thing
├── Gone                       it was here and has been retracted
├── Conflict                   the request does not fit the present state
├── Overloaded                 the belt is too far behind; try again after `retry_after` seconds
└── Unfit                      this machine or this Redis cannot carry the belt; start-up stops

Anything else that is raised is a fault, and what caused it is tried again. A partner's failure is neither: it is an outcome
(services/webhooks/outcome.py).
"""

from __future__ import annotations

from typing import ClassVar


class SyndicateError(Exception):
    """Base of all. `detail` is a sentence for people; `fields` are facts for machines (never secrets)."""

    code = "internal"
    title = "Something went wrong here"
    status = 500

    def __init__(self, detail: str = "", **fields: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.fields = fields

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.fields.items())
        return f"{self.detail} ({facts})" if facts else self.detail


class Rejected(SyndicateError):
    """This input will never do, however often it is tried."""

    code = "rejected"
    title = "The input was refused"
    status = 422


class DocumentRejected(Rejected):
    """A document that cannot be read. `code` is one of the keys of `STATUS`."""

    title = "The document cannot be read"
    STATUS: ClassVar[dict[str, int]] = {
        "empty": 422,
        "too-large": 413,
        "unknown-media-type": 415,
        "not-utf8": 422,
        "bad-front-matter": 422,
        "bad-json": 422,
        "bad-xml": 422,
        "bad-pdf": 422,
        "bad-docx": 422,
        "missing-extra": 415,
        "many-documents": 422,
        "no-document": 422,
        "bad-field": 422,
        "too-deep": 422,
    }

    def __init__(self, code: str, detail: str, **fields: object) -> None:
        super().__init__(detail, **fields)
        self.code = code
        self.status = self.STATUS[code]


class EntryRejected(Rejected):
    """A stream entry that is no event of its stream."""

    code = "not-an-event"
    title = "The stream entry is no event"


class Unauthorized(SyndicateError):
    code = "unauthorized"
    title = "Writing needs the operator's bearer token"
    status = 401


class NotFound(SyndicateError):
    code = "not-found"
    title = "There is no such thing"
    status = 404


class Gone(SyndicateError):
    code = "gone"
    title = "It has been retracted"
    status = 410


class Conflict(SyndicateError):
    code = "conflict"
    title = "The request does not fit the present state"
    status = 409


class Overloaded(SyndicateError):
    """The belt is too far behind, or Redis is full."""

    code = "overloaded"
    title = "Too far behind to accept more just now"
    status = 503

    def __init__(self, detail: str = "", *, retry_after: int = 5, **fields: object) -> None:
        super().__init__(detail, **fields)
        self.retry_after = retry_after


class Unfit(SyndicateError):
    """This machine or this Redis cannot carry the belt; the detail names the ways out."""

    code = "unfit"
    title = "Start-up check failed"
    status = 503
