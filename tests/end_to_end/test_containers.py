"""The containers can do what they must and no more."""

from __future__ import annotations

import json

import pytest

from tests.end_to_end.stack import SERVICES, Stack, inspected

ALL = (*SERVICES, "redis")


@pytest.mark.parametrize("service", ALL)
def test_nobody_is_root(stack: Stack, service: str) -> None:
    """Neither by name nor by capabilities, and nobody can become it."""
    status = dict(
        line.split(":\t") for line in stack.inside(service, "cat", "/proc/self/status").splitlines() if "\t" in line
    )

    assert "0" != status["Uid"].split()[0]
    assert ("0" * 16, "0" * 16, "1") == (status["CapEff"], status["CapBnd"], status["NoNewPrivs"])


@pytest.mark.parametrize("service", ALL)
def test_resources_are_limited_and_the_file_system_is_read_only(stack: Stack, service: str) -> None:
    """One that runs wild takes the others nothing away."""
    [container] = inspected(stack.containers(service))
    limits = container["HostConfig"]

    assert limits["ReadonlyRootfs"]
    assert 0 < min(limits["Memory"], limits["NanoCpus"], limits["PidsLimit"])


@pytest.mark.parametrize("service", ALL)
def test_ports_are_published_on_loopback_only(stack: Stack, service: str) -> None:
    """Redis, the classifier and related have none at all."""
    [container] = inspected(stack.containers(service))
    published = [place["HostIp"] for places in container["NetworkSettings"]["Ports"].values() for place in places or ()]

    assert (["127.0.0.1"] if service in {"ingest", "feeds", "webhooks"} else []) == published


def test_redis_the_classifier_and_related_have_no_way_out(stack: Stack) -> None:
    """They are on one network, and it leads nowhere."""
    for service in ("redis", "classifier", "related"):
        [container] = inspected(stack.containers(service))
        assert [f"{stack.project}_belt"] == list(container["NetworkSettings"]["Networks"])

    belt = json.loads(stack.compose("config", "--format", "json"))["networks"]["belt"]
    assert belt["internal"] is True
