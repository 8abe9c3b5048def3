"""RSS and Atom, held against what the W3C feed validator says at its strictest level and against feedparser."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from shared.syndication.addresses import Format
from shared.syndication.article import Article
from shared.syndication.formats import render
from tests.unit.shared.syndication.samples import LAW, MEDICINE, SITE, article, feed, neighbours, retracted_article

NAMES = {
    "atom": "http://www.w3.org/2005/Atom",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xml": "http://www.w3.org/XML/1998/namespace",
}
XML_FORMATS = (Format.RSS, Format.ATOM)
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
RFC_822 = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000")
RELATED = neighbours("Moon & <stars>", "Ebb")
ANYTHING = st.text(st.characters(categories=None), max_size=40)


def tree(*articles: Article, form: Format) -> Any:
    return etree.fromstring(render(feed(*articles), form))


def found(element: Any, path: str) -> Any:
    return element.xpath(path, namespaces=NAMES)


@pytest.mark.parametrize("form", XML_FORMATS)
def test_feedparser_reads_everything(form: Format) -> None:
    """Well-formed, and every fact arrives."""
    parsed = feedparser.parse(render(feed(article(2, related=RELATED), article(1)), form))
    entry = parsed.entries[0]

    assert parsed.bozo == 0
    assert parsed.feed.title == "The News: Medicine"
    assert parsed.feed.link == "https://news.example:8443/feeds"
    assert [entry.id for entry in parsed.entries] == [SITE.tag("documents/doc2"), SITE.tag("documents/doc1")]
    assert (entry.title, entry.link) == ("Tides 2", "https://news.example:8443/documents/doc2")
    assert (entry.summary, entry.content[0].value) == ("About the sea.", "<p>The sea rises twice a day.</p>")
    assert [tag.term for tag in entry.tags] == ["Medicine", "sea", "moon"]
    assert entry.published_parsed == time.strptime("2026-03-01 12:02 UTC", "%Y-%m-%d %H:%M %Z")
    assert [link.title for link in entry.links if link.rel == "related"] == ["Moon & <stars>", "Ebb"]


def test_atom_keeps_the_rules() -> None:
    """RFC 4287: identifiers are URIs, texts say their type, one alternate, an author, a self link."""
    root = tree(article(related=RELATED, subject=LAW, language="de"), article(2), form=Format.ATOM)
    entry = found(root, "atom:entry")[0]

    assert found(root, "string(atom:link[@rel='self']/@href)") == SITE.feed("subjects/medicine", Format.ATOM)
    assert found(root, "string(atom:author/atom:name)") == "The News"
    assert found(entry, "string(atom:id)") == "tag:news.example,2026:documents/doc1"
    assert [element.get("type") for element in found(entry, "atom:summary|atom:content")] == ["html"] * 2
    assert found(entry, "atom:author/atom:name/text()") == ["Ann Author", "Ben Writer"]
    assert len(found(entry, "atom:link[@rel='alternate']")) == 1
    assert found(entry, "string(atom:link[@rel='via']/@href)") == "https://source.example/tides/1"
    assert dict(found(entry, "atom:category")[0].attrib) == {
        "term": "Law & Order",
        "scheme": "https://news.example:8443/feeds",
    }
    assert all(RFC_3339.fullmatch(date) for date in found(root, "//atom:updated/text()|//atom:published/text()"))
    assert (root.get(f"{{{NAMES['xml']}}}lang"), entry.get(f"{{{NAMES['xml']}}}lang")) == ("de", "de")
    assert found(root, "string(atom:entry[2]/@xml:lang)") == "en"


def test_rss_keeps_the_rules() -> None:
    """RSS and its best practices: items last, a guid that is no link, all authors in one element, RFC 822 dates."""
    channel = tree(article(1, 2, related=RELATED), form=Format.RSS)[0]
    item = found(channel, "item")[0]

    assert channel[-1] is item
    assert found(channel, "string(atom:link[@rel='self']/@href)") == SITE.feed("subjects/medicine", Format.RSS)
    assert found(channel, "string(link)") == SITE.home
    assert found(channel, "string(language)") == "en"
    assert found(item, "string(guid[@isPermaLink='false'])") == "tag:news.example,2026:documents/doc1"
    assert found(item, "dc:creator/text()") == ["Ann Author, Ben Writer"]
    assert found(item, "author") == []
    assert [element.tag for element in item].index("description") < [element.tag for element in item].index(
        f"{{{NAMES['content']}}}encoded"
    )
    assert found(item, "string(category[1]/@domain)") == SITE.home
    assert found(item, "string(atom:updated)") == "2026-03-01T13:41:00Z"
    assert found(item, "atom:link[@rel='related']/@href") == [SITE.document("near0"), SITE.document("near1")]
    assert all(RFC_822.fullmatch(date) for date in found(channel, ".//pubDate/text()|lastBuildDate/text()"))


@pytest.mark.parametrize(
    ("title", "kind", "written"),
    [
        ("Law & Order: p < 0.05", None, b"Law &amp; Order: p &lt; 0.05"),
        ("The <math> element", "html", b"The &amp;lt;math&amp;gt; element"),
        ("AT&amp;T", "html", b"AT&amp;amp;amp;T"),
    ],
)
def test_an_atom_title_is_html_only_if_it_could_be_taken_for_it(title: str, kind: str | None, written: bytes) -> None:
    """Readers that show its bytes show what was written, and readers that look for markup find none."""
    body = render(feed(article(title=title)), Format.ATOM)
    element = found(etree.fromstring(body), "//atom:entry/atom:title")[0]

    assert element.get("type") == kind
    assert written in body


def test_rss_titles_are_spelled_so_that_nobody_takes_them_for_markup() -> None:
    """The best practices profile: &#x3C; and &#x26;, and only in titles."""
    body = render(feed(article(title="a <math> & b", summary="1 < 2")), Format.RSS)

    assert b"<title>a &#x3C;math&gt; &#x26; b</title>" in body
    assert b"<description>1 &amp;lt; 2</description>" in body
    assert feedparser.parse(body).entries[0].title == "a <math> & b"


