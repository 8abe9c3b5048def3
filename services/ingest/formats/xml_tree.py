"""Pure. XML as a tree, without anything that XML can do to its reader: no entities, no DTD, no network, no depth, no giant tags."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import html5

from lxml import etree

from services.ingest.characters import folded, legal
from services.ingest.draft import too_deep
from shared.errors import DocumentRejected

MAX_DEPTH = 100
MAX_ELEMENTS = 2_000_000
LONGEST_TAG = 65_536
"""A parser that builds a tree may take the square of a tag's attributes."""

DOCTYPE = re.compile(r"<!DOCTYPE[^>\[]{0,1000}(\[)?")
ENTITY = re.compile(r"<!(?:ENTITY|ELEMENT|ATTLIST|NOTATION)")
INTERNAL = re.compile(r"\[[^\]]{0,20000}\]\s*>")
NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})
DECLARATION = re.compile(r"\s*<\?xml[^>]{0,300}\?>")
GIANT_TAG = re.compile(rf"<[^<>]{{{LONGEST_TAG}}}")


def tree_of(text: str) -> etree._Element:
    """The root. Broken markup is read as far as it goes; rejects entities, and what is too deep or no XML at all."""
    _refuse_bombs(text)
    body = NAMED.sub(_letter, DECLARATION.sub("", text, count=1)).encode()
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        raise DocumentRejected("bad-xml", "the XML cannot be read")
    _refuse_depth(root)
    return root


def local(element: etree._Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """The children of one of these names, whatever their namespaces; all without a name."""
    return (child for child in element if isinstance(child.tag, str) and (not names or local(child) in names))


def child(element: etree._Element, *path: str) -> etree._Element | None:
    """The first descendant down this path of names."""
    found: etree._Element | None = element
    for name in path:
        found = next(children(found, name), None) if found is not None else None
    return found


def words(element: etree._Element | None) -> str:
    """All the text within an element, in one line."""
    return "" if element is None else folded(legal(raw(element)))


def raw(element: etree._Element) -> str:
    """All the text within an element as it is."""
    return "".join(map(str, element.itertext()))


def _refuse_bombs(text: str) -> None:
    doctype = DOCTYPE.search(text[:100_000])
    if ENTITY.search(text) and doctype:
        raise DocumentRejected("bad-xml", "the XML declares entities, which are not taken here")
    if doctype and doctype[1] and not INTERNAL.match(text, doctype.end() - 1):
        raise DocumentRejected("bad-xml", "the XML's document type is too long")
    if GIANT_TAG.search(text):
        raise DocumentRejected("bad-xml", "the XML has a tag that is too long", limit=LONGEST_TAG)


def _letter(named: re.Match[str]) -> str:
    """The letter of an entity of HTML, which XML does not know but feeds use."""
    return named[0] if named[1] in OF_XML else html5.get(f"{named[1]};", "")


def _refuse_depth(root: etree._Element) -> None:
    depth = 0
    for elements, (moment, _) in enumerate(etree.iterwalk(root, events=("start", "end"))):
        depth += 1 if moment == "start" else -1
        if depth > MAX_DEPTH or elements > 2 * MAX_ELEMENTS:
            raise too_deep("XML")
