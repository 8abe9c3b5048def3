"""What is pushed, held against the feed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.webhooks.hub.edition import News, Renderer, name_of
from services.webhooks.hub.filing import filed
from services.webhooks.hub.topics import topic_of
from shared.events import DocumentPublished
from shared.syndication.addresses import Address, Format
from shared.syndication.article import article_of
from shared.syndication.directory import Directory
from shared.syndication.feed import Feed
from shared.syndication.formats import render, summarised
from shared.syndication.statement import examined, faults_of
from tests.unit.shared.syndication.samples import LAW, SITE, neighbours, placed
from tests.unit.webhooks.hub.events import published, retracted

HUB = replace(SITE, hub=f"{SITE.url}/hub")


def news(event: DocumentPublished, place: int = 1, before: DocumentPublished | None = None) -> News:
    known = filed(before, None, with_duplicates=False, worded=False) if before else None
    return News(event, place, filed(event, known, with_duplicates=False, worded=False))


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("summary", [False, True])
def test_it_is_the_feed_with_the_new_entries_alone(form: Format, *, summary: bool) -> None:
    """Byte for byte what feedgen makes of a feed of these articles."""
    events = [published(2, related=neighbours("Moon")), published(1, summary="")]
    articles = [
        article_of(each, HUB, placed=placed(each), first_published_at=each.first_published_at, sequence=77).model_copy(
            update={"related": each.related}
        )
        for each in events
    ]
    shown = tuple(summarised(each) if summary else each for each in articles)
    address = Address("subjects/medicine", summary=summary)
    whole = Feed(HUB, address, "The News: Medicine", "Articles about Medicine, newest first.", shown)
    topic = topic_of(HUB.feed(address, form), HUB, Directory())
    made = Renderer(HUB).edition(topic, [news(events[1], 1), news(events[0], 2)])

    assert made == render(whole, form)
    assert [] == faults_of(examined(made))


@pytest.mark.parametrize("form", Format)
def test_a_retraction_is_a_notice(form: Format) -> None:
    """With the keywords and authors that the article had, and in Atom with a tombstone too."""
    topic = topic_of(HUB.feed("all", form), HUB, Directory())
    made = Renderer(HUB).edition(topic, [news(retracted(), before=published())])

    assert b"Retracted: Tides 1" in made
    assert b"moon" in made
    assert (b"deleted-entry" in made) == (form is Format.ATOM)
    assert b"rises twice" not in made


def test_a_feed_is_called_as_its_documents_call_it() -> None:
    """By the subject's name, the keyword as it is written, the question in words."""
    event = published(subject=LAW)
    article = article_of(event, HUB, placed=placed(event), first_published_at=event.first_published_at)
    addresses = [Address("all"), Address("subjects/law"), Address("authors/ann-author"), Address("search", "q=sea")]
    named = [name_of(address, [article]) for address in addresses]

    assert named == ["", "Law & Order", "Ann Author", "sea"]


def test_an_entry_is_rendered_once() -> None:
    """However many topics it goes to; another version anew."""
    renderer = Renderer(HUB)
    first, second = news(published()), news(published(version=2, title="Ebb"), 2)
    pieces = [renderer.entry(each, Format.ATOM, summary=False) for each in (first, first, second)]

    assert pieces[0] is pieces[1]
    assert b"Ebb" in pieces[2].data
