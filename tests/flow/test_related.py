"""An article's neighbours with their reasons, over HTTP, on its page and on the command line; an operator's choice wins."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.errors import Unfit
from shared.semantic import model
from shared.settings import ROOT
from tests.house import TOKEN, House, house
from tests.redis_servers import RedisServer, redis_8

TEXTS = {
    "Spring tides": "The moon and the sun pull the sea together; spring tides follow the moon.",
    "Neap tides": "Half a moon and a weak pull on the sea; neap tides are low, and the moon is half.",
    "Harbours": "A harbour waits for the sea to rise; ships know the tides and the moon of the harbour.",
    "Courts": "A court hears the contract; the judge reads the contract again.",
}


@pytest.fixture(params=["memory", "vectors"])
def backend(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Each place where the index can live, and a Redis that can hold it."""
    if request.param == "memory":
        yield "memory", request.getfixturevalue("redis_url")
        return
    server = RedisServer(redis_8())
    server.start()
    yield "vectors", server.url
    server.remove()


async def filled(running: House) -> list[str]:
    """Add the texts; their ids."""
    added = [
        await running.add(json.dumps({"title": t, "text": x}).encode(), "application/json") for t, x in TEXTS.items()
    ]
    ids = [answer["id"] for _, answer in added]
    await running.published(*ids)
    await running.eventually(f"/documents/{ids[0]}/related", lambda body: len(body["related"]) == 2)
    return ids


async def command(running: House, folder: Path, *words: str) -> tuple[int, str]:
    """Run `syndicate WORDS` in a process of its own."""
    environment = os.environ | {
        "SYNDICATE_URL": running.host.settings.base_url,
        "SYNDICATE_TOKEN": TOKEN,
        "SYNDICATE_DATA": str(folder),
        "PYTHONPATH": str(ROOT),
    }
    words = (sys.executable, "-m", "services", *words)
    done = await asyncio.to_thread(
        subprocess.run, words, capture_output=True, cwd=ROOT, env=environment, check=False, text=True
    )
    return done.returncode, done.stdout + done.stderr


async def test_a_list_says_why_and_the_page_too(backend: tuple[str, str], tmp_path: Path) -> None:
    """Best first, each with its closeness and the words that both share."""
    place, redis_url = backend
    async with house(redis_url, tmp_path, related_backend=place) as running:
        spring, neap, harbours, _ = await filled(running)
        status, body, _ = await running.call("GET", f"/documents/{spring}/related")
        page = (await running.call("GET", f"/documents/{spring}", headers={"Accept": "text/html"}))[1].decode()
        missing, _, _ = await running.call("GET", "/documents/nobody/related")

    assert (200, 404) == (status, missing)
    assert {neap, harbours} == {near["id"] for near in body["related"]}
    assert all(0 < near["score"] < 1 and near["why"] for near in body["related"])
    assert ", ".join(body["related"][0]["why"]) in page


async def test_what_an_operator_chose_wins(backend: tuple[str, str], tmp_path: Path) -> None:
    """Pinned first, banned never, on the page too, and back again; nobody else may choose."""
    place, redis_url = backend
    async with house(redis_url, tmp_path, related_backend=place) as running:
        spring, neap, harbours, courts = await filled(running)
        path = f"/documents/{spring}/related"

        def ids(body: Any) -> list[str]:
            return [near["id"] for near in body["related"]]

        refused, _, _ = await running.call("PUT", path, json={}, headers={"Authorization": "Bearer no"})
        status, chosen, _ = await running.call("PUT", path, json={"pinned": [courts], "banned": [neap]})
        await running.eventually(f"/documents/{spring}", lambda body: courts in str(body["related"]))
        code, said = await command(running, tmp_path, "related", spring)
        _, mistyped = await command(running, tmp_path, "related", spring, "--pin", "nobody")
        free = [word for name in (courts, neap, "nobody") for word in ("--free", name)]
        freed, _ = await command(running, tmp_path, "related", spring, *free)
        after = (await running.call("GET", path))[1]
        told, evaluated = await command(running, tmp_path, "related", "evaluate", "--json")

    assert (401, 200) == (refused, status)
    assert [courts, harbours] == ids(chosen)
    assert (0, 0, 0) == (code, freed, told)
    assert f"pinned  {courts}" in said
    assert f"banned  {neap}" in said
    assert "pinned  nobody  (no article of this id can stand here now)" in mistyped
    assert {neap, harbours} == {*ids(after)}
    assert json.loads(evaluated)["documents"] == len(TEXTS)


