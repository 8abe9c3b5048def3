"""Pure. Markdown with front matter, plain text and HTML: one body, one document."""

from __future__ import annotations

import re

from services.ingest import front_matter
from services.ingest.fields import Given, given
from services.ingest.formats.found import Found, Source
from services.ingest.markup import paragraphs, rendered, sanitised, text_of
from services.ingest.page import Page, read_page
from services.ingest.prose import lines_of

ESCAPED_LINE_BREAK = re.compile(r"\\n(?![a-z])")
"""A backslash and an n where a line break was meant; `\\nabla` and its kind stay."""

FENCE = re.compile(r"^(?:```|~~~)", re.MULTILINE)
LONG_LINE = re.compile(r"[^\n]{101}")
LINE_BREAK = re.compile(r"(?<=[^\s|])[ \t]*\n(?=[^\s|>#=~`*+\-\d]|\*\*|\d+[^.)\d])")
"""Between two lines of prose: what begins like an item, a row or a rule stays where it is."""
LITTLE, MOSTLY = 200, 10
"""Fewer characters than this, and ten times as many left out: a page whose article stands in what is called its sidebar."""


def read_markdown(text: str) -> Found:
    """Markdown, and what its front matter says. An article that is a field of the front matter is taken from there."""
    told, body = front_matter.split(text)
    page = from_markdown(body if told else spread(body))
    if isinstance(told.get("answer"), str) and not text_of(page.html):
        page = from_markdown(with_line_breaks(told["answer"]))
    yield Source(given(told), page)


def read_plain(text: str) -> Found:
    """Plain text: each line or block is a paragraph."""
    yield Source(Given(), from_plain(text))


def read_html(text: str) -> Found:
    """A page of HTML, or a fragment of one."""
    yield Source(Given(), from_html(text))


def from_markdown(text: str) -> Page:
    """Markdown as a page."""
    page = read_page(rendered(text), whole=True)
    page.html = sanitised(page.html)
    return page


def from_html(text: str, *, whole: bool = False) -> Page:
    """HTML as a page: its article, or everything with `whole`, or where what looked like furniture must have been the article."""
    page = read_page(text, whole=whole)
    page.html = sanitised(page.html)
    if page.left_out and _too_little(text_of(page.html), page.left_out):
        everything = read_page(text, whole=True)
        page.html = sanitised(everything.html)
        page.removed = ()
    return page


def _too_little(text: str, left_out: int) -> bool:
    return not text or (len(text) < LITTLE and MOSTLY * len(text) < left_out)


def from_plain(text: str) -> Page:
    """Lines as a page."""
    return Page(html=paragraphs(lines_of(text)))


def spread(text: str) -> str:
    """Text in which each line is a paragraph, as pages are that were copied, with a blank line between them; told by a line that is long.

    Markdown takes lines without one for a single paragraph. So white space alone does not change how such a text is read.
    """
    return LINE_BREAK.sub("\n\n", text) if LONG_LINE.search(text) and not FENCE.search(text) else text


def with_line_breaks(text: str) -> str:
    """Text in which line breaks were spelled out as a backslash and an n."""
    return ESCAPED_LINE_BREAK.sub("\n", text)
