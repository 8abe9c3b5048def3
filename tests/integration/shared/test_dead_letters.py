"""The dead letters at the command line: every one of them is every one."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from services.commands.letters import again, forget

DEAD, STREAM = "{syndicate}:dead", "{syndicate}:documents.ingested"


@pytest.fixture
def client(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A Redis with more dead letters than a list of them shows."""
    monkeypatch.setenv("SYNDICATE_REDIS_URL", redis_url)
    client: Any = redis.Redis.from_url(redis_url)
    with client.pipeline() as pipe:
        for number in range(1_101):
            facts = {
                "dead:stream": STREAM,
                "dead:group": "classifier",
                "dead:mark": f"m{number}",
                "event": f"e{number}",
            }
            pipe.execute_command("XADD", DEAD, "*", *(word for pair in facts.items() for word in pair))
        pipe.execute()
    return client


def test_all_are_put_back(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """The oldest first, however many there are."""
    again(everything=True)

    assert "1101 put back\n" == capsys.readouterr().out
    assert [f"e{number}".encode() for number in range(1_101)] == [row[b"event"] for _, row in client.xrange(STREAM)]
    assert 0 == client.xlen(DEAD)


def test_all_are_let_go(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """However many there are."""
    forget(everything=True)

    assert "1101 dropped\n" == capsys.readouterr().out
    assert 0 == client.xlen(DEAD)
