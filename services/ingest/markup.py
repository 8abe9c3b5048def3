"""Pure. Markdown and plain lines to HTML, HTML to what is safe to show, and that to plain text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, MutableMapping
from html import escape, unescape

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from services.ingest.characters import folded, legal
from services.ingest.draft import MAX_HTML
from services.ingest.page import ATTRIBUTES, TAGS
from shared.errors import DocumentRejected

MAX_MARKDOWN_STEPS = 250_000
"""Attempts of the Markdown parser to read something, 1 to 10 µs each, and beforehand two for each line and one for each table cell.
32 KB of an article take 600; hostile text takes the square of its length (32 KB of `=\\n*-|-\\n> `: 3,200,000 attempts, 10 s)."""

SANITISER = nh3.Cleaner(
    tags=set(TAGS),
    attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer",
)

MARKUP_BEGINS = re.compile(r"[\n!&*<\[\\\]_`]")
"""Characters with which something may begin within a paragraph, and what ends a link. The parser stops at others too, those of
its extensions (a colon, a hyphen, a per cent sign), and tries in vain all that it knows."""

TAG = r"(?:[^\">]|\"[^\"]*\")*>"
"""The rest of a tag; the sanitiser puts every attribute in double quotes and escapes those within."""
LINE_BREAK = re.compile(
    rf"</?(?:p|div|h[1-6]|ul|ol|li|dl|dt|dd|blockquote|pre|table|tr|caption|figure|figcaption|br|hr)\b{TAG}"
)
CELL = re.compile(rf"</?t[hd]\b{TAG}")
ANY_TAG = re.compile(rf"<[a-z/]{TAG}")
BLOCK = re.compile(r"<(h[1-6]|p)>(.*?)</\1>\s*", re.DOTALL)
FIRST_BLOCK = re.compile(r"\s*<(h[1-6]|p)>(.*?)</\1>\s*", re.DOTALL)


def sanitised(html: str) -> str:
    """HTML without anything that can act: no scripts, styles, forms, frames, handlers, and only absolute http(s) and mailto links."""
    return legal(SANITISER.clean(html)).strip()


def text_of(html: str) -> str:
    """The plain text of sanitised HTML: one line for each paragraph, heading, item and row."""
    broken = LINE_BREAK.sub("\n", html.replace("\n", " "))
    bare = unescape(ANY_TAG.sub("", CELL.sub(" ", broken)))
    return "\n".join(line for each in legal(bare).split("\n") if (line := folded(each)))


def without_title(html: str, title: str) -> str:
    """`html` without a first heading or paragraph that only repeats the title, unless nothing else is there."""
    first = FIRST_BLOCK.match(html)
    if first and folded(text_of(first[2])).casefold() == title.casefold():
        return html[first.end() :] or html
    return html


def without_lines(html: str, lines: Collection[str]) -> str:
    """`html` without the headings and paragraphs that are one of `lines`, unless nothing else is there."""
    if not lines:
        return html
    return BLOCK.sub(lambda block: "" if folded(text_of(block[2])) in lines else block[0], html).strip() or html


def paragraphs(lines: Iterable[str]) -> str:
    """Lines of plain text as paragraphs of HTML."""
    html = "\n".join(f"<p>{escape(line, quote=False)}</p>" for line in lines)
    if len(html) > MAX_HTML:
        raise DocumentRejected(
            "too-large", f"the document grows to more than {MAX_HTML} characters of HTML", limit=MAX_HTML
        )
    return html


def rendered(markdown: str) -> str:
    """Markdown (CommonMark with tables) as HTML that is not sanitised yet. Rejects what would take the parser too long."""
    budget = {"steps": 0}
    _spend(budget, 2 * markdown.count("\n") + markdown.count("|"))
    return str(MARKDOWN.render(markdown, budget))


def _spend(budget: MutableMapping[str, int], steps: int) -> None:
    budget["steps"] += steps
    if budget["steps"] > MAX_MARKDOWN_STEPS:
        raise DocumentRejected("too-deep", "the Markdown is too tangled to be read", limit=MAX_MARKDOWN_STEPS)


def _count_block(state: StateBlock, _first: int, _last: int, _silent: bool) -> bool:  # noqa: FBT001 - markdown-it's signature
    _spend(state.env, 1)
    return False


def _count_inline(state: StateInline, _silent: bool) -> bool:  # noqa: FBT001 - markdown-it's signature
    _spend(state.env, 1)
    return False


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    everywhere = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    parser.block.ruler.before("table", "count", _count_block, everywhere)  # type: ignore[arg-type]
    parser.inline.ruler.before("text", "count", _count_inline)
    parser.inline.terminator_re = MARKUP_BEGINS
    return parser


MARKDOWN = _parser()
