"""Every feed is valid by the strictest judges, whatever its documents hold; and the judges find what is planted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.syndication.addresses import Address, Format
from shared.syndication.article import Article
from shared.syndication.feed import Feed
from shared.syndication.formats import render, summarised
from shared.syndication.markup import sanitised
from tests.judges import json_feeds, xml_feeds
from tests.unit.shared.syndication.samples import LAW, SITE, article, feed, neighbours, retracted_article
from tests.unit.shared.syndication.test_splicing import articles

ADDRESS = SITE.feed("subjects/medicine", Format.ATOM)

POISON: dict[str, dict[str, Any]] = {
    "controls": {
        "title": "a\x00\x0b\x85\x7fb",
        "html": "<p>\x00\x8d&#8;&#0;</p>",
        "summary": "\x9f",
        "authors": ("\x0c",),
    },
    "surrogates": {"title": "\ud800 a", "html": "<p>\udfff</p>", "keywords": ("\ud800",), "text": "\udc00"},
    "noncharacters": {"title": "a\ufffe\ufffd\U0001ffff", "html": "<p>\ufdd0\ufffd</p>"},
    "end of CDATA": {"title": "]]>", "html": "<p>]]&gt;]]></p>", "summary": "]]>"},
    "script": {
        "title": "<script>x()</script>",
        "html": "<script>x()</script><p onclick=x() style='left:expression(1)'>a</p>",
    },
    "relative links": {"html": '<a href="b">c</a><img src="/d.png"><q cite="e">f</q>', "url": None},
    "broken markup": {"html": "<p><object><p>a</object><table><b><tr><td>c</b><h1><h2>d<a href=x><b><a href=y>e"},
    "old markup": {
        "html": "<bdo dir=rtl>a</bdo><ruby>b<rtc>c</rtc></ruby><font color=red>d</font><marquee>e</marquee>"
    },
    "markup in names": {
        "title": "The <i>E. coli</i> genome: R&amp;D &copy 5&6",
        "authors": ("<b>Ann</b>", "O&apos;Hara", "R&D", "x&lt"),
        "keywords": ("<i>a</i>", "1&2", "&nbsp;", "<b></b>"),
        "subject": LAW.model_copy(update={"name": "Law &amp; <em>Order</em>"}),
    },
    "nothing": {"title": " ", "html": "", "text": "", "summary": "", "authors": (" ", ""), "keywords": ("\t",)},
    "languages": {"language": "zz", "html": '<p lang="zz">a</p>'},
    "addresses": {
        "url": 'https://a.example/b[]?c=[1]&d="e"|f',
        "html": '<img src="http://[::1]/a.png"><img src="http://a/{b}">',
    },
    "no addresses": {"url": "https:///a", "html": '<a href="http://">b</a><a href="mailto:c">d</a><a href="x:y">e</a>'},
    "five megabytes": {
        "html": "<p>a</p>" * 100_000 + f"<p>{'b ' * 2_100_000}</p>",
        "title": "c" * 5_000,
        "text": "d " * 2_500_000,
    },
}


def verdict(shown: Feed, form: Format) -> list[str]:
    """What the judges say of the feed."""
    body, address = render(shown, form), shown.site.feed(shown.address, form)
    return json_feeds.faults(body, address) if form is Format.JSON else xml_feeds.faults(body, form, address)


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("name", POISON)
def test_a_poisoned_document_is_a_valid_entry(name: str, form: Format) -> None:
    """Whole and as a summary; as somebody's neighbour too; and the entries beside it stay what they were."""
    poisoned, near = article(1, **POISON[name]), neighbours(POISON[name].get("title", ""))
    other = article(2, related=near)

    assert [] == verdict(feed(poisoned, other, retracted_article(3)), form)
    assert [] == verdict(feed(summarised(poisoned)), form)


