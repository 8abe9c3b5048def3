"""Documents travel the whole line of containers: in by HTTP and by command, out by feeds, pages and webhooks."""

from __future__ import annotations

import json
from typing import Any

import feedparser
import pytest

from tests.end_to_end.partner import Partner
from tests.end_to_end.stack import Answer, Stack, until
from tests.end_to_end.writings import SEEDS

FORMATS = ("rss", "atom", "json")
BY_COMMAND = 2
SUBJECTS = {"Medicine", "Health Studies"}
MARKDOWN = {"Content-Type": "text/markdown"}


def added_by_http(stack: Stack, body: bytes) -> dict[str, Any]:
    answer = stack.ask("ingest", "POST", "/documents", body, {"Content-Type": "text/plain"})
    assert answer.status in (200, 202), answer.body
    return dict(answer.json)


def added_by_command(stack: Stack, body: bytes) -> dict[str, Any]:
    told = json.loads(stack.inside("ingest", "syndicate", "add", "-", "--json", given=body))
    return dict(told["answer"])


def document(stack: Stack, name: str) -> Answer:
    return stack.ask("feeds", "GET", f"/documents/{name}", headers={"Accept": "application/json"})


def entries(stack: Stack, path: str, form: str) -> list[tuple[str, str]]:
    """Link and title of each entry, as a reader's parser sees them."""
    body = stack.ask("feeds", "GET", f"/feeds/{path}.{form}").body
    if form == "json":
        return [(item["url"], item["title"]) for item in json.loads(body)["items"]]
    parsed = feedparser.parse(body)
    assert not parsed.bozo, parsed.get("bozo_exception")
    return [(entry.link, entry.title) for entry in parsed.entries]


def neighbours(stack: Stack, name: str) -> set[str]:
    return {near["id"] for near in document(stack, name).json["related"]}


@pytest.fixture(scope="module")
def seeds(stack: Stack, partner: Partner) -> list[str]:
    """The ids of the five seeds, two of them sent by the operator's command; all have been published."""
    bodies = [path.read_bytes() for path in SEEDS]
    answers = [added_by_command(stack, body) for body in bodies[:BY_COMMAND]]
    answers += [added_by_http(stack, body) for body in bodies[BY_COMMAND:]]
    names = [answer["id"] for answer in answers]
    until(lambda: all(document(stack, name).status == 200 for name in names), "the seeds are published")
    return names


def test_a_document_sent_again_by_either_door_is_the_same(stack: Stack, seeds: list[str]) -> None:
    """Its id and version stay, and nothing goes down the line."""
    first = added_by_http(stack, SEEDS[0].read_bytes())
    last = added_by_command(stack, SEEDS[-1].read_bytes())

    assert ("unchanged", 1, seeds[0]) == (first["change"], first["version"], first["id"])
    assert ("unchanged", 1, seeds[-1]) == (last["change"], last["version"], last["id"])


def test_the_seeds_are_classified(stack: Stack, seeds: list[str]) -> None:
    """All of them speak of lymph nodes and cancer."""
    found = {document(stack, name).json["subject"]["name"] for name in seeds}

    assert found <= SUBJECTS


def test_the_seeds_are_related_to_each_other(stack: Stack, seeds: list[str]) -> None:
    """Also the first one, which had no neighbour when it came."""
    others = {name: set(seeds) - {name} for name in seeds}

    until(lambda: all(others[name] <= neighbours(stack, name) for name in seeds), "each is related to all others")


@pytest.mark.parametrize("form", FORMATS)
def test_the_seeds_stand_in_their_feeds(stack: Stack, seeds: list[str], form: str) -> None:
    """In the feed of all and in their subject's, under the public address, and a link leads to the page."""
    for name in seeds:
        shown = document(stack, name).json
        entry = (shown["links"]["self"], shown["title"])
        assert entry in entries(stack, "all", form)
        assert entry in entries(stack, f"subjects/{shown['subject']['slug']}", form)
        assert entry[0].startswith(f"http://127.0.0.1:{stack.ports['feeds']}/")

    page = stack.ask("feeds", "GET", f"/documents/{seeds[0]}", headers={"Accept": "text/html"})
    assert (200, "text/html; charset=utf-8") == (page.status, page.headers["content-type"])


@pytest.mark.parametrize("path", [f"/feeds/{path}.{form}" for path in ("all", "subjects/medicine") for form in FORMATS])
def test_a_reader_that_has_a_feed_gets_304(stack: Stack, seeds: list[str], path: str) -> None:
    """By its entity tag, and without a body."""
    first = stack.ask("feeds", "GET", path)
    again = stack.ask("feeds", "GET", path, headers={"If-None-Match": first.headers["etag"]})

    assert (200, 304, b"") == (first.status, again.status, again.body)


def test_the_partner_is_told_of_the_seeds(stack: Stack, partner: Partner, seeds: list[str]) -> None:
    """One signed delivery for each, and what it says is what the feeds say."""
    told = partner.waits_for(seeds)

    assert {"document.published"} == {record["content"]["type"] for record in told}
    titles = {record["content"]["data"]["id"]: record["content"]["data"]["title"] for record in told}
    assert {name: document(stack, name).json["title"] for name in seeds} == titles


def test_a_correction_and_a_retraction_travel_the_whole_line(stack: Stack, partner: Partner, seeds: list[str]) -> None:
    """Page, feeds, the neighbours' lists and the partner: all of them learn of both."""
    whole = SEEDS[2].read_text()
    text = whole[: len(whole) // 2]  # near to the seed, but no duplicate of it: that would stay out of the feeds
    name = added_by_http(stack, f"A first try\n\nNot the last word. {text}".encode())["id"]
    partner.waits_for([name])
    until(lambda: name in neighbours(stack, seeds[2]), "a neighbour points at it")

    corrected = f"# A second try\n\nThe last word. {text}".encode()
    answer = stack.ask("ingest", "PUT", f"/documents/{name}", corrected, MARKDOWN | {"If-Match": '"1"'})
    assert (202, "updated", 2) == (answer.status, answer.json["change"], answer.json["version"])
    assert ["document.updated"] == [record["content"]["type"] for record in partner.waits_for([name], 2)]
    shown = document(stack, name).json
    assert (2, "A second try") == (shown["version"], shown["title"])
    assert all((shown["links"]["self"], "A second try") in entries(stack, "all", form) for form in FORMATS)

    assert 202 == stack.ask("ingest", "DELETE", f"/documents/{name}", None, {"If-Match": "*"}).status
    assert ["document.retracted"] == [record["content"]["type"] for record in partner.waits_for([name], 3)]
    assert 410 == document(stack, name).status
    for form in FORMATS:
        assert (shown["links"]["self"], "Retracted: A second try") in entries(stack, "all", form)
        assert b"The last word" not in stack.ask("feeds", "GET", f"/feeds/all.{form}").body
    until(lambda: all(name not in neighbours(stack, seed) for seed in seeds), "nobody points at it any more")
