"""What an answer from memory costs the feeds: serving, hot."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.benchmarks.feed_room import commands, room
from tests.benchmarks.house import cpu_seconds, free_port
from tests.benchmarks.wire import Wire

SECONDS = 2
HOT_FEEDS = 10_000


async def serving() -> dict[str, float]:
    """Microseconds of the server's processor for an answer, ours and nginx's, best of six turns."""
    wrk, nginx = shutil.which("wrk"), shutil.which("nginx")
    if not wrk:
        return {"skipped, there is no wrk on PATH": 0}
    async with room(entries=27) as ours:
        await ours.put(range(60))
        wire = await Wire.to(ours.port)
        whole = await wire.ask("GET", "/feeds/all.atom")
        await asyncio.sleep(1.5)
        found: dict[str, list[float]] = {}
        with tempfile.TemporaryDirectory() as folder:
            theirs = _Nginx(nginx, Path(folder), whole.body) if nginx else None
            tags = {"200": "", "304": whole.header("etag")}
            for _ in range(6):
                for status, tag in tags.items():
                    cost = await _loaded(wrk, ours.port, "/feeds/all.atom", tag, [ours.process.pid])
                    found.setdefault(f"ours {status}", []).append(cost)
                    if theirs:
                        pids = [each.pid for each in psutil.Process(theirs.process.pid).children()]
                        cost = await _loaded(wrk, theirs.port, "/all.atom", await theirs.tag() if tag else "", pids)
                        found.setdefault(f"nginx {status}", []).append(cost)
            if theirs:
                theirs.process.terminate()
        best = {name: min(costs) for name, costs in found.items()}
        ratios = {f"times {status}": best[f"ours {status}"] / best[f"nginx {status}"] for status in tags if nginx}
        return best | ratios | {"bytes": len(whole.body)}


class _Nginx:
    """nginx with one worker, serving one file."""

    def __init__(self, binary: str, folder: Path, body: bytes) -> None:
        self.port = free_port()
        (folder / "all.atom").write_bytes(body)
        folder.chmod(0o755)
        configuration = (
            f"worker_processes 1; daemon off; user root; pid {folder}/pid; error_log {folder}/error.log;"
            f"events {{ worker_connections 1024; }} http {{ access_log off; sendfile on; keepalive_requests 100000000;"
            f"client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;"
            f"uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;"
            f"server {{ listen 127.0.0.1:{self.port}; root {folder}; }} }}"
        )
        (folder / "nginx.conf").write_text(configuration)
        words = [binary, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
        self.process = subprocess.Popen(words)
        time.sleep(1)

    async def tag(self) -> str:
        """The tag of its file."""
        wire = await Wire.to(self.port)
        return (await wire.ask("GET", "/all.atom")).header("etag")


async def _loaded(wrk: str, port: int, path: str, tag: str, pids: Sequence[int]) -> float:
    before = sum(cpu_seconds(pid) for pid in pids)
    words = [wrk, "-t1", "-c32", f"-d{SECONDS}s", *(["-H", f"If-None-Match: {tag}"] if tag else [])]
    running = await asyncio.create_subprocess_exec(
        *words, f"http://127.0.0.1:{port}{path}", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    told, _ = await running.communicate()
    line = next(line for line in told.decode().splitlines() if "requests in" in line)
    assert "Non-2xx" not in told.decode() or tag, told
    return 1e6 * (sum(cpu_seconds(pid) for pid in pids) - before) / int(line.split()[0])


async def hot() -> dict[str, float]:
    """Redis commands and microseconds of the server for each 304, over many different feeds."""
    async with room() as ours:
        await ours.put(range(4_000))
        names = [row.decode() for row in await ours.client.hkeys(ours.belt.key("feeds", "names"))]
        paths = [f"/feeds/{name}.{form}" for name in sorted(names) for form in ("atom", "rss", "json")][:HOT_FEEDS]
        wire, tags = await Wire.to(ours.port), {}
        for path in paths:
            tags[path] = (await wire.ask("GET", path)).header("etag")
        await asyncio.sleep(2)
        before, spent = await commands(ours.client), ours.cpu()
        statuses = [(await wire.ask("GET", path, {"if-none-match": tags[path]})).status for path in paths]
        asked, spent = await commands(ours.client) - before, ours.cpu() - spent
        return {
            "feeds": len(paths),
            "of which 304": statuses.count(304),
            "redis commands for each": asked / len(paths),
            "us of the server for each": 1e6 * spent / len(paths),
            "MB of the server": ours.memory() / 1e6,
        }
