"""Pure. HTML read as it streams by: what it says of itself, and its article rewritten in the few tags that we carry.

A target for lxml's parser and no tree, because a tree costs the square of its size on hostile input (200,000 attributes: 105 s against
0.1 s). What it writes is closed, shallow and made of allowed tags only, so that the sanitiser behind it takes linear time too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from inspect import signature
from typing import Any, cast

from lxml import etree

from services.ingest.characters import cut, folded, legal
from services.ingest.draft import MAX_HTML, MAX_TITLE, MAX_URL
from services.ingest.fields import Given, absolute, language
from services.ingest.head import Head
from services.ingest.layout import FURNITURE, is_furniture, runs_on
from services.ingest.normalise.sheet import LONGEST_EXCERPT, MOST_REPORTED, Reason, Removed
from shared.errors import DocumentRejected

MAX_OPEN_TAGS = 200
"""Browsers stop at 512; the parser takes the square of the depth where end tags do not fit."""
PIECE = 8_192

INLINE = frozenset("a b code del em i ins kbd mark s small strong sub sup u".split())  # noqa: SIM905 - names, not code
BLOCKS = frozenset(
    "blockquote caption dd div dl dt figcaption figure h1 h2 h3 h4 h5 h6 li ol p pre table tbody td tfoot th thead tr ul".split()  # noqa: SIM905 - names, not code
)
VOID = frozenset({"br", "hr", "img"})
TAGS = INLINE | BLOCKS | VOID
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt"}, "th": {"colspan", "rowspan"}, "td": {"colspan", "rowspan"}}

NEVER = frozenset(
    "applet audio button canvas embed frameset iframe math noscript object script select style svg template textarea title video".split()  # noqa: SIM905 - names, not code
)
ELSEWHERE = NEVER | {"nav", "footer", "aside"}
"""Where a heading is none of the article; a page's header often holds it."""
TITLES = ("article h1", "head", "h1", "title")
"""`head` is what its tags call the article; a page's first heading may be the name of the site."""
MAILTO = "mailto:"


@dataclass
class Page:
    """What was read; `html` is closed and made of allowed tags, and not sanitised yet. `titles` by where they stood.

    `left_out`: the characters of its furniture.
    """

    html: str = ""
    titles: dict[str, str] = field(default_factory=dict)
    url: str | None = None
    language: str | None = None
    left_out: int = 0
    removed: tuple[Removed, ...] = ()
    head: Given = field(default_factory=Given)

    def said(self) -> Given:
        """What the page says of itself."""
        return Given(title=self.title, url=self.url, language=self.language).or_else(self.head)

    @property
    def title(self) -> str | None:
        return next((self.titles[place] for place in TITLES if self.titles.get(place)), None)


def read_page(html: str, *, whole: bool = False) -> Page:
    """Read a page's article, or with `whole` everything (a fragment, which has no furniture around it).

    Rejects what is nested more than MAX_OPEN_TAGS deep and what grows beyond MAX_HTML.
    """
    target = _Writer(frozenset() if whole else FURNITURE)
    parser = etree.HTMLParser(target=cast("Any", target), encoding="utf-8", no_network=True)
    body = html.encode()
    for start in range(0, len(body), PIECE):
        parser.feed(body[start : start + PIECE])
        target.check()
    if body.strip():
        parser.close()
    return target.page()


