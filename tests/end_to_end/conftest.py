"""The project's own compose file, started once for all of these tests; pytest-docker does the work."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Generator, Iterator
from contextlib import ExitStack

import pytest
from pytest_docker.plugin import DockerComposeExecutor, Services, get_docker_services

from shared.settings import ROOT
from tests.end_to_end.partner import Partner
from tests.end_to_end.stack import SECRET, Stack
from tests.lacking import lacking

FILES = (ROOT / "docker-compose.yml", ROOT / "tests" / "end_to_end" / "compose.yml")
PUBLISHED = ("ingest", "feeds", "receiver")


@pytest.fixture(scope="package")
def docker_compose_command() -> str:
    """Compose v2. Without it, or without an engine, these tests are skipped, but never where CI is set."""
    if reason := _missing():
        lacking(reason)
    return "docker compose"


@pytest.fixture(scope="package")
def docker_compose_file() -> list[str]:
    """The users' file, and what the tests lay over it."""
    return list(map(str, FILES))


@pytest.fixture(scope="package")
def docker_compose_project_name() -> str:
    """A name of this run's own, so that two runs do not meet."""
    return f"syndicate-test-{os.getpid()}"


@pytest.fixture(scope="package")
def docker_cleanup() -> list[str]:
    """Nothing stays."""
    return ["down --volumes --remove-orphans --timeout 3"]


@pytest.fixture(scope="package")
def _ports() -> Iterator[dict[str, int]]:
    """Free ports, told to Compose; nothing else of the developer's environment reaches the containers."""
    ports = dict(zip(PUBLISHED, _free_ports(len(PUBLISHED)), strict=True))
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("SYNDICATE_")]:
            environment.delenv(name)
        for service, port in ports.items():
            environment.setenv(f"SYNDICATE_{service.upper()}_PORT", str(port))
        environment.setenv("SYNDICATE_WEBHOOKS_PORT", "")  # a free port for each of the two
        yield ports


@pytest.fixture(scope="package")
def docker_services(
    docker_compose_command: str,
    docker_compose_file: list[str],
    docker_compose_project_name: str,
    docker_setup: list[str],
    docker_cleanup: list[str],
    _ports: dict[str, int],
) -> Iterator[Services]:
    """As pytest-docker's own, which leaves everything behind when the set-up fails, and says nothing of why."""
    words = (docker_compose_command, docker_compose_file, docker_compose_project_name)
    executor = DockerComposeExecutor(*words)
    services = get_docker_services(*words, docker_setup, docker_cleanup)
    with ExitStack() as stack:
        try:
            started = stack.enter_context(services)
        except Exception as error:
            error.add_note(executor.execute("logs --no-color --tail 50").decode())
            executor.execute(docker_cleanup[0])
            raise
        yield started


@pytest.fixture(scope="package")
def stack(docker_services: Services, docker_compose_project_name: str, _ports: dict[str, int]) -> Stack:
    """Redis, the five services and a partner's receiver, all healthy."""
    return Stack(FILES, docker_compose_project_name, _ports)


@pytest.fixture(scope="package")
def partner(stack: Stack) -> Partner:
    """The receiver, added by the operator's command inside a container."""
    command = [
        "syndicate",
        "partners",
        "add",
        "http://receiver:9000/",
        "--name",
        "Receiver",
        "--secret",
        SECRET,
        "--json",
    ]
    added = stack.inside("webhooks", *command)
    return Partner.of(added, stack)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what the containers said meanwhile."""
    report = yield
    stack = getattr(item, "funcargs", {}).get("stack")
    if report.failed and stack:
        report.sections.append(("the containers' logs", stack.logs(call.start)))
    return report


def _missing() -> str:
    """What keeps these tests from running; empty if nothing does."""
    docker = shutil.which("docker")
    if not docker:
        return "Docker is not installed"
    if subprocess.run([docker, "info"], capture_output=True, check=False).returncode:
        return "no Docker engine answers"
    if subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        return "Docker has no Compose v2"
    return ""


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        return [held.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(count)]
