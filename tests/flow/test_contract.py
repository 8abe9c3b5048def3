"""The API is as it describes itself: a stranger's tool reads /openapi.json, sends what it can think of, and nothing breaks."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services import FLOW
from services.commands.up import build
from shared.packing import connect
from shared.settings import ROOT, Settings
from tests.house import SEEDS, TOKEN, free_port
from tests.processes import Process, ready

EXAMPLES = 12
SECONDS = 45
MAKES_CALLS = ("add_partners_post", "change_partners__partner__patch", "ask_hub_post")
"""Left out: a partner or subscriber that somebody thought of would be called, wherever it is."""
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def described() -> Any:
    """The description, as a running house gives it."""
    nowhere = "redis://127.0.0.1:1"
    return build(FLOW, Settings(token=TOKEN, redis_url=nowhere), connect(nowhere)).web.openapi()


def test_every_operation_is_described_whole() -> None:
    """OpenAPI 3.1: what it is for, every error as a problem, the request's id on every answer, the token where it is needed: the hub alone is everybody's."""
    told = described()
    operations = {f"{method} {path}": each for path, all_of in told["paths"].items() for method, each in all_of.items()}
    writing = [each for name, each in operations.items() if not name.startswith("get ") and name != "post /hub"]

    assert told["openapi"] == "3.1.0"
    assert all(each.get("summary") and each.get("tags") for each in operations.values())
    assert all(
        "X-Request-ID" in answer["headers"] for each in operations.values() for answer in each["responses"].values()
    )
    assert all("application/problem+json" in each["responses"]["default"]["content"] for each in operations.values())
    assert all(each["security"][0] == {"operator": []} for each in writing)
    assert {"Retry-After", "X-Request-ID"} == set(operations["post /documents"]["responses"]["503"]["headers"])
    assert {"text/markdown", "application/x-ndjson", "text/uri-list"} <= set(
        operations["post /documents"]["requestBody"]["content"]
    )
    assert {"If-Match", "Idempotency-Key"} <= {
        each["name"] for each in operations["put /documents/{document_id}"]["parameters"]
    }


def test_it_says_what_a_partners_own_token_opens() -> None:
    """What lies under its address; never what changes a partner."""
    told = described()
    own = {
        f"{method} {path}"
        for path, operations in told["paths"].items()
        for method, each in operations.items()
        if {"partner": []} in each.get("security", ())
    }

    assert {"operator", "partner"} == set(told["components"]["securitySchemes"])
    assert {"get /partners/{partner}", "get /partners/{partner}/events", "post /partners/{partner}/replays"} <= own
    assert own.isdisjoint({"patch /partners/{partner}", "post /partners/{partner}/secret", "get /partners"})


@pytest.fixture
def running(redis_url: str, tmp_path: Path) -> Iterator[str]:
    """A whole house in a process of its own, with the seeds in it."""
    port = free_port()
    environment = os.environ | {
        "SYNDICATE_REDIS_URL": redis_url,
        "SYNDICATE_PORT": str(port),
        "SYNDICATE_DATA": str(tmp_path),
        "SYNDICATE_TOKEN": TOKEN,
        "SYNDICATE_LOG_LEVEL": "error",
    }
    address = f"http://127.0.0.1:{port}"
    process = Process([sys.executable, "-m", "services", "up"], cwd=ROOT, env=environment)
    ready(address, process)
    adding = [sys.executable, "-m", "services", "add", str(SEEDS[0].parent)]
    subprocess.run(adding, cwd=ROOT, env=environment | {"SYNDICATE_URL": address}, check=True, capture_output=True)
    yield address
    assert process.stop() == 0, process.said()


def test_whatever_is_sent_nothing_breaks(running: str, tmp_path: Path) -> None:
    """Schemathesis: examples, edges and nonsense for every operation; no answer of 500, and each one as described."""
    words = [sys.executable, "-m", "schemathesis.cli", "run", f"{running}/openapi.json", "--checks", CHECKS]
    words += [
        "--header",
        f"Authorization: Bearer {TOKEN}",
        "--max-examples",
        str(EXAMPLES),
        "--seed",
        "1",
        "--workers",
        "1",  # ast.parse fails in two threads at once before Python 3.11.8 (python/cpython#106905), and hypothesis calls it
    ]
    words += [
        "--phases",
        "examples,coverage,fuzzing",
        "--max-time",
        str(SECONDS),
        "--request-timeout",
        "20",
        "--no-color",
    ]
    for name in MAKES_CALLS:
        words += ["--exclude-operation-id", name]
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "tests.flow.contract_hooks", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        words, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=5 * SECONDS, check=False
    )

    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
