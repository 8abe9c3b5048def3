"""One document's way through all five services, as its readers, partners and operators see it."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import feedparser
import pytest

from shared.settings import ROOT
from tests.house import SEEDS, House, house

FEEDS = ("/feeds/all", "/feeds/subjects/medicine")


async def test_the_seeds_are_classified_related_and_in_their_feeds(redis_url: str, tmp_path: Path) -> None:
    """Five files go in; each has its subject, is related to the others, and stands in the feeds."""
    async with house(redis_url, tmp_path) as running:
        ids = await running.add_seeds()
        documents = await running.published(*ids)
        related = [
            await running.eventually(f"/documents/{name}", lambda body: len(body["related"]) == 4) for name in ids
        ]
        entries = {feed: await entry_ids(running, feed) for feed in FEEDS}

    assert {"medicine", "health-studies"} >= {document["subject"]["slug"] for document in documents}
    assert [set(ids) - {name} for name in ids] == [{item["id"] for item in body["related"]} for body in related]
    assert all(set(found) == set(ids) for by_format in entries.values() for found in by_format)


async def entry_ids(running: House, feed: str) -> list[list[str]]:
    """The documents in a feed's three formats."""
    _, rss, _ = await running.call("GET", f"{feed}.rss")
    _, atom, _ = await running.call("GET", f"{feed}.atom")
    _, json, _ = await running.call("GET", f"{feed}.json")
    parsed = [feedparser.parse(rss), feedparser.parse(atom)]
    assert not any(each.bozo for each in parsed)
    links = [[entry.link for entry in each.entries] for each in parsed] + [[item["url"] for item in json["items"]]]
    return [[link.rsplit("/", 1)[1] for link in each] for each in links]


async def test_sending_again_changes_nothing(redis_url: str, tmp_path: Path) -> None:
    """A hundred re-sends at once of a document give one document and one event."""
    body = SEEDS[1].read_bytes()
    async with house(redis_url, tmp_path) as running:
        answers = await asyncio.gather(*(running.add(body) for _ in range(100)))
        events = await running.host.redis.xlen(running.host.key("documents.ingested"))

    assert {"added": 1, "unchanged": 99} == count(answer["change"] for _, answer in answers)
    assert 1 == len({answer["id"] for _, answer in answers})
    assert 1 == events


def count(values: Any) -> dict[str, int]:
    found = list(values)
    return {value: found.count(value) for value in set(found)}


async def test_a_correction_shows_everywhere_in_place(redis_url: str, tmp_path: Path) -> None:
    """A new text is version 2 under the same id, on its page and in its feeds."""
    async with house(redis_url, tmp_path) as running:
        first, *_ = await running.add_seeds()
        await running.published(first)
        text = b"---\ntitle: A corrected title\nsubject: Nursing\n---\n\nNurses care for patients on the ward.\n"
        status, answer, _ = await running.call(
            "PUT", f"/documents/{first}", data=text, headers={"Content-Type": "text/markdown", "If-Match": '"1"'}
        )
        body = await running.eventually(f"/documents/{first}", lambda body: body["version"] == 2)
        nursing = await entry_ids(running, "/feeds/subjects/nursing")
        medicine = await entry_ids(running, "/feeds/subjects/medicine")

    assert (202, "updated", 2) == (status, answer["change"], answer["version"])
    assert ("A corrected title", "nursing") == (body["title"], body["subject"]["slug"])
    assert [[first]] * 3 == nursing
    assert all(first not in found for found in medicine)


async def test_a_retraction_is_a_notice_and_gone(redis_url: str, tmp_path: Path) -> None:
    """A retracted document answers 410, leaves the others' lists, and is told as retracted in the feed."""
    async with house(redis_url, tmp_path) as running:
        first, *others = await running.add_seeds()
        await running.published(first, *others)
        await running.call("DELETE", f"/documents/{first}", headers={"If-Match": "*"})
        await gone(running, first)
        for name in others:
            await running.eventually(
                f"/documents/{name}", lambda body: first not in {item["id"] for item in body["related"]}
            )
        _, feed, _ = await running.call("GET", "/feeds/all.json")
        again, _ = await running.add(SEEDS[0].read_bytes())

    told = {item["url"].rsplit("/", 1)[1]: item["_syndicate"].get("status") for item in feed["items"]}

    assert "retracted" == told[first]
    assert 410 == again


async def gone(running: House, name: str) -> None:
    async with asyncio.timeout(10):
        while True:
            if (await running.call("GET", f"/documents/{name}"))[0] == 410:
                return
            await asyncio.sleep(0.02)


BAD_INPUT = [
    ("empty", b"", "text/plain", 422, "empty"),
    ("only white space", b" \n\t ", "text/plain", 422, "empty"),
    ("10 MB", b"a" * 10_000_000, "text/plain", 413, "too-large"),
    ("invalid UTF-8", b"caf\xe9 au lait \xff", "text/plain", 422, "not-utf8"),
    ("broken YAML", b"---\ntitle: [\n---\nText.", "text/markdown", 422, "bad-front-matter"),
    (
        "alias bomb",
        b"---\na: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n---\nText.",
        "text/markdown",
        422,
        "bad-front-matter",
    ),
    ("unknown media type", b"\x00\x01", "image/png", 415, "unknown-media-type"),
    ("broken JSON", b'{"title": ', "application/json", 422, "bad-json"),
]


