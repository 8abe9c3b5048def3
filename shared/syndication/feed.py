"""Pure. A feed as all three formats show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.syndication.addresses import Address, Site
from shared.syndication.article import Article
from shared.syndication.facets import near_which

LARGEST_FEED = 250_000
"""Bytes of a feed. JSON Feed 1.1 calls 250 kB fine and 1 MB a burden; past this the oldest entries are left out."""

BEFORE_ALL = datetime(2026, 1, 1, tzinfo=UTC)
"""When an empty feed was last updated: a date that stays, so that the same nothing has the same ETag."""


def within(articles: Sequence[Article], *, entries: int, size: int = LARGEST_FEED) -> Iterator[Article]:
    """What one feed holds of `articles` (newest first): at most `entries`, at most `size` bytes, at least one."""
    taken = 0
    for place, article in enumerate(articles[:entries]):
        taken += article.feed_bytes
        if place and taken > size:
            return
        yield article


@dataclass(frozen=True)
class Feed:
    """One feed, or one archive of it. `articles` are newest first; `older`: the place below which there are more."""

    site: Site
    address: Address
    title: str
    description: str
    articles: tuple[Article, ...]
    older: int | None = None
    number: int = 0
    """The number of the last change of which articles these are, where that is told of: no smaller than the clock's milliseconds then."""

    @property
    def id(self) -> str:
        question = f"?{self.address.query}" if self.address.query else ""
        return self.site.tag("feeds", f"{self.address.path}{question}")

    @property
    def updated(self) -> datetime:
        """The newest change in it: content, never the clock, so that the same articles always give the same bytes."""
        moments = [article.updated_at for article in self.articles]
        return max(
            moments + ([datetime.fromtimestamp(self.number / 1000, UTC)] if self.number else []), default=BEFORE_ALL
        )

    @property
    def language(self) -> str:
        spoken = Counter(article.language for article in self.articles)
        return min(spoken, key=lambda language: (-spoken[language], language), default="en")

    @property
    def previous(self) -> Address | None:
        """The archive that this one goes on in."""
        return None if self.older is None else self.address.at(self.older)

    @property
    def hub(self) -> str:
        """Who pushes it: not an archive."""
        return "" if self.address.archive else self.site.hub

    @property
    def current(self) -> Address:
        """The feed that readers subscribe to."""
        return self.address.at(None)


def titled(site: Site, name: str, path: str = "") -> tuple[str, str]:
    """The title of the feed with this path, and what it says of itself. `name`: what it is about."""
    if near_which(path):
        return f"{site.title}: near “{name}”", f"Articles related to “{name}”, the latest to join them first."
    if not name:
        return site.title, "Everything that is published here, newest first."
    return f"{site.title}: {name}", f"Articles about {name}, newest first."