@pytest.mark.parametrize("form", XML_FORMATS)
def test_a_retraction_stays_in_place(form: Format) -> None:
    """No reader takes an entry away; so the same entry says that it was retracted."""
    entries = feedparser.parse(render(feed(article(2), retracted_article(1)), form)).entries

    assert [entry.title for entry in entries] == ["Tides 2", "Retracted: Tides 1"]
    assert entries[1].id == SITE.tag("documents/doc1")
    assert "retracted on 1 March 2026" in entries[1].content[0].value
    assert "sea rises" not in str(entries[1])


def test_atom_has_a_tombstone_before_its_entries() -> None:
    """RFC 6721; metadata that follows an entry is MisplacedMetadata."""
    root = tree(article(2), retracted_article(1), form=Format.ATOM)
    stone = found(root, "at:deleted-entry")[0]

    assert dict(stone.attrib) == {"ref": SITE.tag("documents/doc1"), "when": "2026-03-01T13:41:00Z"}
    assert [child.tag for child in root].index(stone.tag) < [child.tag for child in root].index(
        f"{{{NAMES['atom']}}}entry"
    )
    assert b"tombstones" not in render(feed(article(2)), Format.ATOM)


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize("form", Format)
def test_the_same_feed_gives_the_same_bytes(form: Format, in_tokyo: None) -> None:
    """Neither the clock nor the machine has a part in it."""
    first = render(feed(article(2), retracted_article(1)), form)

    assert render(feed(article(2), retracted_article(1)), form) == first
    assert b"12:02:00" in first
    assert b"2026-11" not in first


@pytest.mark.parametrize("form", Format)
def test_an_empty_feed_is_a_feed(form: Format) -> None:
    """A subject that has lost its only article still answers."""
    parsed = render(feed(), form)

    assert b"The News: Medicine" in parsed


@pytest.mark.parametrize("form", XML_FORMATS)
def test_a_neighbour_changes_links_and_no_date(form: Format) -> None:
    """Readers must not show an old article as changed because others came."""
    before, after = tree(article(), form=form), tree(article(related=RELATED), form=form)
    dates = "//atom:updated/text()|//pubDate/text()|//lastBuildDate/text()"

    assert found(before, dates) == found(after, dates)
    assert found(before, "//*[@rel='related']") == []


@settings(max_examples=200)
@given(ANYTHING, ANYTHING, ANYTHING, ANYTHING, ANYTHING)
def test_no_document_kills_its_feed(title: str, html: str, summary: str, name: str, keyword: str) -> None:
    """Control characters, lone surrogates, nothing at all: every format can be read, the others are untouched."""
    poison = article(2).model_copy(
        update={
            "title": title,
            "html": html,
            "summary": summary,
            "authors": (name, "\x0b"),
            "keywords": (keyword, ""),
            "source_url": f"https://source.example/{keyword}",
            "subject": MEDICINE.model_copy(update={"name": name, "slug": keyword}),
            "related": tuple(near.model_copy(update={"title": title}) for near in RELATED),
        }
    )
    for form in XML_FORMATS:
        poisoned, clean = tree(article(1), poison, form=form), tree(article(1), form=form)
        entries = "//atom:entry|//item"
        assert len(found(poisoned, entries)) == 2
        assert etree.tostring(found(poisoned, entries)[0]) == etree.tostring(found(clean, entries)[0])
    assert render(feed(poison), Format.JSON).decode()
