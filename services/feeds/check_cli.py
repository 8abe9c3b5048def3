"""`syndicate feeds check`: is a feed what was published, to the last document?"""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import aiohttp
import typer

from services.feeds.checking import checked

FAULTY, NO_FEED, UNREACHABLE, INTERRUPTED = 1, 3, 4, 130

CHECK_HELP = """Hold a feed against what it says of itself: nothing missing, nothing twice, in order, not stale.

It is fetched as a reader does, through whatever caches lie between. With --all every archive is fetched too, to the
first document.

\b
Examples:
  syndicate feeds check http://127.0.0.1:8000/feeds/all.atom
  syndicate feeds check --all http://127.0.0.1:8000/feeds/subjects/medicine.json

\b
Exit codes:
  0 as published · 1 a fault · 3 no feed · 4 the server does not answer · 130 interrupted
"""

feeds = typer.Typer(no_args_is_help=True, help="Look at feeds from outside.")


@feeds.callback()
def group() -> None:
    """Look at feeds from outside."""


@feeds.command(help=CHECK_HELP)
def check(
    address: Annotated[str, typer.Argument(metavar="URL", help="The feed: RSS, Atom or JSON Feed.")],
    walk: Annotated[bool, typer.Option("--all", help="Walk through every archive.")] = False,
) -> None:
    try:
        faulty = asyncio.run(_told(address, walk=walk))
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
        print(f"{address}: this is no address of a feed, which begins with http:// or https://", file=sys.stderr)
        raise typer.Exit(NO_FEED) from None
    except ValueError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(NO_FEED) from None
    except (aiohttp.ClientError, TimeoutError) as error:
        print(f"{address}: {error or type(error).__name__}", file=sys.stderr)
        raise typer.Exit(UNREACHABLE) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    raise typer.Exit(FAULTY if faulty else 0)


async def _told(address: str, *, walk: bool) -> int:
    """Print what is found; gives how many documents have faults."""
    faulty = documents = entries = 0
    async for finding in checked(address, walk=walk):
        documents, entries = documents + 1, entries + finding.entries
        faulty += bool(finding.faults)
        for fault in finding.faults:
            print(f"{finding.address}: {fault}")
    print(f"{entries} entries in {documents} documents, {faulty} with faults")
    return faulty
