"""Pure. A partner as a value: who is told, where, of what, how, and with which keys its messages are signed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, model_validator

from services.webhooks.filters import Filter
from services.webhooks.signing import PREFIX
from shared.notices import DEFAULT_EVENTS
from shared.syndication.directory import Lead

BY_OPERATOR = "operator"

Kind = Literal["hmac", "ed25519"]


class StoredKey(BaseModel):
    """A signing key at rest. `public`: whpk_…, of Ed25519 only. `until`: when it stops signing, None for the current one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    kind: Kind
    sealed: str
    public: str | None = None
    until: AwareDatetime | None = None

    def good(self, now: datetime) -> bool:
        """Whether it still signs."""
        return self.until is None or now < self.until

    def shown(self) -> dict[str, object]:
        """The key for people: which one it is, and how to verify it, if that is no secret."""
        return self.model_dump(mode="json", exclude={"sealed"}, exclude_none=True)


class Batching(BaseModel):
    """Up to `most` events in one message, which waits up to `seconds` to be filled."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    most: int
    seconds: float


class Partner(BaseModel):
    """A partner as it is stored; what was stored before there was a field keeps what it had.

    `keys`: every good one signs, the current one first. `version`, `full`: the form of its messages. `confirmed`: how its address was
    proved; None gets no content. `sealed_headers`: of its own, as JSON, sealed. `token`: SHA-256 (hex) of its own token.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: str
    url: str
    keys: tuple[StoredKey, ...]
    events: tuple[str, ...] = DEFAULT_EVENTS
    filter: Filter = Filter()
    version: int = 1
    full: bool = False
    ordered: bool = False
    batch: Batching | None = None
    rate: float | None = None
    allowed_rate: float | None = None
    concurrency: int | None = None
    schedule: tuple[float, ...] | None = None
    header_names: tuple[str, ...] = ()
    sealed_headers: str = ""
    token: str = ""
    confirmed: str | None = BY_OPERATOR
    asked: int = 0
    ask_at: AwareDatetime | None = None
    enabled: bool = True
    disabled_reason: str | None = None
    created_at: AwareDatetime

    @model_validator(mode="before")
    @classmethod
    def _from_before(cls, given: Any) -> Any:
        """Secrets once stood as texts in a list."""
        if isinstance(given, dict) and "keys" not in given:
            plain = [str(secret) for secret in given.get("secrets", ()) if str(secret).startswith(PREFIX)]
            given = given | {"keys": [{"id": "first", "kind": "hmac", "sealed": secret} for secret in plain]}
        return given

    def following(self, leads: Mapping[str, Lead]) -> Partner:
        """The same with a filter that follows the subjects."""
        followed = self.filter.following(leads)
        return self if followed is self.filter else self.model_copy(update={"filter": followed})

    @property
    def ready(self) -> bool:
        """Whether it is told of anything."""
        return self.enabled and self.confirmed is not None

    @property
    def form(self) -> str:
        """The form of its messages: 1, 2, 1f or 2f."""
        return f"{self.version}f" if self.full else str(self.version)

    @property
    def pace(self) -> float:
        """Deliveries a second at most, 0 for any."""
        limits = [limit for limit in (self.rate, self.allowed_rate) if limit]
        return min(limits, default=0.0)

    def wants(self, kind: str) -> bool:
        """Whether it is told of events of this type."""
        return self.ready and kind in self.events

    def shown(self) -> dict[str, Any]:
        """The partner for people: everything but its secrets."""
        told = self.model_dump(mode="json", exclude={"keys", "sealed_headers", "token", "ask_at", "asked"})
        return told | {"keys": [key.shown() for key in self.keys]}

    def stored(self) -> str:
        """The partner for Redis."""
        return self.model_dump_json()
