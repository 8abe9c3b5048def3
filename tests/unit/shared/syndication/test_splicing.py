"""Feeds put together from stored pieces, held against whole runs of feedgen and against gzip."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.events import RelatedArticle
from shared.syndication.addresses import Address, Format
from shared.syndication.article import Article
from shared.syndication.feed import Feed
from shared.syndication.formats import BETWEEN, ENDS, entry, head, render, summarised, with_related
from shared.syndication.splicing import Piece, gzipped, plain, spliced, tag_of
from tests.unit.shared.syndication.samples import (
    LAW,
    MEDICINE,
    SCIENCE,
    SITE,
    article,
    feed,
    neighbours,
    retracted_article,
)

TEXT = st.text(st.characters(codec=None), max_size=30) | st.sampled_from(
    [
        "]]>",
        "<link ",
        "</item>",
        '"]}}',
        "<entry ",
        "&amp;",
        "\ud800",
        "\x00\x0b",
        "Ünï☃",
        "'\"<>&",
        "\t\n",
        "\x7f\x85\u2028",
    ]
)
MARKUP = TEXT.map(lambda text: f'<p>{text}</p><img src="https://a.example/{text}?a=1&amp;b=2">')
NEAR = st.builds(RelatedArticle, id=st.text("abc019-/ &", min_size=1, max_size=9), title=TEXT, score=st.floats(0, 1))


@st.composite
def articles(draw: st.DrawFn, number: int = 1) -> Article:
    """An article with anything in it, perhaps retracted."""
    facts: dict[str, Any] = {
        "title": draw(TEXT),
        "summary": draw(TEXT),
        "authors": draw(st.lists(TEXT, max_size=3).map(tuple)),
        "keywords": draw(st.lists(TEXT, max_size=3).map(tuple)),
        "html": draw(MARKUP),
        "subject": draw(st.sampled_from([LAW, MEDICINE])),
        "second": draw(st.sampled_from([SCIENCE, None])),
        "language": draw(st.sampled_from(["en", "de", "pt-BR"])),
    }
    base = retracted_article(number) if draw(st.booleans()) else article(number)
    made = base.model_copy(
        update=facts
        | {
            "image": draw(st.sampled_from([None, "https://a.example/b.png?c=1&d='"])),
            "related": draw(st.lists(NEAR, max_size=5).map(tuple)),
        }
    )
    return summarised(made) if draw(st.booleans()) else made


@st.composite
def feeds(draw: st.DrawFn) -> Feed:
    """A feed or an archive of it, with none to six articles."""
    shown = tuple(draw(articles(number)) for number in range(draw(st.integers(0, 6))))
    older, before = (draw(st.integers(1, 9) | st.none()) for _ in range(2))
    address = Address("search", draw(st.sampled_from(["", "q=a%26b&lang=de"])), draw(st.booleans()), before)
    site = replace(SITE, hub=draw(st.sampled_from(["", "https://hub.example/a?b=1&c=2"])))
    return Feed(site, address, draw(TEXT) + "x", draw(TEXT) + "y", shown, older)


def pieces_of(feed: Feed, form: Format) -> list[Piece]:
    entries = [with_related(entry(each, feed.site, form), each, feed.site, form) for each in feed.articles]
    return spliced(Piece(head(feed, form)), [*map(Piece, entries)], Piece(BETWEEN[form]), Piece(ENDS[form]))


@pytest.mark.parametrize("form", Format)
@settings(max_examples=350, deadline=None)
@given(feeds())
def test_a_spliced_feed_is_what_feedgen_would_have_made(form: Format, feed: Feed) -> None:
    """Byte for byte over 1,050 feeds, whatever the documents hold; and the gzip form is of these bytes."""
    pieces = pieces_of(feed, form)

    assert plain(pieces) == render(feed, form)
    assert gzip.decompress(gzipped(pieces)) == plain(pieces)


@pytest.mark.parametrize("form", Format)
def test_a_tag_is_of_the_bytes_alone(form: Format) -> None:
    """The same articles, the same tag; one neighbour more, another one; and where an entry ends makes a difference."""
    same = [tag_of(pieces_of(feed(article(2), article(1)), form)) for _ in range(2)]
    other = tag_of(pieces_of(feed(article(2, related=neighbours("Moon")), article(1)), form))

    assert same[0] == same[1] != other
    assert tag_of([Piece(b"ab"), Piece(b"c")]) != tag_of([Piece(b"a"), Piece(b"bc")])


def test_gzip_has_no_clock_in_it() -> None:
    """The same feed has the same bytes after a restart."""
    pieces = pieces_of(feed(article()), Format.ATOM)

    assert gzipped(pieces) == gzipped(pieces_of(feed(article()), Format.ATOM))
    assert gzipped(pieces)[4:8] == bytes(4)
