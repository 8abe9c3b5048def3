"""Which addresses are topics, and which topics a document belongs to."""

from __future__ import annotations

import pytest

from services.webhooks.hub.filing import filed, filing_of, words_in
from services.webhooks.hub.topics import Subscribed, UnknownTopic, belongs, topic_of
from shared.syndication.addresses import Address, Format
from shared.syndication.directory import Directory
from tests.unit.shared.syndication.samples import LAW, MEDICINE, SITE, taxonomy
from tests.unit.webhooks.hub.events import published

HOME = f"{SITE.url}/feeds"
DIRECTORY = (
    Directory().after(taxonomy(1, MEDICINE, LAW)).after(taxonomy(2, LAW, moved={"medicine": "law"}, removed=("gone",)))
)
TOPICS = {
    "all.rss": Address("all"),
    "all.json?content=summary": Address("all", summary=True),
    "subjects/law.atom": Address("subjects/law"),
    "keywords/high-water.atom": Address("keywords/high-water"),
    "authors/ann-author.rss": Address("authors/ann-author"),
    "languages/pt-br.rss": Address("languages/pt-br"),
    "sources/source.example.json": Address("sources/source.example"),
    "search.json?q=sea+tide": Address("search", "q=sea+tide"),
    "search.rss?q=sea&content=summary": Address("search", "q=sea", summary=True),
}


@pytest.mark.parametrize(("name", "address"), TOPICS.items(), ids=TOPICS)
def test_a_feed_under_its_one_address_is_a_topic(name: str, address: Address) -> None:
    """Whatever it is about, in each format, with and without full texts."""
    topic = topic_of(f"{HOME}/{name}", SITE, DIRECTORY)

    assert topic.address == address
    assert SITE.feed(address, topic.form) == topic.url
    assert topic.media_type == f"{topic.form.media_type if topic.form else ''}; charset=utf-8"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("all", "feeds end in"),
        ("all.xml", "feeds end in"),
        ("all/before/7.atom", "archives are not pushed"),
        ("subjects/law/more.atom", "feeds end in"),
        ("review/x.atom", "feeds end in"),
        ("all.atom?content=half", "full or summary"),
        ("all.atom?x=1", f"{HOME}/all.atom"),
        ("search.atom?q=sea&subject=medicine", f"{HOME}/search.atom?q=sea&subject=law"),
        ("subjects/medicine.atom", f"{HOME}/subjects/law.atom"),
        ("subjects/gone.atom", "removed"),
        ("subjects/unheard.atom", "no such subject"),
        ("keywords/High%20Water.atom", "the one address"),
        ("sources/WWW.source.example.atom", f"{HOME}/sources/source.example.atom"),
        ("search.atom?q=tide%20sea", f"{HOME}/search.atom?q=sea+tide"),
        ("search.atom?subject=law", f"{HOME}/subjects/law.atom"),
        ("search.atom?colour=blue", "no such parameter"),
    ],
)
def test_another_address_is_none(name: str, why: str) -> None:
    """It is told which one is, if there is one."""
    with pytest.raises(UnknownTopic, match=why.replace(".", r"\.").replace("?", r"\?").replace("+", r"\+")):
        topic_of(f"{HOME}/{name}", SITE, DIRECTORY)


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("https://blog.example/", True),
        ("https://blog.example/feed.xml", True),
        ("https://blog.example.evil.example/feed.xml", False),
        ("https://blog.example", False),
        ("http://blog.example/feed.xml", False),
        ("https://one.example/feed", True),
        ("https://one.example/feed/2", True),
        ("https://one.example/feeds", False),
    ],
)
def test_what_others_publish_is_one_if_it_was_allowed(url: str, *, known: bool) -> None:
    """By the beginning of its address, up to a slash."""
    try:
        found = topic_of(url, SITE, DIRECTORY, ["https://blog.example/", "https://one.example/feed"]).url
    except UnknownTopic:
        found = ""

    assert found == (url if known else "")


def test_a_document_goes_to_the_topics_that_it_belongs_to() -> None:
    """All formats of each feed, and no other."""
    names = [*TOPICS, "subjects/medicine.json", "keywords/sea.rss", "search.atom?q=rises", "search.atom?q=storm"]
    topics = [topic_of(f"{HOME}/{name}", SITE, Directory()) for name in names]
    event = published()
    filing = filing_of(event, filed(event, None, with_duplicates=False, worded=True), words_in(event))
    found = {topic.url.removeprefix(f"{HOME}/") for topic in Subscribed(topics).of(filing)}

    assert found == {
        *("all.rss", "all.json?content=summary", "authors/ann-author.rss", "sources/source.example.json"),
        *("subjects/medicine.json", "keywords/sea.rss", "search.atom?q=rises", "search.rss?q=sea&content=summary"),
    }
    assert {topic.url.removeprefix(f"{HOME}/") for topic in topics if belongs(topic, filing)} == found


def test_words_are_asked_for_only_if_a_topic_needs_them() -> None:
    """They cost more than all the rest."""
    plain, words = (topic_of(f"{HOME}/{name}", SITE, Directory()) for name in ("all.rss", "search.rss?not.q=sea"))

    assert [Subscribed(topics).ask_for_words for topics in ([], [plain], [plain, words])] == [False, False, True]
    assert [bool(Subscribed(topics)) for topics in ([], [plain], [words])] == [False, True, True]
    assert plain.form is Format.RSS
