"""Containers die by -9 while documents flow; every document is published and every webhook received all the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.events import BELT
from tests.end_to_end.partner import Partner
from tests.end_to_end.stack import Stack, until
from tests.end_to_end.writings import Sending, sending, written

DOCUMENTS = 120
DOUBLED = ("related", "webhooks")
COUNTS = """
local counts = {redis.call('XLEN', ARGV[1])}
for place = 2, #ARGV, 2 do counts[#counts + 1] = redis.call('XPENDING', ARGV[place], ARGV[place + 1])[1] end
return counts
"""


def in_mid_flow(partner: Partner, mark: str) -> None:
    """Wait until some have arrived at the partner, and see that the rest has not."""
    until(lambda: len(partner.received(mark)) >= 10, f"some of {mark} have arrived", every=0.05)
    assert len(partner.received(mark)) < DOCUMENTS, "too late: the flow is over"


def nothing_is_lost(stack: Stack, partner: Partner, mark: str, flow: Sending) -> None:
    """All are published once and delivered, no delivery is about anything else, and nothing is left over or dead."""
    names = flow.finished()
    assert DOCUMENTS == len(set(names))
    partner.waits_for(names)
    assert {partner.webhook_id(name) for name in names} == partner.received(mark).keys()

    pages = [stack.ask("feeds", "GET", f"/documents/{name}", headers={"Accept": "application/json"}) for name in names]
    assert {(200, 1)} == {(page.status, page.json["version"]) for page in pages}
    until(stack.healthy, "all are healthy again")
    until(lambda: {"0"} == set(unsettled(stack)), "nothing is left over")


def unsettled(stack: Stack) -> list[str]:
    """How many entries each group has in hand, and how many letters are dead."""
    groups = [word for stream, group in BELT.items() for word in (f"{{syndicate}}:{stream}", group)]
    return stack.redis("EVAL", COUNTS, "0", "{syndicate}:dead", *groups)


@pytest.mark.parametrize("service", ["related", "webhooks", "redis"])
def test_a_killed_container_that_is_started_again_loses_nothing(
    stack: Stack, partner: Partner, tmp_path: Path, service: str
) -> None:
    """What it held is taken over from its predecessor; Redis reads what it had written down."""
    mark = f"Killed {service}"
    [container] = stack.containers(service)
    with sending(stack, written(tmp_path / "flow", mark, DOCUMENTS)) as flow:
        in_mid_flow(partner, mark)
        stack.kill(container)
        stack.start(container)
        nothing_is_lost(stack, partner, mark, flow)


def test_a_crash_is_made_good_by_the_restart_policy(stack: Stack, partner: Partner, tmp_path: Path) -> None:
    """Nobody starts the feeds again but the engine."""
    [container] = stack.containers("feeds")
    with sending(stack, written(tmp_path / "flow", "Crashed", DOCUMENTS)) as flow:
        in_mid_flow(partner, "Crashed")
        stack.crash(container)
        nothing_is_lost(stack, partner, "Crashed", flow)


@pytest.fixture
def doubled(stack: Stack) -> Iterator[None]:
    """Two processes each of related and of webhooks."""
    up = ["up", "--detach", "--wait", "--no-build", "--no-recreate"]
    stack.compose(*up, *(f"--scale={service}=2" for service in DOUBLED))
    yield
    stack.compose(*up, *(f"--scale={service}=1" for service in DOUBLED))


def test_two_processes_share_the_work_and_one_goes_on_alone(
    stack: Stack, partner: Partner, tmp_path: Path, doubled: None
) -> None:
    """Both read from the stream, nothing is delivered under two ids, and when one is killed the other takes over."""
    pairs = {"related": "documents.classified", "webhooks": "documents.published"}
    for service, stream in pairs.items():
        consumers = stack.redis("XINFO", "CONSUMERS", f"{{syndicate}}:{stream}", service)
        hosts = {container[:12] for container in stack.containers(service)}
        assert 2 == len(hosts)
        assert hosts <= {line.partition("-")[0] for line in consumers}

    with sending(stack, written(tmp_path / "flow", "Shared", DOCUMENTS)) as flow:
        in_mid_flow(partner, "Shared")
        for service in DOUBLED:
            stack.kill(stack.containers(service)[-1])
        names = flow.finished()
        partner.waits_for(names)
        assert {partner.webhook_id(name) for name in names} == partner.received("Shared").keys()
