"""Pure. Where articles stand: the keys of the shelves, and the commands that put an article onto them or clear a shelf.

Every command may be repeated without trace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from services.feeds.article import Article, placed_anew
from services.feeds.directory import Directory
from shared.events import TaxonomyPassed, TaxonomyPublished
from shared.steps import Command, Step, Word

ALL = "all"


def subject_path(slug: str) -> str:
    """The path of a subject's feed; a shelf has its feed's path for a name."""
    return f"subjects/{slug}"


@dataclass(frozen=True, slots=True)
class Keys:
    """What feeds keeps in Redis.

    article(id)   hash    card: the article as JSON, without its html, text and related list; html; text;
                          related: the list as JSON; related_revision
    duplicates(id) zset   id of a document that nearly repeats this one → when it was first published, in ms
    shelf(path)   zset    document id → when it was first published, in ms
    subjects      hash    slug → name, of every subject that ever had an article and was not removed
    taxonomy      hash    the directory (directory.py)
    review        zset    document id → when it was first published, in ms: whose subject a person should look at
    revisions     hash    path → the id of the last event that changed this feed
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
    def revisions(self) -> str:
        return self.key("feeds", "revisions")

    @property
    def fence(self) -> str:
        return self.key("feeds", "fence")

    @property
    def chronicle(self) -> str:
        return self.key("feeds", "chronicle")


def paths_of(article: Article) -> tuple[str, ...]:
    """The paths of all feeds that the article stands in."""
    if not article.in_feeds:
        return ()
    return (ALL, *(subject_path(subject.slug) for subject in article.subjects))


def placing(article: Article, before: Article | None, mark: str, keys: Keys) -> tuple[Command, ...]:
    """Put the article where it belongs, and take it from where it stood `before`; `mark` is new for every change."""
    if article.retracted and before is None:  # nobody has seen it: a notice would be the first they hear of it
        return ()
    now, then = paths_of(article), paths_of(before) if before else ()
    score = int(article.first_published_at.timestamp() * 1000)
    names = {subject.slug: subject.name for subject in article.subjects}
    flag: Command = (
        ("ZADD", keys.review, score, article.id) if article.needs_review else ("ZREM", keys.review, article.id)
    )
    return (
        *(("ZREM", keys.shelf(path), article.id) for path in then if path not in now),
        *(("ZADD", keys.shelf(path), score, article.id) for path in now),
        *([("HSET", keys.subjects, *flat(names))] if now else []),
        flag,
        *copied(article, before, keys),
        *raised(mark, {**dict.fromkeys(then), **dict.fromkeys(now)}, keys),
    )


def copied(article: Article, before: Article | None, keys: Keys) -> tuple[Command, ...]:
    """Put a near-duplicate onto its original's list, and take it from the list of the one that it repeated `before`."""
    then = before.duplicate_of if before and not before.retracted else None
    now = None if article.retracted else article.duplicate_of
    left: Command = ("ZREM", keys.duplicates(then or ""), article.id)
    joined: Command = (
        "ZADD",
        keys.duplicates(now or ""),
        int(article.first_published_at.timestamp() * 1000),
        article.id,
    )
    return (*([left] if then and then != now else []), *([joined] if now and then != now else []))


def raised(mark: str, paths: Iterable[str], keys: Keys) -> tuple[Command, ...]:
    """Tell that these feeds have changed, if there are any."""
    marks = flat(dict.fromkeys(paths, mark))
    return (("HSET", keys.revisions, *marks),) if marks else ()


def rearranged(event: TaxonomyPassed, directory: Directory, keys: Keys) -> tuple[Step, Directory]:
    """Take over a newer taxonomy: names change at once, addresses lead on; the shelves are cleared piece by piece (clearing.py)."""
    if event.version <= directory.version:
        return Step("outdated", facts={"version": event.version}), directory
    after = directory.after(event)
    paths = (ALL, *map(subject_path, after.names))
    writes: list[Command] = [("HSET", keys.taxonomy, *flat(after.words())), *raised(event.event_id, paths, keys)]
    if after.leads:
        writes.append(("HDEL", keys.subjects, *after.leads))
        writes.append(("HDEL", keys.revisions, *map(subject_path, after.leads)))
    facts = {"version": event.version, "moved": len(event.moved), "removed": len(event.removed)}
    return Step("rearranged", tuple(writes), (TaxonomyPublished.after(event),), facts=facts), after


def cleared(slug: str, cards: Mapping[str, Article | None], directory: Directory, mark: str, keys: Keys) -> Step:
    """Take these articles from the shelf of a subject that there is no more, to where they belong now."""
    writes: list[Command] = []
    for document_id, before in cards.items():
        writes.append(("ZREM", keys.shelf(subject_path(slug)), document_id))
        if before:
            article = placed_anew(before, directory)
            writes.append(("HSET", keys.article(document_id), "card", card_of(article)))
            writes += placing(article, before, mark, keys)
    gone = (("HDEL", keys.subjects, slug), ("HDEL", keys.revisions, subject_path(slug)))
    return Step("cleared", (*writes, *gone))


def card_of(article: Article) -> str:
    """What is kept of an article beside its words and its neighbours."""
    return article.model_dump_json(exclude={"html", "text", "related", "original", "duplicates"})


def flat(fields: Mapping[str, Word]) -> tuple[Word, ...]:
    """Fields and values in a row, as HSET wants them."""
    return tuple(word for pair in fields.items() for word in pair)
