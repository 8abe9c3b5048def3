"""Pure. Where articles stand: the keys of the shelves, and the commands that put an article onto them or clear a shelf.

Every command may be repeated without trace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shared.events import TaxonomyPassed, TaxonomyPublished
from shared.steps import Command, Step, Word
from shared.syndication.article import Article, placed_anew
from shared.syndication.directory import Directory
from shared.syndication.facets import ALL, facets_of, subject_path

RETRACTED = b'"status":"retracted"'
"""As it stands in an article's card; a text that says the same has its quotes escaped."""
DIRECTORY = ""
"""Stands for the subjects among what changed."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What feeds keeps in Redis.

    article(id)   hash    card: the article as JSON, without its html, text and related list; html; text;
                          related: the list as JSON; related_revision; relisted: the number of that list's last change;
                          words: of a retracted one, what it is found by
    duplicates(id) zset   id of a document that nearly repeats this one → when it was first published, in ms
    shelf(path)   zset    document id → its place, which it keeps for ever; on the shelf of what is near a document see nearness.py
    changed       zset    document id → the number of the last change of anything that readers see of it; '' for the subjects.
                          The highest number is the last change of all
    ticks         stream  wakes up who waits for changes; its last few entries are kept
    subjects      hash    slug → name, of every subject that ever had an article and was not removed
    names         hash    path → what the keyword, author, language or source of this feed is called
    taxonomy      hash    the directory (directory.py)
    review        zset    document id → when it was first published, in ms: whose subject a person should look at
    fence         string  changed by every batch
    chronicle     hash    number → the event as outsiders are told of it; last: the newest number
    """

    key: Callable[..., str]

    def article(self, document_id: str) -> str:
        return self.key("feeds", "article", document_id)

    def duplicates(self, document_id: str) -> str:
        return self.key("feeds", "duplicates", document_id)

    def shelf(self, path: str) -> str:
        return self.key("feeds", "shelf", path)

    @property
    def subjects(self) -> str:
        return self.key("feeds", "subjects")

    @property
    def taxonomy(self) -> str:
        return self.key("feeds", "taxonomy")

    @property
    def review(self) -> str:
        return self.key("feeds", "review")

    @property
    def names(self) -> str:
        return self.key("feeds", "names")

    @property
    def changed(self) -> str:
        return self.key("feeds", "changed")

    @property
    def ticks(self) -> str:
        return self.key("feeds", "ticks")

    @property
    def fence(self) -> str:
        return self.key("feeds", "fence")

    @property
    def chronicle(self) -> str:
        return self.key("feeds", "chronicle")


def paths_of(article: Article) -> tuple[str, ...]:
    """The paths of all feeds that the article stands in."""
    return (*_main(article), *_facets(article))


def _facets(article: Article) -> dict[str, str]:
    return facets_of(article) if article.in_feeds else {}


def _main(article: Article) -> tuple[str, ...]:
    if not article.in_feeds:
        return ()
    return (ALL, *(subject_path(subject.slug) for subject in article.subjects))


def placing(article: Article, before: Article | None, number: int, keys: Keys) -> tuple[Command, ...]:
    """Put the article where it belongs, and take it from where it stood `before`; this is the change of this number."""
    if article.retracted and before is None:  # nobody has seen it: a notice would be the first they hear of it
        return ()
    facets = _facets(article)
    now, then = (*_main(article), *facets), paths_of(before) if before else ()
    names = {subject.slug: subject.name for subject in article.subjects}
    flag: Command = (
        ("ZADD", keys.review, _first_published(article), article.id)
        if article.needs_review
        else ("ZREM", keys.review, article.id)
    )
    return (
        *(("ZREM", keys.shelf(path), article.id) for path in then if path not in now),
        *(("ZADD", keys.shelf(path), article.score, article.id) for path in now),
        *([("HSET", keys.subjects, *flat(names))] if now else []),
        *([("HSET", keys.names, *flat(facets))] if facets else []),
        flag,
        *copied(article, before, keys),
        changed(article.id, number, keys),
    )


def copied(article: Article, before: Article | None, keys: Keys) -> tuple[Command, ...]:
    """Put a near-duplicate onto its original's list, and take it from the list of the one that it repeated `before`."""
    then = before.duplicate_of if before and not before.retracted else None
    now = None if article.retracted else article.duplicate_of
    left: Command = ("ZREM", keys.duplicates(then or ""), article.id)
    joined: Command = ("ZADD", keys.duplicates(now or ""), _first_published(article), article.id)
    return (*([left] if then and then != now else []), *([joined] if now and then != now else []))


def changed(name: str, number: int, keys: Keys) -> Command:
    """Tell that what readers see of this document, or of the subjects, is another since this change."""
    return ("ZADD", keys.changed, number, name)


def tick(number: int, keys: Keys) -> Command:
    """Wake up who waits for changes. A wake-up that is lost costs them a second: they look by themselves (current.py)."""
    return ("XADD", keys.ticks, "MAXLEN", "~", 16, "*", "n", number)


def _first_published(article: Article) -> int:
    return int(article.first_published_at.timestamp() * 1000)


def rearranged(event: TaxonomyPassed, directory: Directory, number: int, keys: Keys) -> tuple[Step, Directory]:
    """Take over a newer taxonomy: names change at once, addresses lead on; the shelves are cleared piece by piece (clearing.py)."""
    if event.version <= directory.version:
        return Step("outdated", facts={"version": event.version}), directory
    after = directory.after(event)
    writes: list[Command] = [("HSET", keys.taxonomy, *flat(after.words())), changed(DIRECTORY, number, keys)]
    if after.leads:
        writes.append(("HDEL", keys.subjects, *after.leads))
    facts = {"version": event.version, "moved": len(event.moved), "removed": len(event.removed)}
    return Step("rearranged", tuple(writes), (TaxonomyPublished.after(event),), facts=facts), after


def cleared(slug: str, cards: Mapping[str, Article | None], directory: Directory, last: int, keys: Keys) -> Step:
    """Take these articles from the shelf of a subject that there is no more, to where they belong now; `last`: the last change."""
    writes: list[Command] = []
    for number, (document_id, before) in enumerate(cards.items(), last + 1):
        writes.append(("ZREM", keys.shelf(subject_path(slug)), document_id))
        if before:
            article = placed_anew(before, directory)
            writes.append(("HSET", keys.article(document_id), "card", card_of(article)))
            writes += placing(article, before, number, keys)
    end = last + len(cards) + 1
    gone = (("HDEL", keys.subjects, slug), changed(DIRECTORY, end, keys), tick(end, keys))
    return Step("cleared", (*writes, *gone))


def card_of(article: Article) -> str:
    """What is kept of an article beside its words and its neighbours."""
    return article.model_dump_json(exclude={"html", "text", "related", "original", "duplicates"})


def flat(fields: Mapping[str, Word]) -> tuple[Word, ...]:
    """Fields and values in a row, as HSET wants them."""
    return tuple(word for pair in fields.items() for word in pair)