@given(st.data())
@settings(max_examples=120)
def test_whatever_documents_hold_their_feed_is_valid(data: st.DataObject) -> None:
    """Any feed and any archive, in any format."""
    drawn: list[Article] = [data.draw(articles(number)) for number in range(data.draw(st.integers(0, 4)))]
    shown = tuple(each.model_copy(update={"html": sanitised(each.html, "https://a.example/")}) for each in drawn)
    before = data.draw(st.sampled_from([None, 7]))
    form = data.draw(st.sampled_from(list(Format)))
    name = data.draw(st.text(max_size=20))
    made = Feed(SITE, Address("keywords/x", before=before), f"The News: {name}", f"Articles about {name}.", shown, 3)

    assert [] == verdict(made, form)


@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        ((b"rises", b"<script>x()</script>"), "RELAX NG"),
        ((b"&lt;p&gt;The", b"&lt;p&gt;&lt;script&gt;x()&lt;/script&gt;The"), "SecurityRisk"),
        ((b"&lt;/p&gt;", b"&lt;/p&gt;&lt;/p&gt;"), "NotHtml"),
        ((b"&lt;p&gt;The", b"&lt;p&gt;&lt;a href='b'&gt;a&lt;/a&gt;The"), "ContainsRelRef"),
        ((b"<title>Tides 1", b"<title>&lt;b&gt;Tides&lt;/b&gt;"), "ContainsHTML"),
        ((b"documents/doc2</id>", b"documents/doc1</id>"), "DuplicateEntries"),
        ((b"12:02:00+00:00</updated>", b"12:01:00+00:00</updated>"), "DuplicateUpdated"),
        ((b"2026-03-01T12:02:00", b"2099-03-01T12:02:00"), "ImplausibleDate"),
        ((b'xml:lang="en"', b'xml:lang="zz"'), "InvalidLanguage"),
        ((b"tag:news.example,2026:documents/doc2", b"doc2"), "InvalidFullLink"),
        ((b"Ann Author", "Ann\u0085".encode()), "BadCharacters"),
        ((b'rel="via"', b'rel="alternate" type="text/html"'), "DuplicateAtomLink"),
        ((b'/subjects/medicine.atom" rel="self"', b'/subjects/law.atom" rel="self"'), "SelfDoesntMatchLocation"),
    ],
)
def test_the_judge_of_atom_finds_what_is_planted(planted: tuple[bytes, bytes], fault: str) -> None:
    """Each by the validator's name for it."""
    body = render(feed(article(1), article(2)), Format.ATOM)
    assert [] == xml_feeds.faults(body, Format.ATOM, ADDRESS)
    assert any(found.startswith(fault) for found in xml_feeds.faults(body.replace(*planted), Format.ATOM, ADDRESS))


@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        ((b'isPermaLink="false"', b'isPermaLink="true"'), "InvalidPermalink"),
        ((b"<title>Tides 1", b"<title>&#x3C;b>Tides&#x3C;/b>"), "ContainsHTML"),
        ((b"Sun, 01", b"Mon, 01"), "IncorrectDOW"),
        ((b"<ttl>5</ttl>", b"<ttl>0</ttl>"), "InvalidUpdatePeriod"),
        ((b"<guid", b"<blink/><guid"), "UndefinedElement"),
        ((b"</channel>", b"<docs>x</docs></channel>"), "MisplacedItem"),
    ],
)
def test_the_judge_of_rss_finds_what_is_planted(planted: tuple[bytes, bytes], fault: str) -> None:
    """Each by the validator's name for it."""
    body, address = render(feed(article(1), article(2)), Format.RSS), SITE.feed("subjects/medicine", Format.RSS)
    assert [] == xml_feeds.faults(body, Format.RSS, address)
    assert any(found.startswith(fault) for found in xml_feeds.faults(body.replace(*planted), Format.RSS, address))


@pytest.mark.parametrize(
    "planted",
    [{"id": ""}, {"date_modified": "yesterday"}, {"kind": "x"}, {"url": "a b"}, {"content_html": "<p><p></p></p>"}],
)
def test_the_judge_of_json_finds_what_is_planted(planted: dict[str, str]) -> None:
    """A value that is none, a name that there is not."""
    body = json.loads(render(feed(article(1)), Format.JSON))
    body["items"][0] |= planted

    assert json_feeds.faults(json.dumps(body).encode(), body["feed_url"])
