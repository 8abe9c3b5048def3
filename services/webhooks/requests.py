"""What operators send about partners: JSON objects of a bounded size, and no field that is not known."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from shared.addresses import MAX_URL_CHARACTERS
from shared.errors import Rejected

MAX_BODY_BYTES = 16_000
MAX_NAME_CHARACTERS = 100
MAX_SECRET_CHARACTERS = 100
MOST_EVENTS = 10
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
]
Kinds = Annotated[
    tuple[Kind, ...],
    Field(min_length=1, max_length=MOST_EVENTS),
    AfterValidator(lambda kinds: tuple(dict.fromkeys(kinds))),
]


class RequestRejected(Rejected):
    """The body is not what the address takes."""

    code = "bad-field"
    title = "The request does not fit"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewPartner(_Body):
    """Who is to be told, and where. `secret`: whsec_…; without it one is made."""

    name: Name
    url: Url
    events: Kinds = ("document.published", "document.updated", "document.reclassified", "document.retracted")
    secret: Annotated[str, Field(max_length=MAX_SECRET_CHARACTERS)] | None = None


class PartnerChange(_Body):
    """What is to be different; what is left out stays."""

    name: Name | None = None
    url: Url | None = None
    events: Kinds | None = None
    enabled: bool | None = None


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
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"openapi_extra": {"requestBody": {"required": True, "content": content}}}


def _faults(error: ValidationError) -> list[dict[str, str]]:
    found = error.errors(include_input=False, include_context=False, include_url=False)[:20]
    return [{"pointer": "/" + "/".join(map(str, fault["loc"]))[:200], "detail": fault["msg"][:200]} for fault in found]
