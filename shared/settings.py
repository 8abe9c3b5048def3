"""The environment, read once into one frozen value."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
TOKEN = re.compile(r"[ -~]+")
WEB_ADDRESS = re.compile(
    r"https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?(/[a-z0-9._~%!$&'()*+,;=:@/-]*)?", re.IGNORECASE | re.ASCII
)


class Settings(BaseSettings):
    """Every setting, its default and its meaning; the environment variable is SYNDICATE_ and the name in capitals."""

    model_config = SettingsConfigDict(env_prefix="SYNDICATE_", frozen=True, extra="ignore")

    host: str = Field("127.0.0.1", description="address that the HTTP server listens on")
    port: int = Field(8000, ge=0, le=65535, description="port that the HTTP server listens on")
    public_url: str = Field("", description="address under which readers reach the feeds; default: http://HOST:PORT")
    url: str = Field(
        "", description="address of the server that the command line talks to; default: the public address"
    )
    token: SecretStr | None = Field(
        None, description="the operator's bearer token; default: made at the first start in DATA/operator.token"
    )
    data: Path = Field(
        Path(".syndicate"),
        description="directory for the embedded Redis, the operator's token and the key of partners' secrets",
    )
    redis_url: SecretStr | None = Field(None, description="Redis or Valkey to use; default: one that is started here")
    namespace: str = Field(
        "syndicate",
        pattern=r"^[a-z0-9_-]{1,40}$",
        description="prefix of every key in Redis; two of them are two separate belts",
    )
    title: str = Field("Syndicate", max_length=100, description="title of the feeds and pages")
    taxonomy: Path = Field(ROOT / "seeds" / "subjects.yaml", description="the subjects and their keywords")
    review_confidence: float = Field(
        0.4, ge=0, le=1, description="confidence in a subject below which a person should look at it"
    )
    related_backend: Literal["memory", "vectors"] = Field(
        "memory",
        description="where the index of related articles lives: memory, in each process that relates; vectors, in a vector set of Redis 8",
    )
    related_partitions: int = Field(
        1,
        ge=1,
        le=64,
        description="partitions of the related index in memory, each in a process of its own; 1: every process that relates has all of it",
    )
    related_date_weight: float = Field(
        0.2, ge=0, le=1, description="how much closer articles are that appeared on the same day; nothing after a week"
    )
    related_subject_weight: float = Field(
        0.1, ge=0, le=1, description="how much closer articles of the same subject are"
    )
    related_semantic_weight: float = Field(
        0.2, ge=0, le=1, description="how much the meaning counts beside the words, if SYNDICATE_SEMANTIC is on"
    )
    semantic: bool = Field(
        False,
        description="whether articles get their subjects and are related by their meaning too; needs the extra `semantic`",
    )
    feed_entries: int = Field(50, ge=1, le=500, description="entries in a feed, unless they weigh more than 250 kB")
    feed_duplicates: bool = Field(
        False, description="whether documents that nearly repeat another one enter the feeds too, from now on"
    )
    feed_refetches: int = Field(
        600,
        ge=0,
        description="times in a row that one client may fetch one unchanged feed unconditionally before it is answered 429, "
        "and again one each second; 0 for any number",
    )
    events_kept: int = Field(
        100_000, ge=1, description="newest events that GET /events can still give, each of 1 to 20 kB"
    )
    max_document_bytes: int = Field(
        2_000_000, ge=1_000, le=50_000_000, description="largest document that is accepted, in bytes"
    )
    inbox: Path | None = Field(None, description="folder whose files are taken in as they settle; default: none")
    max_batch_bytes: int = Field(
        32_000_000,
        ge=1_000,
        le=1_000_000_000,
        description="largest body with many documents that is accepted, in bytes",
    )
    fetch_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), description="private networks that documents may be fetched from, by commas; default: none"
    )
    max_lag: int = Field(
        20_000, ge=10, description="entries that may wait in one stream before new documents are answered with 503"
    )
    batch_size: int = Field(
        100, ge=1, le=1000, description="entries that a service takes at once; feeds and webhooks take twice as many"
    )
    lease_seconds: float = Field(
        10, gt=0.1, le=3600, description="silence after which a consumer counts as dead and its entries are taken over"
    )
    step_seconds: float = Field(
        300, gt=0.1, description="longest time that one batch may take before it counts as failed"
    )
    max_deliveries: int = Field(
        5, ge=1, le=100, description="failed deliveries after which an entry goes to the dead letters"
    )
    retention_seconds: float = Field(
        600, ge=0, description="how long a stream keeps entries that every group has acknowledged"
    )
    drain_seconds: float = Field(5, gt=0, le=60, description="longest wait for work in hand at shutdown")
    partner_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), description="private networks that partners may live in, by commas (127.0.0.0/8); default: none"
    )
    webhook_schedule_seconds: Annotated[tuple[Annotated[float, Field(ge=0, le=604_800)], ...], NoDecode] = Field(
        (),
        max_length=30,
        description="waits before the attempts of a delivery, by commas; default: 0,5,300,…, ten in 76 hours",
    )
    webhook_seconds: float = Field(
        15,
        ge=0.5,
        le=300,
        description="longest time that an attempt of a delivery may take, headers and body together",
    )
    webhook_backlog: int = Field(
        100_000, ge=10, description="deliveries that may wait for one partner; beyond, the oldest are given up"
    )
    webhook_deliveries_kept: int = Field(
        5_000, ge=1, description="newest successful deliveries that are remembered for each partner"
    )
    webhook_events_kept: int = Field(
        50_000, ge=1, description="newest events that partners can pull and have replayed, each of 1 to 20 kB"
    )
    webhooks_url: str = Field(
        "",
        description="address under which partners and WebSub subscribers reach the webhooks service; default: the public address",
    )
    hub_seconds: float = Field(
        0.5,
        ge=0.02,
        le=60,
        description="how long changes of a feed wait for each other before they are pushed together to WebSub subscribers",
    )
    hub_subscriptions: int = Field(100_000, ge=0, description="WebSub subscriptions that there may be at once")
    hub_topics: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="beginnings of the addresses that others publish through this hub, by commas (https://blog.example/); default: none",
    )
    webhooks_key: SecretStr | None = Field(
        None,
        description="base64 of the 32 bytes that seal partners' secrets; default: made at the first start in DATA/webhooks.key",
    )
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="least level that is logged")
    log_json: bool = Field(False, description="logs as JSON lines; default: readable lines")

    @field_validator("fetch_networks", "partner_networks", "webhook_schedule_seconds", "hub_topics", mode="before")
    @classmethod
    def _by_commas(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("public_url", "url", "webhooks_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        # What is none would stand in every link, and in the ids of all entries, which must not change when it is mended.
        if value and not WEB_ADDRESS.fullmatch(value):
            raise ValueError(
                "is no address: http:// or https://, a host in ASCII (xn--… if need be), perhaps a port and a path"
            )
        return value.rstrip("/")

    @field_validator("token")
    @classmethod
    def _sendable(cls, value: SecretStr | None) -> SecretStr | None:
        """Without the space around it that files and forms add; the rest has to pass through a header (RFC 6750, section 2.1)."""
        token = value.get_secret_value().strip() if value else ""
        if token and not TOKEN.fullmatch(token):
            raise ValueError("must be of printable ASCII characters")
        return SecretStr(token) if token else None

    @property
    def base_url(self) -> str:
        """The address in links: absolute and without a slash at the end."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def hub_url(self) -> str:
        """The address of the WebSub hub."""
        return f"{self.webhooks_url or self.base_url}/hub"

    @property
    def server_url(self) -> str:
        """Where the command line finds the server."""
        return self.url or self.base_url
