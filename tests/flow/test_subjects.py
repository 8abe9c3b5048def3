"""An operator corrects a subject, or changes the subjects themselves, and everything follows."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from services.classifier.model import Model
from shared.settings import ROOT
from tests.house import SEEDS, TOKEN, House, free_port, house

FOLLOWS_SECONDS = 5.0
TIDES = b"---\nid: tides\ntitle: Why the sea breathes\n---\nThe moon pulls the sea and the sea follows the moon twice a day."
TAUGHT = (
    ("nursing", "Bedside wards and dressings, triage at night."),
    ("mathematics", "A lemma, an integral and a matrix."),
)


class Inbox:
    """A partner that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.told.append(await request.json())
        return web.Response()


@asynccontextmanager
async def partner(running: House) -> AsyncIterator[Inbox]:
    """A partner on loopback, registered."""
    inbox, application, port = Inbox(), web.Application(), free_port()
    application.router.add_post("/", inbox.take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    body = {"name": "Inbox", "url": f"http://127.0.0.1:{port}/", "confirmed": True}
    assert 201 == (await running.call("POST", "/partners", json=body))[0]
    yield inbox
    await runner.cleanup()


async def until(good: Callable[[], Any], seconds: float = 15.0) -> Any:
    async with asyncio.timeout(seconds):
        while not (found := good()):  # noqa: ASYNC110 - the partner's list has no event
            await asyncio.sleep(0.02)
    return found


async def items(running: House, slug: str) -> list[str]:
    status, body, _ = await running.call("GET", f"/feeds/subjects/{slug}.json", allow_redirects=False)
    return [item["title"] for item in body["items"]] if status == 200 else []


async def test_a_corrected_subject_shows_everywhere_within_five_seconds(redis_url: str, tmp_path: Path) -> None:
    """In the document, in both feeds and at the partners; sending the source again keeps it, and nobody is asked again."""
    settings: dict[str, Any] = {"review_confidence": 1.0, "partner_networks": ("127.0.0.0/8",)}
    async with house(redis_url, tmp_path, **settings) as running, partner(running) as inbox:
        _, answer = await running.add(TIDES)
        name = answer["id"]
        (document,) = await running.published(name)
        await running.eventually("/review", lambda body: [each["id"] for each in body["documents"]] == [name])
        before = document["subject"]["slug"]
        began = time.monotonic()
        status, _, _ = await running.call("POST", f"/documents/{name}/subject", json={"subject": "nursing"})
        await running.eventually(f"/documents/{name}", lambda body: body["subject"]["slug"] == "nursing")
        told = await until(lambda: [each for each in inbox.told if each["type"] == "document.reclassified"])
        feeds = [await items(running, slug) for slug in ("nursing", before)]
        took = time.monotonic() - began
        again = await running.add(TIDES)
        corrected = await running.add(TIDES + b" For ever.")
        kept = await running.eventually(f"/documents/{name}", lambda body: body["version"] == 3)
        waiting = (await running.call("GET", "/review"))[1]

    assert 202 == status
    assert [["Why the sea breathes"], []] == feeds
    assert ("Nursing", True) == (told[0]["data"]["subject"]["name"], told[0]["data"]["subject"]["given"])
    assert took < FOLLOWS_SECONDS
    assert ("unchanged", "updated") == (again[1]["change"], corrected[1]["change"])
    assert ("nursing", True) == (kept["subject"]["slug"], kept["subject"]["given"])
    assert 0 == waiting["waiting"]


async def test_the_seeds_are_medicine_for_their_own_words(redis_url: str, tmp_path: Path) -> None:
    """As ingest reads them, with nothing learned and nothing said of their subject."""
    async with house(redis_url, tmp_path) as running:
        sources = [re.sub(rb"(?m)^subject:.*\n", b"", seed.read_bytes()) for seed in SEEDS]
        documents = await running.published(*[(await running.add(source))[1]["id"] for source in sources])

    assert ["medicine"] * 5 == [document["subject"]["slug"] for document in documents]
    assert all(document["subject"]["confidence"] >= 0.6 and not document["subject"]["given"] for document in documents)
    assert all({"cancer", "lymph", "lymph node", "tumor"} & set(document["why"]) for document in documents)


async def test_the_operators_file_moves_documents_and_addresses(redis_url: str, tmp_path: Path) -> None:
    """Renamed, then removed, without a restart: the old address leads on, then is gone; a broken file is only a warning."""
    file = tmp_path / "subjects.yaml"
    shipped = (ROOT / "seeds" / "subjects.yaml").read_text()
    file.write_text(shipped)
    async with house(redis_url, tmp_path, taxonomy=file) as running:
        ids = await running.add_seeds()
        await running.published(*ids)
        await until_told(running, 1)
        file.write_text(shipped.replace("slug: medicine", "slug: healing\n    formerly: medicine", 1))
        await running.eventually(f"/documents/{ids[1]}", lambda body: body["subject"]["slug"] != "medicine")
        moved = await running.eventually("/feeds/subjects/healing.json", lambda body: len(body["items"]) == 5)
        led = await running.call("GET", "/feeds/subjects/medicine.atom", allow_redirects=False)
        file.write_text("subjects: [")
        ready = await running.eventually("/health/ready", lambda body: body["warnings"])
        file.write_text(without(shipped, "Medicine"))
        await running.eventually("/review", lambda body: len(body["documents"]) == 5)
        gone = await running.call("GET", "/feeds/subjects/healing.atom", allow_redirects=False)
        old = await running.call("GET", "/feeds/subjects/medicine.atom", allow_redirects=False)
        mended = await running.eventually("/health/ready", lambda body: not body["warnings"])

    assert 5 == len(moved["items"])
    assert (301, "/feeds/subjects/healing.atom") == (
        led[0],
        led[2]["location"].removeprefix(running.host.settings.base_url),
    )
    assert "stays in force" in ready["warnings"][0]
    assert (410, 410) == (gone[0], old[0])
    assert "ready" == mended["status"]


def without(taxonomy: str, name: str) -> str:
    """The taxonomy without one subject."""
    start = taxonomy.index(f"  - name: {name}\n")
    return taxonomy[:start] + taxonomy[taxonomy.index("  - name: ", start + 5) :]


async def until_told(running: House, version: int) -> None:
    """Wait until feeds has heard of a version of the taxonomy."""
    key = running.host.key("feeds", "taxonomy")
    async with asyncio.timeout(15):
        while int(await running.host.redis.hget(key, "version") or 0) < version:  # noqa: ASYNC110 - a hash has no event
            await asyncio.sleep(0.02)


async def reviewed(running: House, keys: str, *options: str) -> tuple[int, str]:
    """Sit down with `syndicate review` and press these keys; its exit code and what it said."""
    return await commanded(running, "review", *options, keys=keys)


async def commanded(running: House, *words: str, keys: str = "") -> tuple[int, str]:
    """A command of `syndicate`: its exit code and what it said."""
    environment = os.environ | {"SYNDICATE_URL": running.host.settings.base_url, "SYNDICATE_TOKEN": TOKEN}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services", *words,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        cwd=ROOT, env=environment,
    )  # fmt: skip
    told, _ = await process.communicate(keys.encode())
    return process.returncode or 0, told.decode()


