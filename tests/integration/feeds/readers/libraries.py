"""The readers that come as libraries: feedparser and reader for Python, rss-parser and feedsmith for JavaScript."""

from __future__ import annotations

import calendar
import json
import sys
from pathlib import Path
from typing import Any

import feedparser
import feedparser_sgmllib
import reader

from shared.syndication.addresses import Format
from tests.integration.feeds.readers.seen import Seen, modules, program, told

sys.modules.setdefault("sgmllib", feedparser_sgmllib)  # reader's own feedparser knows it by its former name

SCRIPT = Path(__file__).with_name("parse.js")


class Feedparser:
    """What most readers in Python are made of; asks conditionally, and takes deltas."""

    def __init__(self, address: str, _: Format, __: Path) -> None:
        self._address = address
        self._state: dict[str, Any] = {}
        self._kept: dict[str, Seen] = {}

    def reload(self) -> list[Seen]:
        """Every entry that it has met, as it was met last."""
        got = feedparser.parse(self._address, **self._state)
        assert not got.bozo, got
        self._state = {name: got[name] for name in ("etag", "modified") if name in got}
        self._kept |= {entry.id: self._entry(entry) for entry in got.entries}
        return list(self._kept.values())

    def _entry(self, entry: Any) -> Seen:
        published = calendar.timegm(entry.published_parsed)
        authors = ", ".join(author.name for author in entry.get("authors", ()) if "name" in author)
        tags = frozenset(tag.term for tag in entry.get("tags", ()))
        text = entry.content[0].value if "content" in entry else entry.summary
        return Seen(entry.id, entry.title, entry.link, published, authors, tags, text)


class LemonReader:
    """The library `reader`: keeps everything in SQLite, no categories; asks conditionally, and takes deltas."""

    def __init__(self, address: str, _: Format, folder: Path) -> None:
        self._reader = reader.make_reader(str(folder / "reader.sqlite"))
        self._reader.add_feed(address)
        self._address = address

    def reload(self) -> list[Seen]:
        """Everything in its database."""
        self._reader.update_feed(self._address)
        return [self._entry(entry) for entry in self._reader.get_entries()]

    def _entry(self, entry: reader.Entry) -> Seen:
        published = int(entry.published.timestamp()) if entry.published else None
        content = entry.get_content()
        text = content.value if content else entry.summary or ""
        names = ", ".join(author.name or "" for author in entry.authors)
        return Seen(entry.id, entry.title or "", entry.link or "", published, names, None, text)


class InNode:
    """A parser for JavaScript; keeps nothing, and never asks conditionally."""

    def __init__(self, parser: str, address: str) -> None:
        self._parser = parser
        self._address = address

    def reload(self) -> list[Seen]:
        """What it makes of the feed."""
        command = [program("node"), str(SCRIPT), self._parser, self._address]
        return [self._entry(**entry) for entry in json.loads(told(command, {"NODE_PATH": modules()}))]

    def _entry(self, *, tags: list[str] | None, **facts: Any) -> Seen:
        return Seen(**facts, categories=None if tags is None else frozenset(tags))


def rss_parser(address: str, _: Format, __: Path) -> InNode:
    """RSS and Atom; of an Atom entry it keeps one author and no category."""
    return InNode("rss-parser", address)


def feedsmith(address: str, _: Format, __: Path) -> InNode:
    """Keeps all there is."""
    return InNode("feedsmith", address)
