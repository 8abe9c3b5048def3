"""`syndicate up`: start all services or some, in one process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Annotated, Any, NoReturn

import typer
import uvloop
from redis.exceptions import RedisError
from rich.console import Console
from rich.panel import Panel

from services import FLOW
from services.commands.seeding import add_seeds
from shared import fitness, health, redis_server, schema_door
from shared.access import operator_token, token_file
from shared.clock import Clock, SystemClock
from shared.errors import SyndicateError
from shared.garbage import collect_seldom
from shared.host import Host, run
from shared.logs import configure, log
from shared.packing import connect
from shared.settings import Settings
from shared.streams import Belt
from shared.web import create_web, operator_check

VERSION = "0.1.0"
KEEP_SECONDS = 1.0


def register(app: typer.Typer) -> None:
    """Add the command to `syndicate`."""
    app.command()(up)


def up(
    services: Annotated[
        list[str] | None, typer.Argument(metavar="[SERVICE]...", help=f"Any of {', '.join(FLOW)}; none means all.")
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="At the first start add the seeds, and put up a partner at /demo/inbox.")
    ] = False,
) -> None:
    """Start all services, or those that are named, in this process."""
    names = tuple(services or FLOW)
    if unknown := sorted(set(names) - set(FLOW)):
        raise typer.BadParameter(f"no such service: {', '.join(unknown)}; there are {', '.join(FLOW)}")
    settings = Settings()
    configure(settings.log_level, as_json=settings.log_json)
    try:
        uvloop.run(_serve(names, settings, demo=demo))
    except SyndicateError as error:
        _fail(error.detail)
    except RedisError as error:
        _fail(f"Redis does not answer ({error}); is SYNDICATE_REDIS_URL right?")


def _fail(reason: str) -> NoReturn:
    Console(stderr=True, soft_wrap=True).print("Cannot start:", reason, highlight=False, markup=False)
    raise typer.Exit(1) from None


async def _serve(names: Sequence[str], settings: Settings, *, demo: bool) -> None:
    found = await asyncio.to_thread(redis_server.find, settings)
    client = connect(found.url)
    try:
        version = await fitness.check(client)
        log.info("redis.found", origin=found.origin, version=version)
        host = build(names, settings, client, demo=demo)
        host.background("redis.kept", partial(_keep, settings, found))
        collect_seldom()
        await run(host, ready=_welcome(host, names, demo=demo))
    finally:
        await client.aclose()
        await asyncio.to_thread(found.stop)


async def _keep(settings: Settings, found: redis_server.Redis) -> None:
    await asyncio.sleep(KEEP_SECONDS)
    await asyncio.to_thread(redis_server.keep, settings, found)


def build(
    names: Sequence[str], settings: Settings, client: Any, *, demo: bool = False, clock: Clock | None = None
) -> Host:
    """A host with these services plugged in, in the order of the flow. `clock`: the machine's if none is given."""
    clock = clock or SystemClock()
    host = Host(
        settings=settings,
        redis=client,
        belt=Belt(client, settings, clock),
        web=create_web(settings.title, VERSION),
        clock=clock,
        operator=operator_check(operator_token(settings)),
    )
    health.install(host)
    schema_door.install(host)
    for name in FLOW:
        if name in names:
            import_module(f"services.{name}.app").install(host)
    if demo and "webhooks" in names:
        import_module("services.webhooks.demo").install_demo(host)
    return host


def _welcome(host: Host, names: Sequence[str], *, demo: bool) -> Callable[[], Awaitable[None]]:
    async def ready() -> None:
        if demo and "ingest" in names:
            await add_seeds(host)
        log.info("process.ready", services=",".join(names), address=host.settings.base_url)
        if tuple(names) == FLOW:
            _print_addresses(host.settings, demo=demo)

    return ready


def _print_addresses(settings: Settings, *, demo: bool) -> None:
    base = settings.base_url
    lines = [
        f"Feeds      {base}/feeds",
        f"           {base}/feeds/all.atom",
        *([f"A partner  {base}/demo/inbox"] if demo else []),
        f"Health     {base}/health/ready",
        f"Token      {'SYNDICATE_TOKEN' if settings.token else token_file(settings)}",
        "",
        "Add a document:   .venv/bin/syndicate add FILE",
        "Stop:             Ctrl-C",
    ]
    Console(stderr=True).print(Panel("\n".join(lines), title="Syndicate is ready", expand=False), highlight=False)