@pytest.mark.parametrize(
    ("body", "media_type", "status", "code"), [row[1:] for row in BAD_INPUT], ids=[row[0] for row in BAD_INPUT]
)
async def test_bad_input_is_a_typed_problem(
    redis_url: str, tmp_path: Path, body: bytes, media_type: str, status: int, code: str
) -> None:
    """What cannot be read is refused with a problem (RFC 9457), nothing is stored, and the next document goes through."""
    async with house(redis_url, tmp_path, services=("ingest",)) as running:
        got, problem, headers = await running.call(
            "POST", "/documents", data=io.BytesIO(body), headers={"Content-Type": media_type}
        )
        events = await running.host.redis.xlen(running.host.key("documents.ingested"))
        after, _ = await running.add(SEEDS[1].read_bytes())

    assert (status, code, 0, 202) == (got, problem["code"], events, after)
    assert "application/problem+json" == headers["content-type"]
    assert {"type", "title", "status", "detail"} <= set(problem)


async def test_script_in_html_reaches_nobody(redis_url: str, tmp_path: Path) -> None:
    """Script, event handlers and javascript: links are gone from the page and from every feed."""
    hostile = b"""<html><head><title>Tides</title><script>alert(1)</script></head><body><h1>Tides</h1>
      <p onclick="alert(2)">The moon <a href="javascript:alert(3)">pulls</a> the sea twice a day.</p>
      <iframe src="http://example.org/"></iframe><img src=x onerror=alert(4)></body></html>"""
    async with house(redis_url, tmp_path) as running:
        _, answer = await running.add(hostile, "text/html")
        await running.published(answer["id"])
        _, page, _ = await running.call("GET", f"/documents/{answer['id']}", headers={"Accept": "text/html"})
        texts = [page] + [(await running.call("GET", f"/feeds/all.{kind}"))[1] for kind in ("rss", "atom")]

    found = [bad for text in texts for bad in (b"alert", b"onclick", b"javascript:", b"iframe") if bad in text]

    assert [] == found
    assert b"The moon" in page


async def test_writing_needs_the_operators_token(redis_url: str, tmp_path: Path) -> None:
    """Without the token nothing is written and no partner is listed; reading needs none."""
    async with house(redis_url, tmp_path) as running:
        stranger = {"Authorization": "Bearer guess", "Content-Type": "text/plain"}
        refused = [
            (await running.call(method, path, data=b"text", headers=stranger))[0]
            for method, path in (
                ("POST", "/documents"),
                ("PUT", "/documents/x"),
                ("DELETE", "/documents/x"),
                ("GET", "/partners"),
                ("POST", "/partners"),
            )
        ]
        read = (await running.call("GET", "/feeds/all.atom", headers={"Authorization": ""}))[0]

    assert [401] * 5 == refused
    assert 200 == read


async def test_any_subset_makes_the_whole(redis_url: str, tmp_path: Path) -> None:
    """Each service in a process of its own, sharing a Redis, does what all do together."""
    async with (
        house(redis_url, tmp_path, services=("ingest",)) as ingest,
        house(redis_url, tmp_path, services=("classifier",)),
        house(redis_url, tmp_path, services=("related", "webhooks")),
        house(redis_url, tmp_path, services=("feeds",)) as feeds,
    ):
        _, answer = await ingest.add(SEEDS[2].read_bytes())
        body = await feeds.eventually(f"/documents/{answer['id']}", lambda body: body.get("subject"))
        accepted = await ingest.eventually(f"/documents/{answer['id']}", lambda body: body)

    assert "medicine" == body["subject"]["slug"]
    assert "accepted" == accepted["state"]


async def test_readiness_tells_what_is_wrong(redis_url: str, tmp_path: Path) -> None:
    """/health/ready names the consumer and its fault; /health/live and /metrics answer all the same."""
    async with house(redis_url, tmp_path, services=("classifier",), max_lag=10) as running:
        healthy, _, _ = await running.call("GET", "/health/ready")
        stream = running.host.key("documents.ingested")
        await running.host.redis.delete(stream)
        await running.host.redis.set(stream, "no stream")
        body = await unready(running)
        live, _, _ = await running.call("GET", "/health/live")

    assert (200, 200) == (healthy, live)
    assert ["Redis does not answer: ResponseError"] == body["faults"] or "classifier" in body["faults"][0]


async def unready(running: House) -> Any:
    async with asyncio.timeout(15):
        while True:
            status, body, _ = await running.call("GET", "/health/ready")
            if status == 503:
                return body
            await asyncio.sleep(0.05)


async def test_too_far_behind_is_told_to_wait(redis_url: str, tmp_path: Path) -> None:
    """When a stream has more waiting than allowed, new documents are answered 503 with Retry-After."""
    async with house(redis_url, tmp_path, services=("ingest",), max_lag=10) as running:
        for number in range(12):
            await running.add(f"Document {number}.\n\nSome words about tides.".encode())
        async with asyncio.timeout(5):
            while True:
                body = f"One more at {asyncio.get_running_loop().time()}.".encode()
                status, _, headers = await running.call(
                    "POST", "/documents", data=body, headers={"Content-Type": "text/plain"}
                )
                if status == 503:
                    break
                await asyncio.sleep(0.1)

    assert "retry-after" in headers


def test_seeds_are_the_five_documents() -> None:
    """The seeds stand where the commands look for them."""
    assert 5 == len(SEEDS)
    assert (ROOT / "seeds" / "subjects.yaml").exists()
