"""The README keeps what it promises: its tables are the code's, and its commands run."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from services import FLOW as SERVICES
from services.classifier.taxonomy import read_taxonomy
from shared.events import BELT, FLOW
from shared.settings import ROOT, Settings
from tests.house import free_port
from tests.processes import Process, ready

README = (ROOT / "README.md").read_text()


def settings_table() -> str:
    """The table as it must stand in the README; `python -m tests.flow.test_readme` writes it there."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        meaning, _, told = (field.description or "").partition("; default: ")
        default = field.default if field.default not in (None, "", ()) else told
        if isinstance(default, Path) and default.is_absolute():
            default = default.relative_to(ROOT)
        rows.append(
            f"| `SYNDICATE_{name.upper()}` | {str(default).lower() if default is False else default} | {meaning} |"
        )
    return "\n".join(rows)


def test_settings_are_documented() -> None:
    """The README's table has every setting with its default and meaning."""
    assert settings_table() in README


def test_the_flow_table_is_the_belt() -> None:
    """Each event stands in the table with its stream, its maker and its taker."""
    rows = re.findall(r"^\| (`Document.*?`.*?) \| `(.*?)` \| (\w+) \| (\w+) \|$", README, re.MULTILINE)
    told = {stream: (set(re.findall(r"`(\w+)`", events)), maker, taker) for events, stream, maker, taker in rows}
    made = dict(zip(BELT, SERVICES, strict=False))
    expected = {
        stream: ({event.__name__ for event in FLOW if event.stream == stream}, made[stream], taker)
        for stream, taker in BELT.items()
    }

    assert expected == told


def test_the_belt_is_told_the_same_everywhere() -> None:
    """services/__init__.py and the first line of each app.py name the streams that the contracts name."""
    line = (ROOT / "services" / "__init__.py").read_text().splitlines()[0]
    streams = list(BELT)

    assert streams == re.findall(r"documents\.\w+", line)
    for name, stream in zip(SERVICES[1:], streams, strict=True):
        first = (ROOT / "services" / name / "app.py").read_text().splitlines()[0]
        assert stream in first.split("→")[0]


def test_pictures_are_there() -> None:
    """Every picture in the README exists."""
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", README)

    assert [] == [path for path in pictures if not (ROOT / path).exists()]
    assert pictures


def test_the_sample_of_a_taxonomy_is_one() -> None:
    """Put beside the subject that it names, it can be used."""
    (sample,) = re.findall(r"^```yaml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    medicine = "  - {name: Medicine, slug: medicine, description: Care., keywords: []}\n"
    taxonomy = read_taxonomy(f"fallback: medicine\nsubjects:\n{medicine}{sample}".encode())

    assert {"health-studies": "health", "nursing": "health"} == taxonomy.moved
    assert {"health": ("medicine",)} == taxonomy.broader


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """`syndicate up --demo` as `make run` starts it, in a folder of its own."""
    port = free_port()
    environment = os.environ | {"SYNDICATE_PORT": str(port), "SYNDICATE_PARTNER_NETWORKS": "127.0.0.0/8"}
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parent.parent)
    process = Process([".venv/bin/syndicate", "up", "--demo"], cwd=tmp_path, env=environment)
    ready(f"http://127.0.0.1:{port}", process)
    yield tmp_path, port
    assert 0 == process.stop(signal.SIGINT)


def test_the_commands_run(running: tuple[Path, int]) -> None:
    """All shell blocks, in order, as one script, against a server that was just started."""
    folder, port = running
    receiver = free_port()
    blocks = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    script = "\n".join(["set -euo pipefail", "trap 'kill $(jobs -p) 2>/dev/null' EXIT", *blocks])
    script = script.replace("127.0.0.1:8000", f"127.0.0.1:{port}").replace("9000", str(receiver))
    script = script.replace("| head -c 300", "| cat").replace("| head -20", "| cat")
    environment = os.environ | {"SYNDICATE_PORT": str(port)}
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False
    )

    assert 0 == done.returncode, done.stdout + done.stderr
    assert len(blocks) >= 5
    assert '"webhook.test"' in (folder / "inbox.ndjson").read_text()


def test_make_targets_exist() -> None:
    """Every `make` command in the README is a target of the Makefile."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"`make (\w+)`", README)) <= targets


if __name__ == "__main__":
    between = re.compile(r"(?<=<!-- settings -->\n).*?(?=\n<!-- /settings -->)", re.DOTALL)
    (ROOT / "README.md").write_text(between.sub(lambda _: settings_table(), README))
