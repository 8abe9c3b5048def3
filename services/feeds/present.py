"""Pure. What there is of a document when an event about it is decided on. JSON is read only as far as the decision asks for it.

Most events are about a newer list of an older document: of the list before they need the ids, and of the article its title.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from pydantic import TypeAdapter

from shared.events import Fact, RelatedArticle
from shared.syndication.article import Article, Status

RELATED = TypeAdapter(tuple[RelatedArticle, ...])
NOBODY = b"[]"
NEVER = -1
ID = re.compile(rb'\{"id":"([^"]*)"')
"""In a list as it is kept; a text that says the same has its quotes escaped."""


class Heading(Fact):
    """As much of an article's card as an event about its list tells of it."""

    id: str
    status: Status
    title: str


@dataclass(frozen=True)
class Present:
    """`card`: the article as JSON, empty if there is none; `listed`: the newest list of its neighbours as JSON."""

    card: bytes = b""
    listed: bytes = NOBODY
    related_revision: int = NEVER
    relisted: bool = False
    """Whether the shelf of what is near it has been renewed with its list."""
    text: str = ""
    """Known only when the article is to be retracted."""

    @cached_property
    def article(self) -> Article | None:
        """The article's card."""
        return Article.model_validate_json(self.card) if self.card else None

    @cached_property
    def heading(self) -> Heading | None:
        """The beginning of that."""
        return Heading.model_validate_json(self.card) if self.card else None

    @cached_property
    def related(self) -> tuple[RelatedArticle, ...]:
        """The neighbours."""
        return RELATED.validate_json(self.listed)

    @cached_property
    def neighbours(self) -> list[str]:
        """Their ids."""
        return [name.decode() for name in ID.findall(self.listed)]