async def test_two_processes_share_one_corpus(redis_url: str, tmp_path: Path) -> None:
    """Each holds half; whoever is asked answers for all. Until the second is here the first says whom it waits for."""
    async with house(redis_url, tmp_path, related_partitions=2) as running:

        def warned(body: Any) -> bool:
            return any("nobody answers for 1" in warning for warning in body["warnings"])

        await running.eventually("/health/ready", warned)
        async with house(redis_url, tmp_path / "other", services=["related"], related_partitions=2) as other:
            spring, neap, harbours, courts = await filled(running)
            await running.eventually("/health/ready", lambda body: not body["warnings"])
            path = f"/documents/{spring}/related"
            lists = [(await each.call("GET", path))[1] for each in (running, other)]
            _, chosen, _ = await other.call("PUT", path, json={"pinned": [courts], "banned": [neap]})
            told, evaluated = await command(running, tmp_path, "related", "evaluate", "--json")

    assert [{neap, harbours}] * 2 == [{near["id"] for near in each["related"]} for each in lists]
    assert [courts, harbours] == [near["id"] for near in chosen["related"]]
    assert (0, len(TEXTS)) == (told, json.loads(evaluated)["documents"])


@pytest.mark.parametrize("unlike", [{"related_backend": "vectors"}, {"semantic": True}], ids=str)
async def test_what_cannot_be_split_is_refused(redis_url: str, tmp_path: Path, unlike: dict[str, Any]) -> None:
    """At the start, with the way out."""
    with pytest.raises(Unfit, match="SYNDICATE_RELATED_PARTITIONS to 1"):
        async with house(redis_url, tmp_path, related_partitions=2, **unlike):
            pass


async def test_articles_that_share_no_word_can_be_related(redis_url: str, tmp_path: Path) -> None:
    """By what they mean, if an operator wants it."""
    texts = {
        "Heart attacks": "Doctors treat patients whose coronary arteries are blocked.",
        "Myocardial infarction": "Cardiologists open closed vessels with a stent.",
        "Contracts": "A promise binds two parties.",
    }
    async with house(redis_url, tmp_path, semantic=True, related_semantic_weight=0.5) as running:
        added = [
            await running.add(json.dumps({"title": t, "text": x}).encode(), "application/json")
            for t, x in texts.items()
        ]
        heart, infarction, contracts = (answer["id"] for _, answer in added)
        body = await running.eventually(f"/documents/{heart}/related", lambda body: body["related"])
        await running.published(infarction, contracts)
        _, other, _ = await running.call("GET", f"/documents/{contracts}/related")
        host = running.host
        rows = [await host.redis.xrange(host.key(f"documents.{name}")) for name in ("classified", "related")]

    assert [infarction] == [near["id"] for near in body["related"]]
    assert [] == [near["id"] for near in other["related"]]
    carried = [
        {len(e.get("meaning", "")) for e in (json.loads(fields[b"event"]) for _, fields in each)} for each in rows
    ]
    assert {512} == carried[0] - {0}, "the classifier asked what they mean, and related took it from the event"
    assert {0} == carried[1]


async def test_without_the_extra_the_start_says_so(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, with the way out; a process without `related` starts all the same."""
    monkeypatch.setattr(model, "PACKAGE", "no_such_package_here")
    with pytest.raises(Unfit, match="the extra `semantic`"):
        async with house(redis_url, tmp_path, semantic=True):
            pass

    async with house(redis_url, tmp_path, services=["ingest"], semantic=True) as running:
        assert 202 == (await running.add(b"The tides."))[0]
