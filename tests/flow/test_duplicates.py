"""A near-duplicate on its way through all five services, and what becomes of it without its original."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.house import SEEDS, House, house


def named(feed: dict[str, Any]) -> list[str]:
    """The ids of a feed's items."""
    return [item["id"].rsplit("/", 1)[-1].rsplit(":", 1)[-1] for item in feed["items"]]


async def both(found: House) -> tuple[str, str]:
    """An article, and the same with one more sentence."""
    text = SEEDS[2].read_bytes()
    status, original = await found.add(text)
    again, copy = await found.add(text + b"\n\nThis was added by somebody else.\n")
    assert (202, 202) == (status, again)
    assert copy["duplicate_of"] == original["id"]
    return original["id"], copy["id"]


async def test_the_feeds_have_the_original_and_then_its_copy(redis_url: str, tmp_path: Path) -> None:
    """The copy has a subject and a page, is told to partners with the original's id, and takes its place once that is retracted."""
    async with house(redis_url, tmp_path) as found:
        original, copy = await both(found)
        page, *_ = await found.published(copy, original)
        feed = await found.eventually("/feeds/all.json", lambda feed: feed["items"])
        events = await found.eventually("/events?after=0", lambda told: len(told["events"]) >= 2)
        await found.call("DELETE", f"/documents/{original}", headers={"If-Match": "*"})
        alone = await found.eventually(f"/documents/{copy}", lambda told: told["duplicate_of"] is None)
        after = await found.eventually("/feeds/all.json", lambda feed: len(feed["items"]) == 2)

    assert (page["duplicate_of"], alone["version"]) == (original, 2)
    assert [original] == named(feed)
    assert {original: None, copy: original} == {
        event["data"]["id"]: event["data"]["duplicate_of"] for event in events["events"][:2]
    }
    assert {original, copy} == set(named(after))


async def test_whoever_wants_both_has_both(redis_url: str, tmp_path: Path) -> None:
    """By SYNDICATE_FEED_DUPLICATES."""
    async with house(redis_url, tmp_path, feed_duplicates=True) as found:
        original, copy = await both(found)
        feed = await found.eventually("/feeds/all.json", lambda feed: len(feed["items"]) == 2)

    assert {original, copy} == set(named(feed))
