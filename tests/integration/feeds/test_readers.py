"""What readers make of the feeds that people really use: the same facts in each, polls that cost nothing, corrections that show."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from shared.events import DocumentRelated
from shared.syndication.addresses import Format, Site
from tests.integration.feeds.readers.from_debian import Newsboat, Rss2Email, Sfeed
from tests.integration.feeds.readers.libraries import Feedparser, LemonReader, feedsmith, rss_parser
from tests.integration.feeds.readers.newsroom import Newsroom, newsroom
from tests.integration.feeds.readers.seen import Seen, Subscribes, program, told
from tests.unit.shared.syndication.samples import LAW, SCIENCE, changed_event, related_event, retraction

TITLES = ("Tides & Moon", "p < 0.05", "“Ébène”, 月と潮", "It's 5 o'clock", "Plain")


class Known(NamedTuple):
    """What a reader can do. `asks`: it asks whether something has changed; `deltas`: it takes what is new alone."""

    subscribes: Subscribes
    forms: tuple[Format, ...]
    asks: bool = True
    deltas: bool = True


XML, ALL = (Format.RSS, Format.ATOM), tuple(Format)
READERS = {
    "newsboat": Known(Newsboat, XML),
    "feedparser": Known(Feedparser, XML, deltas=False),
    "reader": Known(LemonReader, ALL),
    "rss2email": Known(Rss2Email, XML, deltas=False),
    "sfeed": Known(Sfeed, XML, asks=False, deltas=False),
    "rss-parser": Known(rss_parser, XML, asks=False, deltas=False),
    "feedsmith": Known(feedsmith, ALL, asks=False, deltas=False),
}
FIRST_AUTHOR_OF_ATOM, LAST_AUTHOR_OF_ATOM = {"sfeed", "rss-parser"}, {"rss2email", "reader"}
"""Readers that keep one author of an Atom entry, whatever they are given; in RSS all names stand in one element."""

EVERY = [pytest.param(name, form, id=f"{name}-{form}") for name, known in READERS.items() for form in known.forms]


def corpus() -> list[DocumentRelated]:
    """Documents with everything that readers stumble over."""
    return [
        related_event(
            number,
            title=f"{TITLES[number % len(TITLES)]} {number}",
            authors=(("Ann Author", "Ben Writer", "Zoé Ñandú")[: number % 4]),
            keywords=("sea", "R & D", "c++")[: number % 3],
            second=LAW if number % 2 else None,
        )
        for number in range(1, 31)
    ]


def expected(event: DocumentRelated, site: Site, name: str, form: Format) -> Seen:
    """What a reader should keep of a document: everything, but for what this one never keeps."""
    document = event.document
    names = list(document.authors)
    if form is Format.ATOM and name in FIRST_AUTHOR_OF_ATOM:
        names = names[:1]
    if form is Format.ATOM and name in LAST_AUTHOR_OF_ATOM:
        names = names[-1:]
    subjects = [subject.name for subject in (event.subject, event.second) if subject]
    return Seen(
        site.tag("documents", document.id),
        document.title,
        site.document(document.id),
        int(event.occurred_at.timestamp()),
        ", ".join(names),
        frozenset([*subjects, *document.keywords]),
    )


def as_kept(found: Seen, wanted: Seen) -> Seen:
    """What is wanted, without what the reader does not keep, or says for itself where there is nothing."""
    return replace(
        wanted,
        text=found.text,
        authors=wanted.authors or found.authors,
        categories=wanted.categories if found.categories is not None else None,
    )


@pytest.mark.parametrize(("name", "form"), EVERY)
async def test_every_reader_keeps_the_same(redis_url: str, tmp_path: Path, name: str, form: Format) -> None:
    """Ids, titles, links, dates, all authors, all categories; then a poll that brings nothing; then a correction and a retraction."""
    (tmp_path / "reader").mkdir()
    async with newsroom(redis_url, tmp_path) as room:
        events = corpus()
        await room.put(*events)
        known = READERS[name]
        reader = known.subscribes(room.site.feed("all", form), form, tmp_path / "reader")
        kept = await room.reload(reader.reload)
        wanted = {seen.id: seen for event in events if (seen := expected(event, room.site, name, form))}
        for _ in range(2):  # newsboat asks conditionally from the third time on
            again = await room.reload(reader.reload)
        polled = list(room.log.answers)
        await room.put(
            related_event(3, 2, title="Tides & Moon, corrected", html="<p>Thrice.</p>", subject=SCIENCE),
            retraction(4),
            changed_event(5, 1, "Moon"),
        )
        changed = await room.reload(reader.reload)

    assert {seen: as_kept(kept[seen], wanted[seen]) for seen in wanted} == kept
    assert kept == again
    assert polled == ([(304, 0)] if known.asks else polled)
    assert len(room.log.answers) == 1
    if name != "rss2email":
        corrected, retracted = (changed[room.site.tag("documents", f"doc{number}")] for number in (3, 4))
        assert (corrected.title, "Thrice." in corrected.text) == ("Tides & Moon, corrected", True)
        assert (retracted.title, "was retracted" in retracted.text) == ("Retracted: Tides 4", True)
        assert len(changed) == len(kept)
        assert room.log.answers[0][0] == (226 if known.deltas else 200)


@pytest.mark.parametrize("form", XML)
async def test_rss2email_mails_corrections_when_it_is_told_to(redis_url: str, tmp_path: Path, form: Format) -> None:
    """With `trust-guid = False`: one mail more for a correction, one for a retraction, none for anything else."""
    (tmp_path / "reader").mkdir()
    async with newsroom(redis_url, tmp_path) as room:
        await room.put(*corpus()[:5])
        reader = Rss2Email(room.site.feed("all", form), form, tmp_path / "reader", anew=True)
        first = await asyncio.to_thread(reader.reload)
        await room.put(related_event(3, 2, title="Corrected", html="<p>Thrice.</p>"), retraction(4))
        second = await asyncio.to_thread(reader.reload)
        third = await asyncio.to_thread(reader.reload)

    assert sorted(seen.title for seen in second[len(first) :]) == ["Corrected", "Retracted: Tides 4"]
    assert len(third) == len(second)


async def test_one_file_brings_the_feeds(redis_url: str, tmp_path: Path) -> None:
    """Both newsboat and sfeed import the OPML file: every feed that it names, and each of them is there."""
    async with newsroom(redis_url, tmp_path) as room:
        await room.put(*corpus()[:5])
        _, listed, _ = await room.home.call("GET", "/feeds.opml")
        (tmp_path / "feeds.opml").write_bytes(listed)
        for name in ("urls", "config"):
            (tmp_path / name).write_text("")
        files = {
            flag: str(tmp_path / name)
            for flag, name in {"-u": "urls", "-C": "config", "-c": "cache", "-i": "feeds.opml"}.items()
        }
        told([program("newsboat"), *(word for pair in files.items() for word in pair)])
        imported = {line.split()[0].strip('"') for line in (tmp_path / "urls").read_text().splitlines()}
        script = f"{program('sfeed_opml_import')} < {tmp_path / 'feeds.opml'}"
        sfeedrc = told(["sh", "-c", script])
        answers = {
            address: (await room.home.call("GET", address.removeprefix(room.site.url)))[0] for address in imported
        }

    assert room.site.feed("all", Format.RSS) in imported
    assert room.site.feed("authors/zoe-nandu", Format.RSS) in imported
    assert all(f"'{address}'" in sfeedrc for address in imported)
    assert set(answers.values()) == {200}


@pytest.mark.parametrize(("name", "form"), [pair for pair in EVERY if READERS[str(pair.values[0])].asks])
async def test_deltas_lose_nothing(redis_url: str, tmp_path: Path, name: str, form: Format) -> None:
    """A reader that comes again and again while documents are added, corrected and retracted has them all, each as it is last."""
    (tmp_path / "reader").mkdir()
    async with newsroom(redis_url, tmp_path) as room:
        reader = READERS[name].subscribes(room.site.feed("all", form), form, tmp_path / "reader")
        statuses = []
        for round_ in range(5):
            new = [related_event(number) for number in range(20 * round_ + 1, 20 * round_ + 21)]
            old = related_event(20 * round_ - 3, 2, title=f"Corrected {round_}") if round_ else new[0]
            await room.put(*new, old, retraction(20 * round_ + 5))
            kept = await room.reload(reader.reload)
            statuses += [status for status, _ in room.log.answers]
        items = await everything(room)

    assert len(kept) == 100
    assert 226 in statuses if READERS[name].deltas else {200} == set(statuses)
    if READERS[name].deltas:
        assert {name: kept[name].title for name in items} == items


async def everything(room: Newsroom) -> dict[str | None, str]:
    """The titles of all documents, from the feed and its archives."""
    found: dict[str | None, str] = {}
    path: str | None = "/feeds/all.json"
    while path:
        _, body, _ = await room.home.call("GET", path)
        found |= {item["id"]: item["title"] for item in body["items"]}
        path = body.get("next_url", "").removeprefix(room.site.url)
    return found
