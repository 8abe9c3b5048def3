"""Every kind of feed, as the application answers it, is valid by the strictest judges; poisoned documents change nothing beside them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from redis.asyncio import Redis

from shared.events import RelatedArticle
from shared.syndication.addresses import Format
from tests.integration.feeds.conftest import Answer, Room, installed
from tests.integration.feeds.readers.seen import modules, program
from tests.judges import json_feeds, xml_feeds
from tests.unit.shared.syndication.samples import (
    LAW,
    SITE,
    changed_event,
    neighbours,
    related_event,
    retraction,
)
from tests.unit.shared.syndication.test_validity import POISON

KINDS = [
    "all",
    "subjects/medicine",
    "subjects/law",
    "keywords/sea",
    "authors/ann-author",
    "languages/en",
    "sources/source.example",
    "documents/doc42/related",
    "search?q=sea&not.subject=law",
    "search?q=%22%3Cb%3E%26amp%3B%22+OR+tides",
    "search?q=nothing+answers+this",
]
COMING = {name: facts for name, facts in POISON.items() if name != "surrogates"}
"""An event is UTF-8, which has no lone surrogates."""
ENTRY = {
    Format.RSS: re.compile(rb"<item>.*?</item>", re.DOTALL),
    Format.ATOM: re.compile(rb"<entry .*?</entry>", re.DOTALL),
    Format.JSON: re.compile(rb'\{"id":"tag:.*?\]\}\}', re.DOTALL),
}


def address_of(kind: str, form: Format, extra: str = "") -> str:
    """The path of a feed of this kind; `extra` is one more parameter."""
    path, _, question = kind.partition("?")
    query = "&".join(part for part in (question, extra) if part)
    return f"/feeds/{path}.{form}{f'?{query}' if query else ''}"


def verdict(answer: Answer, form: Format, address: str) -> list[str]:
    """What the judges say of an answer that is a feed."""
    assert answer.status in {200, 226}, answer
    if form is Format.JSON:
        return json_feeds.faults(answer.body, address)
    return xml_feeds.faults(answer.body, form, address)


async def filled(room: Room) -> None:
    """Documents of every kind: poisoned ones, corrected, retracted, related ones, several to an archive."""
    await room.put(*(related_event(number, subject=LAW) for number in range(1, 12)))
    for number, (_, facts) in enumerate(COMING.items(), 12):
        await room.put(
            related_event(number, related=neighbours(facts.get("title", ""), "Ebb"), related_revision=1, **facts)
        )
    await room.put(*(related_event(number) for number in range(40, 45)), retraction(3), retraction(41))
    await room.put(related_event(42, 2, second=LAW), changed_event(43, 5, "Moon", "<b>bold</b>"))
    near = tuple(RelatedArticle(id=f"doc{number}", title="x", score=0.5) for number in (41, 3, 12, 40))
    await room.put(related_event(42, 3, related=near, related_revision=9))


async def resolved(room: Room, path: str) -> str:
    """The path that a question is answered at."""
    answer = await room.get(path)
    return answer.headers["location"].removeprefix(SITE.url) if answer.status == 308 else path


@pytest.mark.parametrize("form", Format)
async def test_every_kind_of_feed_is_valid(redis_url: str, form: Format) -> None:
    """Whole and as a summary, each of its archives down to the first, and the delta."""
    async with Redis.from_url(redis_url) as client:
        room = installed(client, feed_entries=9)
        await room.host.belt.open()
        await filled(room)
        judged = 0
        for kind in KINDS:
            for extra in ("", "content=summary"):
                onward: str | None = await resolved(room, address_of(kind, form, extra))
                while onward:
                    answer = await room.get(onward)
                    assert [] == verdict(answer, form, SITE.url + onward), onward
                    onward = older(answer, form)
                    judged += 1
        await room.host.belt.close()

    assert judged > 40


@pytest.mark.parametrize("form", Format)
async def test_a_delta_is_valid(room: Room, form: Format) -> None:
    """RFC 3229 makes a feed of it."""
    await room.put(*(related_event(number) for number in range(1, 9)))
    first = await room.get(f"/feeds/all.{form}")
    await room.put(related_event(9), retraction(4))
    delta = await room.get(f"/feeds/all.{form}", a_im="feed", if_none_match=first.headers["etag"])

    assert 226 == delta.status
    assert [] == verdict(delta, form, SITE.feed("all", form))


def older(answer: Answer, form: Format) -> str | None:
    """The path of the archive that a feed goes on in."""
    if form is Format.JSON:
        found: str = json.loads(answer.body).get("next_url", "")
    else:
        link = re.search(rb'href="([^"]+)" rel="prev-archive"', answer.body)
        found = link[1].decode().replace("&amp;", "&") if link else ""
    return found.removeprefix(SITE.url) or None


@pytest.mark.parametrize("form", Format)
async def test_poison_changes_no_other_entry(room: Room, form: Format) -> None:
    """Before and after, byte for byte; and what is poisoned stands beside it."""
    await room.put(*(related_event(number) for number in (1, 2, 3)))
    before = ENTRY[form].findall((await room.get(f"/feeds/all.{form}")).body)
    await room.put(*(related_event(number, **facts) for number, facts in enumerate(COMING.values(), 10)))
    after = ENTRY[form].findall((await room.get(f"/feeds/all.{form}")).body)

    assert before == after[-3:]
    assert len(after) == len(COMING) + 3


async def test_json_feeds_fit_the_published_schema(room: Room) -> None:
    """That of npm's jsonfeed-schema, for every kind of feed."""
    node, path = program("node"), modules()
    await filled(room)
    feeds = [json.loads((await room.get(await resolved(room, address_of(kind, Format.JSON)))).body) for kind in KINDS]
    script = Path(__file__).parent / "readers" / "validate.js"
    environment = os.environ | {"NODE_PATH": path}
    command = [node, str(script)]
    said = subprocess.run(command, input=json.dumps(feeds).encode(), capture_output=True, check=True, env=environment)  # noqa: ASYNC221

    assert [] == json.loads(said.stdout)
