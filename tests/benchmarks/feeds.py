"""What feeds cost: python -m tests.benchmarks.feeds [--only NAME] [--json]

printing   a new document in ten feeds of 50 entries, RSS and Atom, plain and gzip: put together from pieces, as a ratio to whole runs of
           feedgen and gzip -6
serving    processor time of the server for a 200 of about 100 kB and for a 304, as a ratio to nginx's for a file of the same bytes, if
           nginx and wrk are on PATH (Debian: nginx-light, wrk)
hot        10,000 different feeds asked for again: Redis commands for each 304
visible    documents laid on documents.related at 200 a second (VISIBLE_SECONDS): milliseconds until each stands in the feed
history    a walk from the feed to the first of 10,000 documents (HISTORY) in each format while others come, are corrected and retracted
shelf      a shelf of many documents (SHELF): bytes of Redis for each, the first search after a start, time until the answer is there for what
           nobody has asked for before, a walk to the first document

Times are of the processor, but for `visible` and first answers. The two sides of a ratio are measured in turns, and the best turn of each is told.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

from shared.syndication.addresses import Address, Format, Site
from shared.syndication.article import Article, article_of
from shared.syndication.directory import Placed
from shared.syndication.feed import Feed
from shared.syndication.formats import BETWEEN, ENDS, entry, head, render, with_related
from shared.syndication.splicing import Piece, gzipped, plain, spliced
from tests.benchmarks.feed_history import history
from tests.benchmarks.feed_serving import hot, serving
from tests.benchmarks.feed_shelf import shelf
from tests.benchmarks.feed_stock import event
from tests.benchmarks.feed_visible import visible

FEEDS, ENTRIES, ROUNDS = 10, 50, 15
XML = (Format.RSS, Format.ATOM)
SITE = Site("http://127.0.0.1:8000", "Syndicate")


def article(number: int) -> Article:
    """The article of the document of this number."""
    told = event(number)
    placed = Placed(told.subject, None, ())
    made = article_of(told, SITE, placed=placed, first_published_at=told.occurred_at, sequence=number)
    return made.model_copy(update={"related": told.related})


def printing() -> dict[str, float]:
    """Milliseconds for one new document in ten feeds, and how much less that is than feedgen's."""
    kept = [article(number) for number in range(ENTRIES)]
    pieces = {form: [_entry(each, form) for each in kept] for form in XML}
    for form in XML:
        for piece in pieces[form]:
            _ = piece.deflated  # as it is kept from the last printing
    ours, theirs = [], []
    for number in range(ROUNDS):
        new = article(ENTRIES + number)
        feeds = [Feed(SITE, Address(f"subjects/{place}"), "Title", "About", (new, *kept[1:])) for place in range(FEEDS)]
        ours.append(_cpu_ms(lambda new=new, feeds=feeds: _spliced(new, feeds, pieces)))  # type: ignore[misc]
        theirs.append(_cpu_ms(lambda feeds=feeds: _regenerated(feeds)))  # type: ignore[misc]
    return {"spliced ms": min(ours), "feedgen ms": min(theirs), "times": min(theirs) / min(ours)}


def _spliced(new: Article, feeds: list[Feed], pieces: dict[Format, list[Piece]]) -> None:
    for form in XML:
        fresh = _entry(new, form)
        for feed in feeds:
            whole = [Piece(head(feed, form)), [fresh, *pieces[form][1:]], Piece(BETWEEN[form]), Piece(ENDS[form])]
            parts = spliced(*whole)  # type: ignore[arg-type]
            plain(parts)
            gzipped(parts)


def _regenerated(feeds: list[Feed]) -> None:
    for form in XML:
        for feed in feeds:
            gzip.compress(render(feed, form), 6)


def _entry(article: Article, form: Format) -> Piece:
    return Piece(with_related(entry(article, SITE, form), article, SITE, form))


def _cpu_ms(act: Callable[[], None]) -> float:
    began = time.process_time()
    act()
    return 1000 * (time.process_time() - began)


async def _printing() -> dict[str, float]:
    return printing()


PARTS: dict[str, Callable[[], Awaitable[dict[str, Any]]]] = {
    "printing": _printing,
    "serving": serving,
    "hot": hot,
    "visible": visible,
    "history": history,
    "shelf": shelf,
}


def main() -> None:
    """Measure what was asked for, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=tuple(PARTS), action="append")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found: dict[str, Any] = {}
    for name in options.only or PARTS:
        found[name] = asyncio.run(_run(PARTS[name]))
        if not options.json:
            print(f"{name:10}" + "  ".join(f"{fact} {value:.4g}" for fact, value in found[name].items()), flush=True)
    machine = {"load_average": os.getloadavg()[0], "cores": os.cpu_count()}
    print(json.dumps(found | machine) if options.json else f"load of the machine {machine}")


async def _run(part: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    return await part()


if __name__ == "__main__":
    main()
