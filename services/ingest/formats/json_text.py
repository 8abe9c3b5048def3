"""Pure. JSON: a document, an array of documents, one on each line, a JSON Feed, or front matter with Markdown behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from services.ingest.characters import legal
from services.ingest.draft import MAX_DEPTH, depth_of, too_deep
from services.ingest.fields import clipped, given
from services.ingest.formats.found import Found, Refusal, Source
from services.ingest.formats.texts import from_html, from_markdown, from_plain, with_line_breaks
from services.ingest.page import Page
from shared.errors import DocumentRejected

CONTENTS = ("html", "markdown", "content", "answer", "text")
FEED_CONTENTS = ("content_html", "content_text", "summary")
SPACE = " \t\n\r"


def read_json(text: str) -> Found:
    """Every document of a JSON text; a line that is broken is refused by its number, and the next ones are read."""
    start = len(text) - len(text.lstrip(SPACE))
    try:
        first, end = _value(text, start)
    except DocumentRejected as error:
        if "\n{" not in text or error.code == "too-deep":
            raise
        first, end = None, start
    rest = text[end:].strip(SPACE)
    if isinstance(first, dict) and rest and _is_front_matter(first, text[start:end], rest):
        if depth_of(first) > MAX_DEPTH:
            raise too_deep("front matter")
        yield Source(given(first), from_markdown(text[end:]))
    elif first is not None and not rest:
        yield from _values(first)
    else:
        yield from lines(text)


def _is_front_matter(first: Mapping[str, Any], written: str, rest: str) -> bool:
    """Whether `rest` is the text that the object is about, and not the next lines of NDJSON, the first of them broken perhaps."""
    if rest.startswith("{"):
        return False
    if "\n" in written:
        return True
    behind = [line for line in rest.split("\n") if line.strip(SPACE)]
    objects = sum(line.lstrip(SPACE).startswith("{") for line in behind)
    return not any(first.get(name) for name in CONTENTS) and 2 * objects < len(behind)


def lines(text: str) -> Found:
    """NDJSON: one document on each line."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip(SPACE):
            yield from _one(line, f"line {number}")


def document(told: object, at: str = "") -> Source:
    """A document from a mapping of its fields. Rejects everything else."""
    if not isinstance(told, dict):
        raise DocumentRejected("bad-json", "the JSON is no object")
    if depth_of(told) > MAX_DEPTH:
        raise too_deep("JSON")
    name, content = next(((name, told[name]) for name in CONTENTS if told.get(name)), ("text", ""))
    if not isinstance(content, str):
        raise DocumentRejected("bad-field", f"`{name}` is no text", field=name)
    return Source(given(told), _page(name, legal(content.replace("\r\n", "\n").replace("\r", "\n"))), at)


def _one(line: str, at: str) -> Found:
    try:
        told, end = _value(line, 0)
        if line[end:].strip(SPACE):
            raise DocumentRejected("bad-json", "there is more on the line than one JSON value", column=end + 1)
        yield document(told, at)
    except DocumentRejected as error:
        yield Refusal(error, at)


def _values(value: object) -> Found:
    if isinstance(value, list):
        if not value:
            raise DocumentRejected("bad-json", "the JSON is an empty array")
        for number, each in enumerate(value, start=1):
            yield from _guarded(each, f"entry {number}")
    elif isinstance(value, dict) and "jsonfeed.org/version" in str(value.get("version", ""))[:100]:
        yield from _feed(value)
    else:
        yield document(value)


def _guarded(value: object, at: str) -> Found:
    try:
        yield document(value, at)
    except DocumentRejected as error:
        yield Refusal(error, at)


def _feed(feed: Mapping[str, Any]) -> Found:
    """JSON Feed 1.1: https://www.jsonfeed.org/version/1.1/."""
    items = feed.get("items")
    for number, item in enumerate(items if isinstance(items, list) else [], start=1):
        at = f"entry {number}"
        try:
            yield _entry(item, feed, at)
        except DocumentRejected as error:
            yield Refusal(error, at)


def _entry(item: object, feed: Mapping[str, Any], at: str) -> Source:
    if not isinstance(item, dict) or depth_of(item) > MAX_DEPTH:
        raise DocumentRejected("bad-json", "the entry is no object, or is nested too deep")
    told = {
        "title": item.get("title"),
        "summary": item.get("summary"),
        "url": item.get("url") or item.get("external_url"),
        "id": f"{feed['feed_url']} {item.get('id')}"
        if isinstance(feed.get("feed_url"), str) and not item.get("url")
        else None,
        "date": item.get("date_published"),
        "tags": item.get("tags"),
        "authors": item.get("authors")
        or ([item["author"]] if isinstance(item.get("author"), dict) else feed.get("authors")),
        "language": item.get("language") or feed.get("language"),
    }
    name = next((each for each in FEED_CONTENTS if isinstance(item.get(each), str) and item[each]), "")
    content = legal(str(item.get(name, "")))
    return Source(
        given(clipped(told)), from_html(content, whole=True) if name == "content_html" else from_plain(content), at
    )


def _page(name: str, content: str) -> Page:
    match name:
        case "html":
            return from_html(content)
        case "text":
            return from_plain(content)
        case "answer":
            return from_markdown(with_line_breaks(content))
        case _:
            return from_markdown(content)


def _value(text: str, start: int) -> tuple[Any, int]:
    try:
        return json.JSONDecoder().raw_decode(text.rstrip(SPACE), start)
    except RecursionError:
        raise too_deep("JSON") from None
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno}
        raise DocumentRejected("bad-json", f"the JSON is broken: {error.msg}", **place) from None
    except ValueError:  # an integer of more than 4,300 digits
        raise DocumentRejected("bad-json", "the JSON holds a number that is too long") from None


def records(pieces: Iterator[bytes], limit: int) -> Iterator[tuple[int, bytes | None]]:
    """The lines of NDJSON that comes in pieces, with their numbers; None for one of more than `limit` bytes, of which no more is held."""
    number, held, dropped = 1, b"", False
    for piece in pieces:
        *ended, rest = piece.split(b"\n")
        for line in ended:
            whole = held + line
            yield number, None if dropped or len(whole) > limit else whole
            number, held, dropped = number + 1, b"", False
        held += rest
        if len(held) > limit:
            held, dropped = b"", True
    if held or dropped:
        yield number, None if dropped else held
