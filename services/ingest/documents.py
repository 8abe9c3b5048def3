"""Pure. Bytes and a media type in, a Draft out: Markdown with front matter, plain text, HTML or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from services.ingest import front_matter
from services.ingest.characters import cut, decoded, folded, legal
from services.ingest.draft import MAX_BYTES, MAX_DEPTH, MAX_HTML, MAX_TITLE, Draft, depth_of, too_deep
from services.ingest.fields import Given, given
from services.ingest.markup import paragraphs, rendered, sanitised, text_of, without_title
from services.ingest.page import Page, read_page
from services.ingest.prose import headline, lead, lines_of
from shared.errors import DocumentRejected

UNSAID = {"", "application/octet-stream", "application/x-www-form-urlencoded"}
"""Media types that say nothing; the last one is what `curl --data-binary` sends unasked."""
LOOKS_LIKE_HTML = re.compile(r"\s*(?:<!doctype\b|<html\b|<head\b|<body\b|<!--)", re.IGNORECASE)
LOOKS_LIKE_MARKDOWN = re.compile(r"\s*#{1,6} \S")
ESCAPED_LINE_BREAK = re.compile(r"\\n(?![a-z])")
"""A backslash and an n where a line break was meant; `\\nabla` and its kind stay."""
CONTENTS = ("html", "markdown", "content", "answer", "text")


def read(body: bytes, media_type: str | None = None, *, max_bytes: int = MAX_BYTES) -> Draft:
    """What `body` says, as far as we carry it. Raises DocumentRejected, and nothing else, if it cannot be read."""
    if len(body) > max_bytes:
        raise DocumentRejected("too-large", f"the document is larger than {max_bytes} bytes", limit=max_bytes)
    said = (media_type or "").partition(";")[0].strip().lower()
    if said not in UNSAID and said not in READERS:
        raise DocumentRejected(
            "unknown-media-type",
            "the media type is not one that is read here",
            given=said[:100],
            accepted=list(READERS),
        )
    text = decoded(body)
    if not text.strip():
        raise DocumentRejected("empty", "the document is empty")
    return READERS[sniffed(text) if said in UNSAID else said](text)


def sniffed(text: str) -> str:
    """The media type that a text looks like."""
    if front_matter.opens(text) or LOOKS_LIKE_MARKDOWN.match(text):
        return "text/markdown"
    if LOOKS_LIKE_HTML.match(text):
        return "text/html"
    return "application/json" if text.lstrip().startswith("{") else "text/plain"


def _markdown(text: str) -> Draft:
    told, body = front_matter.split(text)
    page = _from_markdown(body)
    if not text_of(page.html) and isinstance(told.get("answer"), str):
        page = _from_markdown(_with_line_breaks(told["answer"]))
    return _draft(given(told), page)


def _plain(text: str) -> Draft:
    if front_matter.opens(text):
        return _markdown(text)
    return _draft(Given(), _from_plain(text))


def _html(text: str) -> Draft:
    return _draft(Given(), _from_html(text))


def _json(text: str) -> Draft:
    told = _object(text)
    name, content = next(((name, told[name]) for name in CONTENTS if told.get(name)), ("text", ""))
    if not isinstance(content, str):
        raise DocumentRejected("bad-field", f"`{name}` is no text", field=name)
    content = legal(content.replace("\r\n", "\n").replace("\r", "\n"))
    if name == "html":
        return _draft(given(told), _from_html(content))
    if name == "text":
        return _draft(given(told), _from_plain(content))
    return _draft(given(told), _from_markdown(_with_line_breaks(content) if name == "answer" else content))


READERS: Mapping[str, Callable[[str], Draft]] = {
    "text/markdown": _markdown,
    "text/plain": _plain,
    "text/html": _html,
    "application/json": _json,
}


def _from_markdown(text: str) -> Page:
    page = read_page(rendered(text), whole=True)
    page.html = sanitised(page.html)
    return page


def _from_html(text: str) -> Page:
    page = read_page(text)
    page.html = sanitised(page.html)
    if page.left_out and not text_of(page.html):
        page.html = sanitised(read_page(text, whole=True).html)
    return page


def _from_plain(text: str) -> Page:
    lines = lines_of(text)
    return Page(html=paragraphs(lines), titles={"title": cut(headline(lines), MAX_TITLE)})


def _with_line_breaks(text: str) -> str:
    return ESCAPED_LINE_BREAK.sub("\n", text)


def _object(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text)
    except RecursionError:
        raise too_deep("JSON") from None
    except json.JSONDecodeError as error:
        raise DocumentRejected(
            "bad-json", f"the JSON is broken: {error.msg}", line=error.lineno, column=error.colno
        ) from None
    except ValueError:  # an integer of more than 4,300 digits
        raise DocumentRejected("bad-json", "the JSON holds a number that is too long") from None
    if not isinstance(told, dict):
        raise DocumentRejected("bad-json", "the JSON is no object")
    if depth_of(told) > MAX_DEPTH:
        raise too_deep("JSON")
    return told


def _draft(said: Given, page: Page) -> Draft:
    """What the source says of itself comes first, then what its markup says, then what its text looks like."""
    text = text_of(page.html)
    title = said.title or page.title or cut(headline(text.split("\n")), MAX_TITLE)
    html = without_title(page.html, title)
    if html is not page.html:
        text = text_of(html)
    if not text:
        raise DocumentRejected("empty", "the document has no text")
    if len(html) > MAX_HTML:
        raise DocumentRejected("too-large", f"the document grows to more than {MAX_HTML} characters", limit=MAX_HTML)
    return Draft(
        title=title or cut(folded(text), MAX_TITLE),
        html=html,
        text=text,
        summary=said.summary or page.description or lead(text.split("\n"), title),
        authors=said.authors,
        keywords=said.keywords,
        subject=said.subject,
        url=said.url or page.url,
        language=said.language or page.language or "en",
        published_at=said.published_at,
        given_id=said.id,
    )
