"""What a feed says of itself, held against a thousand ways to spoil it."""

from __future__ import annotations

import json
import random
import re

import pytest

from shared.syndication.addresses import Format
from shared.syndication.feed import Feed
from shared.syndication.formats import render
from shared.syndication.statement import examined, faults_of
from tests.unit.shared.syndication.samples import article, feed, neighbours, retracted_article

ENTRY = {Format.RSS: rb"<item>.*?</item>", Format.ATOM: rb"<entry .*?</entry>"}


def some_feed(chance: random.Random) -> Feed:
    """A feed of 2 to 9 articles, some corrected, some retracted."""
    numbers = sorted(chance.sample(range(100), chance.randint(2, 9)), reverse=True)
    made = [
        retracted_article(number)
        if chance.random() < 0.2
        else article(number, chance.randint(1, 3), related=neighbours("M"))
        for number in numbers
    ]
    return feed(
        *(each.model_copy(update={"sequence": each.version * 100 + number}) for number, each in enumerate(made))
    )


def entries_of(body: bytes, form: Format) -> list[bytes]:
    if form is Format.JSON:
        return [json.dumps(item).encode() for item in json.loads(body)["items"]]
    return re.findall(ENTRY[form], body, re.DOTALL)


def with_entries(body: bytes, form: Format, entries: list[bytes]) -> bytes:
    if form is Format.JSON:
        return json.dumps(json.loads(body) | {"items": [json.loads(entry) for entry in entries]}).encode()
    was = re.findall(ENTRY[form], body, re.DOTALL)
    start, end = body.index(was[0]), body.rindex(was[-1]) + len(was[-1])
    return body[:start] + b"".join(entries) + body[end:]


def spoiled(body: bytes, form: Format, chance: random.Random) -> bytes:
    """The feed with one fault: an entry lost, twice, moved, of an older version, or from another feed."""
    entries = entries_of(body, form)
    place, other = chance.sample(range(len(entries)), 2)
    match chance.randint(0, 4):
        case 0:
            del entries[place]
        case 1:
            entries.insert(place, entries[other])
        case 2:
            entries[place], entries[other] = entries[other], entries[place]
        case 3:
            entries[place] = re.sub(rb"2026-03-0(\d)T", rb"2026-02-0\1T", entries[place])
        case 4:
            entries[place] = entries_of(render(feed(article(777)), form), form)[0]
    return with_entries(body, form, entries)


@pytest.mark.parametrize("form", Format)
def test_every_fault_is_found_and_nothing_else(form: Format) -> None:
    """1,002 faults over the three formats, each found; no whole feed is blamed."""
    chance = random.Random(form)
    for _ in range(334):
        body = render(some_feed(chance), form)
        bad = spoiled(body, form, chance)

        assert faults_of(examined(with_entries(body, form, entries_of(body, form)))) == []
        assert faults_of(examined(bad)), bad


@pytest.mark.parametrize("form", Format)
def test_a_feed_says_how_far_it_goes(form: Format) -> None:
    """The number of its newest change, where it is, and where it goes on."""
    said = examined(render(feed(article(2).model_copy(update={"sequence": 17}), article(1), older=5), form))

    assert said.statement
    assert (said.statement.sequence, said.statement.entries) == (17, 2)
    assert said.address.endswith(f"/feeds/subjects/medicine.{form}")
    assert (said.older or "").endswith(f"/feeds/subjects/medicine/before/5.{form}")


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"<html><body/></html>", b"{}", b"[1]", b"<rss/>", b"<rss><channel></channel>", b"\xff\xfe"],
)
def test_what_is_no_feed_is_told(body: bytes) -> None:
    """Half a feed as well as an error page."""
    with pytest.raises(ValueError, match=r"this is no (whole )?feed|Expecting"):
        examined(body)