class _Writer:
    """Takes the parser's events. Open tags stand on a stack with what closes them; a dropped one silences all within."""

    def __init__(self, furniture: frozenset[str]) -> None:
        self._furniture = furniture
        self._open: list[str] = []
        self._closings: list[str] = []
        self._pieces: list[str] = []
        self._length = 0
        self._deepest = 0
        self._silent_from: int | None = None
        self._leaving: list[str] | None = None
        self._regions: dict[str, list[tuple[int, int]]] = {"main": [], "article": []}
        self._begun: dict[str, int] = {}
        self._words: dict[str, list[str]] = {}
        self._title: list[str] | None = None
        self._about = Page()
        self._head = Head()
        self._linked_data: list[str] | None = None
        self._left: list[list[str]] = []

    def check(self) -> None:
        """Stop the reading between two pieces of input; an exception inside the parser would be swallowed."""
        if self._deepest > MAX_OPEN_TAGS:
            raise DocumentRejected(
                "too-deep", f"the HTML is nested more than {MAX_OPEN_TAGS} tags deep", limit=MAX_OPEN_TAGS
            )
        if self._length > MAX_HTML:
            raise DocumentRejected(
                "too-large", f"the document grows to more than {MAX_HTML} characters of HTML", limit=MAX_HTML
            )

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag in {"html", "meta", "script", "link"}:
            self._note(tag, attributes)
        if tag in {"h1", "title"}:
            self._title = self._title_begun(tag)
        if tag in self._regions:
            self._begun.setdefault(tag, len(self._pieces))
        self._part(tag)
        if self._silent_from is None:
            self._silence(tag, attributes)
        self._closings.append(self._written(tag, attributes))
        self._open.append(tag)
        self._deepest = max(self._deepest, len(self._open))

    start.__signature__ = signature(start)  # type: ignore[attr-defined]  # lxml makes it for each parser else: 15 µs

    def end(self, tag: str) -> None:
        if not self._open:
            return
        self._open.pop()
        if closing := self._closings.pop():
            self._write(closing)
        self._part(tag)
        if self._silent_from == len(self._open):
            self._silent_from = self._leaving = None
        if tag == "script":
            self._linked_data = None
        if tag in {"h1", "title"}:
            self._title = None
        if tag in self._begun and tag not in self._open:
            self._regions[tag].append((self._begun.pop(tag), len(self._pieces)))

    def data(self, data: str) -> None:
        if self._title is not None:
            self._title.append(data)
        if self._linked_data is not None:
            self._linked_data.append(data)
        if self._silent_from is None:
            self._write(escape(data, quote=False))
        elif self._leaving is not None:
            self._about.left_out += len(data.strip())
            self._leaving.append(data[: 2 * LONGEST_EXCERPT])

    def comment(self, _: str) -> None:
        """Comments are for nobody."""

    def close(self) -> _Writer:
        return self

    def page(self) -> Page:
        """What was read, once the parser is through."""
        self.check()
        self._pieces += reversed(self._closings)
        page = self._about
        page.html = legal("".join(self._article()))
        page.head = self._head.said()
        page.removed = tuple(self._removed())
        self._words.setdefault("head", [self._head.title or ""])
        page.titles = {place: cut(folded(legal("".join(words))), MAX_TITLE) for place, words in self._words.items()}
        return page

    def _article(self) -> list[str]:
        """The main part where the page names one, else its only article, else everything."""
        for regions in self._regions.values():
            if len(regions) == 1:
                start, end = regions[0]
                return self._pieces[start:end]
        return self._pieces

    def _written(self, tag: str, attributes: Mapping[str, str]) -> str:
        """Write the start tag if it is one of ours, and give what closes it."""
        if self._silent_from is not None or tag not in TAGS or (tag in INLINE and tag in self._open):
            return ""
        kept = _kept(tag, attributes)
        if kept is None:
            return ""
        self._write(f"<{tag}{kept}>")
        return "" if tag in VOID else f"</{tag}>"

    def _part(self, tag: str) -> None:
        if self._silent_from is None and self._pieces and runs_on(tag, self._pieces[-1]):
            self._write(" ")

    def _write(self, piece: str) -> None:
        self._pieces.append(piece)
        self._length += len(piece)

    def _note(self, tag: str, attributes: Mapping[str, str]) -> None:
        """What the head of the page says of it."""
        about = self._about
        if tag == "html":
            about.language = language(attributes.get("lang", "").strip())
        elif tag == "meta":
            self._head.note(attributes)
        elif (
            tag == "script"
            and attributes.get("type", "").strip().lower() == "application/ld+json"
            and not self._head.linked_data
        ):
            self._linked_data = self._head.linked_data
        elif tag == "link" and attributes.get("rel", "").lower() == "canonical":
            about.url = absolute(legal(attributes.get("href", "").strip()))

    def _silence(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Begin to leave out, if what begins here is for nobody, or is furniture."""
        if tag in NEVER:
            self._silent_from = len(self._open)
        elif self._furniture and (tag in self._furniture or is_furniture(tag, attributes)):
            self._silent_from = len(self._open)
            self._leaving = []
            self._left.append(self._leaving)

    def _removed(self) -> Iterator[Removed]:
        """What was left out, by its first words."""
        for words in self._left[:MOST_REPORTED]:
            if excerpt := cut(folded(legal(" ".join(words[:LONGEST_EXCERPT]))), LONGEST_EXCERPT):
                yield Removed(reason=Reason.FURNITURE, excerpt=excerpt)

    def _title_begun(self, tag: str) -> list[str] | None:
        """Where to put the words of a title that begins here; the first of each kind counts."""
        if not ELSEWHERE.isdisjoint(self._open):
            return None
        inside = tag == "h1" and ("main" in self._open or "article" in self._open)
        place = "article h1" if inside else tag
        return None if place in self._words else self._words.setdefault(place, [])


def _kept(tag: str, attributes: Mapping[str, str]) -> str | None:
    """The attributes that may stay, written out; None for a link or a picture that leads nowhere outside its own site."""
    if tag not in ATTRIBUTES:
        return ""
    kept = {name: legal(value) for name, value in attributes.items() if name in ATTRIBUTES[tag]}
    if tag == "a" and not _leads_out(kept.setdefault("href", "")):
        return None
    if tag == "img" and not absolute(kept.setdefault("src", "")):
        return None
    return "".join(f' {name}="{escape(value)}"' for name, value in kept.items())


def _leads_out(address: str) -> bool:
    return bool(absolute(address)) or (address.lower().startswith(MAILTO) and len(address) <= MAX_URL)
