"""What operators send about partners: JSON objects of a bounded size, and no field that is not known."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, Self, TypeVar

from fastapi import Request
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from services.webhooks.filters import Filter
from services.webhooks.partner import Kind as SigningKind
from shared.addresses import MAX_URL_CHARACTERS
from shared.errors import Rejected

MAX_BODY_BYTES = 64_000
MAX_NAME_CHARACTERS = 100
MAX_SECRET_CHARACTERS = 120
MOST_EVENTS = 10
HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,1998}[\x21-\x7e])?")
RESERVED = frozenset(
    [
        "host",
        "connection",
        "content-length",
        "content-type",
        "content-encoding",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "keep-alive",
        "accept-encoding",
        "user-agent",
        "proxy-authorization",
        "proxy-connection",
    ]
)
RESERVED_BEGINNINGS = ("webhook-", "svix-", "ce-")
"""A partner's own headers can override nothing that the protocols say (Standard Webhooks; CloudEvents HTTP binding)."""
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _printable(text: str) -> str:
    if UNPRINTABLE.search(text) or not text.strip():
        raise ValueError("a name is a line of text")
    return text.strip()


Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARACTERS), AfterValidator(_printable)]
Url = Annotated[str, Field(min_length=1, max_length=MAX_URL_CHARACTERS)]
Kind = Literal[
    "document.published",
    "document.updated",
    "document.reclassified",
    "document.retracted",
    "document.related_changed",
    "partner.disabled",
]
Kinds = Annotated[
    tuple[Kind, ...],
    Field(min_length=1, max_length=MOST_EVENTS),
    AfterValidator(lambda kinds: tuple(dict.fromkeys(kinds))),
]
Secret = Annotated[str, Field(max_length=MAX_SECRET_CHARACTERS)]
Rate = Annotated[float, Field(ge=0.01, le=10_000, description="deliveries a second at most")]
Concurrency = Annotated[int, Field(ge=1, le=256, description="deliveries at once at most")]
Wait = Annotated[float, Field(ge=0, le=604_800)]
Schedule = Annotated[tuple[Wait, ...], Field(min_length=1, max_length=30, description="seconds before each attempt")]
Version = Literal[1, 2]


def _own_headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(value):
            raise ValueError("a header has a name of letters, digits and dashes, and a value of one line in ASCII")
        if name.lower() in RESERVED or name.lower().startswith(RESERVED_BEGINNINGS):
            raise ValueError("that header is ours")
    if len({name.lower() for name in headers}) < len(headers):
        raise ValueError("a header stands there twice")
    return headers


Headers = Annotated[dict[str, str], Field(max_length=10), AfterValidator(_own_headers)]


class RequestRejected(Rejected):
    """The body is not what the address takes."""

    code = "bad-field"
    title = "The request does not fit"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Batch(_Body):
    """Several events in one message: up to `most`, and it waits up to `seconds` to be filled."""

    most: int = Field(ge=2, le=100)
    seconds: float = Field(default=5, ge=0, le=3_600)


class _Wishes(_Body):
    @model_validator(mode="after")
    def _agree(self) -> Self:
        if getattr(self, "ordered", False) and getattr(self, "batch", None):
            raise ValueError("a partner has its messages in each document's order or several in one, not both")
        return self


class NewPartner(_Wishes):
    """Who is to be told, and where.

    `secret`: whsec_… or whsk_…; without it one is made, by `signing`. `confirmed`: the operator vouches for the address, and it is not asked.
    """

    name: Name
    url: Url
    events: Kinds = ("document.published", "document.updated", "document.reclassified", "document.retracted")
    filter: Filter = Filter()
    version: Version = 2
    full: bool = False
    signing: SigningKind = "hmac"
    secret: Secret | None = None
    ordered: bool = False
    batch: Batch | None = None
    rate: Rate | None = None
    concurrency: Concurrency | None = None
    schedule: Schedule | None = None
    headers: Headers = {}
    confirmed: bool = False


class PartnerChange(_Wishes):
    """What is to be different; what is left out stays, and null takes a limit away."""

    name: Name | None = None
    url: Url | None = None
    events: Kinds | None = None
    filter: Filter | None = None
    version: Version | None = None
    full: bool | None = None
    ordered: bool | None = None
    batch: Batch | None = None
    rate: Rate | None = None
    concurrency: Concurrency | None = None
    schedule: Schedule | None = None
    headers: Headers | None = None
    confirmed: Literal[True] | None = None
    enabled: bool | None = None


class NewKey(_Body):
    """The next signing key. `overlap_seconds`: how long the present ones go on signing, at most seven days."""

    signing: SigningKind = "hmac"
    secret: Secret | None = None
    overlap_seconds: float = Field(default=86_400, ge=0, le=604_800)


class Recovery(_Body):
    """What was given up since then is sent again."""

    since: AwareDatetime


class NewReplay(_Body):
    """Events of the ledger are sent again. `since`, `until`: by when they were published; `ids`: only these events.

    `dry_run`: only count. `rate`: deliveries planned a second.
    """

    events: Kinds | None = None
    filter: Filter = Filter()
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    ids: Annotated[tuple[str, ...], Field(max_length=1_000)] = ()
    rate: float = Field(default=100, ge=0.1, le=10_000)
    dry_run: bool = False


Read = TypeVar("Read", bound=BaseModel)


def body_of(model: type[Read]) -> Callable[[Request], Awaitable[Read]]:
    """A dependency that reads the body. It never repeats what was sent: a secret may be in it.

    FastAPI would read a body of any size, and before it asks for the token.
    """

    async def read(request: Request) -> Read:
        content = b""
        async for chunk in request.stream():
            content += chunk
            if len(content) > MAX_BODY_BYTES:
                raise RequestRejected(f"the body has more than {MAX_BODY_BYTES} bytes")
        try:
            return model.model_validate_json(content)
        except ValidationError as error:
            raise RequestRejected("the body is not what is taken here", errors=_faults(error)) from None

    return read


def described(model: type[BaseModel]) -> dict[str, Any]:
    """The body's schema for OpenAPI, as an argument for a route."""
    schema = model.model_json_schema()
    parts = schema.pop("$defs", {})
    content = {"application/json": {"schema": _inlined(schema, parts)}}
    return {"openapi_extra": {"requestBody": {"required": True, "content": content}}}


def _inlined(schema: Any, parts: dict[str, Any]) -> Any:
    """The schema with its parts where they are meant: a reference would point into the whole description."""
    if isinstance(schema, list):
        return [_inlined(each, parts) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(parts[schema["$ref"].rpartition("/")[2]], parts)
    return {name: _inlined(value, parts) for name, value in schema.items()}


def _faults(error: ValidationError) -> list[dict[str, str]]:
    found = error.errors(include_input=False, include_context=False, include_url=False)[:20]
    return [{"pointer": "/" + "/".join(map(str, fault["loc"]))[:200], "detail": fault["msg"][:200]} for fault in found]