async def test_a_person_goes_through_the_documents_in_doubt(redis_url: str, tmp_path: Path) -> None:
    """One is corrected, one taken back, one confirmed, one given another subject by name, one left; the list says what is left."""
    async with house(redis_url, tmp_path, review_confidence=1.0) as running:
        ids = [(await running.add(seed.read_bytes()))[1]["id"] for seed in SEEDS[1:]]
        await running.published(*ids)
        await until_told(running, 1)
        listed = await reviewed(running, "", "--json")
        code, told = await reviewed(running, "2 u 1 2 o physics\nq")
        left = await running.eventually("/review", lambda body: body["waiting"] == 1)
        table = await reviewed(running, "", "--list")
        physics = await running.eventually(f"/documents/{ids[2]}", lambda body: body["subject"]["given"])

    assert (0, len(ids)) == (listed[0], len(listed[1].splitlines()))
    assert (0, "2 corrected, 1 confirmed, 0 skipped.") == (code, told.splitlines()[-1])
    assert "Taken back." in told
    assert ids[3:] == [each["id"] for each in left["documents"]]
    assert ids[3] in table[1]
    assert "physics" == physics["subject"]["slug"]


@pytest.mark.parametrize(("semantic", "meanings"), [("false", 0), ("true", 2)])
async def test_what_was_learned_is_trained_judged_and_carried_away(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, semantic: str, meanings: int
) -> None:
    """Front matter teaches; the model is learned anew from what is kept, compared with a file, written out and put back; meanings likewise."""
    monkeypatch.setenv("SYNDICATE_SEMANTIC", semantic)
    file, model, picture = tmp_path / "judged.jsonl", tmp_path / "subjects.model", tmp_path / "coverage.svg"
    file.write_text("".join(json.dumps({"title": text, "text": text, "subject": name}) + "\n" for name, text in TAUGHT))
    async with house(redis_url, tmp_path) as running:
        sources = [f"---\nid: {name}\nsubject: {name}\n---\n{text}\n" for name, text in TAUGHT]
        ids = [(await running.add(source.encode()))[1]["id"] for source in sources]
        await running.published(*ids)
        written = await commanded(running, "subjects", "export", str(model), "--json")
        trained = await commanded(running, "subjects", "train", "--json")
        judged = await commanded(running, "subjects", "evaluate", str(file), "--picture", str(picture), "--json")
        told = await commanded(running, "subjects", "evaluate", str(file), "--model", str(model))
        put = await commanded(running, "subjects", "import", str(model), "--json")
        again = await commanded(running, "subjects", "export", str(tmp_path / "again.model"))
        refused = await commanded(running, "subjects", "import", str(file))
        nowhere = [
            await commanded(running, "subjects", "export", str(tmp_path)),
            await commanded(running, "subjects", "import", str(tmp_path)),
        ]
        file.write_text(file.read_text() + '["no", "object"]\n')
        unfit = await commanded(running, "subjects", "evaluate", str(file))

    assert [0] * 6 == [code for code, _ in (written, trained, judged, told, put, again)]
    carried = [Model.unpack((tmp_path / name).read_bytes()) for name in ("subjects.model", "again.model")]
    assert [meanings] * 2 == [each.meanings.learned for each in carried]
    assert ("0.2", 2) == tuple(json.loads(written[1])[name] for name in ("version", "learned"))
    assert ("done", 2, 2, "1.2") == tuple(
        json.loads(trained[1])[name] for name in ("state", "total", "learned", "version")
    )
    assert {"accuracy": 1.0, "documents": 2}.items() <= json.loads(judged[1]).items()
    assert {"top3", "macro_f1", "ece", "confusion", "coverage"} <= json.loads(judged[1]).keys()
    assert picture.read_text().startswith("<svg ")
    assert "accuracy" in told[1]
    assert ("2.2", 2) == tuple(json.loads(put[1])[name] for name in ("version", "learned"))
    assert (1, True) == (refused[0], "model" in refused[1])
    assert [(1, f"{tmp_path}: Is a directory\n")] * 2 == nowhere
    assert (3, True) == (unfit[0], "line 3: that is no object" in unfit[1])
