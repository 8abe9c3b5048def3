"""Pure. What each feed says of itself, so that anyone can prove that nothing is missing in it, and the proof.

    <?syndicate sequence="1767268920000" entries="50" digest="8d1f…"?>      RSS and Atom, before the root element
    "_syndicate": {"sequence": 1767268920000, "entries": 50, "digest": "8d1f…"}      JSON Feed

`sequence`: the number of the newest change in the feed; it grows, and never goes back. `entries`: how many there are. `digest`: SHA-256
over "identifier moment" of each entry, one on each line, in their order, the moment of the last change in RFC 3339; its first 32 digits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

from lxml import etree

from shared.syndication.addresses import Site
from shared.syndication.feed import Feed

ATOM = "{http://www.w3.org/2005/Atom}"
STATEMENT = re.compile(rb'<\?syndicate sequence="(\d+)" entries="(\d+)" digest="([0-9a-f]{32})"\?>')
Entry = tuple[str, str]
"""An entry's identifier and the moment of its last change."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What a feed says of itself."""

    sequence: int
    entries: int
    digest: str

    @property
    def instruction(self) -> bytes:
        """As RSS and Atom carry it."""
        said = f'sequence="{self.sequence}" entries="{self.entries}" digest="{self.digest}"'
        return f"<?syndicate {said}?>\n".encode()

    @property
    def facts(self) -> dict[str, Any]:
        """As JSON Feed carries it."""
        return {"sequence": self.sequence, "entries": self.entries, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class Examined:
    """A feed as a reader got it."""

    entries: tuple[Entry, ...]
    statement: Statement | None
    address: str
    older: str | None


def statement_of(feed: Feed) -> Statement:
    """What the feed says of itself."""
    lines = [_line(feed.site, article.id, article.updated_at) for article in feed.articles]
    newest = max((article.sequence for article in feed.articles), default=0)
    newest = max(newest, feed.number)
    return Statement(newest, len(lines), _digest(lines))


@lru_cache(maxsize=20_000)
def _line(site: Site, document_id: str, updated_at: datetime) -> str:
    """An entry's line; made once, as it takes 15 µs, and a feed has fifty."""
    return f"{site.tag('documents', document_id)} {_spelled(updated_at)}"


def _digest(lines: Iterable[str]) -> str:
    return sha256("\n".join(lines).encode()).hexdigest()[:32]


def digest_of(entries: Iterable[Entry]) -> str:
    """The digest of these entries in this order."""
    return _digest(f"{name} {moment}" for name, moment in entries)


def canonical(moment: str) -> str:
    """A moment in the one spelling that digests are made of: UTC, to the second."""
    return _spelled(datetime.fromisoformat(moment))


def _spelled(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def examined(body: bytes) -> Examined:
    """What a feed's bytes say. Raises ValueError if they are no feed."""
    try:
        return _json(json.loads(body)) if body.lstrip()[:1] == b"{" else _xml(body)
    except (etree.XMLSyntaxError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"this is no whole feed: {error}") from error


def faults_of(feed: Examined) -> list[str]:
    """What is wrong with a feed, in words; nothing, if it is what was published."""
    said = feed.statement
    if said is None:
        return ["it does not say what it should hold"]
    faults = []
    if said.entries != len(feed.entries):
        faults.append(f"it should hold {said.entries} entries and holds {len(feed.entries)}")
    names = [name for name, _ in feed.entries]
    if len(set(names)) < len(names):
        faults.append("an entry comes twice")
    if said.digest != digest_of(feed.entries):
        faults.append("an entry is missing, changed or out of order: the digest is another")
    return faults


def _json(body: dict[str, Any]) -> Examined:
    said = body.get("_syndicate", {})
    entries = tuple((item["id"], canonical(item["date_modified"])) for item in body["items"])
    statement = Statement(said["sequence"], said["entries"], said["digest"]) if said else None
    return Examined(entries, statement, body.get("feed_url", ""), body.get("next_url"))


def _xml(body: bytes) -> Examined:
    root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    if root.tag not in {"rss", f"{ATOM}feed"}:
        raise ValueError(f"this is no feed: its root element is <{etree.QName(root).localname}>")
    rss = root.tag == "rss"
    head = root[0] if rss else root
    found = STATEMENT.search(body)
    links = {link.get("rel"): link.get("href") for link in head.findall(f"{ATOM}link")}
    name = "guid" if rss else f"{ATOM}id"
    entries = tuple(
        (entry.findtext(name) or "", canonical(entry.findtext(f"{ATOM}updated") or ""))
        for entry in head.findall("item" if rss else f"{ATOM}entry")
    )
    statement = Statement(int(found[1]), int(found[2]), found[3].decode()) if found else None
    return Examined(entries, statement, links.get("self") or "", links.get("prev-archive"))
