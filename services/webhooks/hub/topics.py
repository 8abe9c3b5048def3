"""Pure. What can be subscribed to: our feeds under their one address each, and what others publish if it was allowed by name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from urllib.parse import parse_qsl

from services.webhooks.hub.filing import Filing, answers
from shared.errors import Rejected
from shared.slugs import slug_of
from shared.syndication.addresses import Address, Format, Site
from shared.syndication.directory import Directory
from shared.syndication.facets import SUBJECTS, host_of, near_which
from shared.syndication.questions import BadQuestion, Question, question_in, question_of

FEED = re.compile(
    r"(all|search|documents/[\w-]{1,64}/related|(subjects|keywords|authors|languages|sources)/([^/?#]+))\.(rss|atom|json)",
    re.ASCII,
)
SEARCH = "search"
SOURCES = "sources"
CONTENT = "content"


class UnknownTopic(Rejected):
    """Nothing of ours is pushed under this address."""

    code = "unknown-topic"
    title = "There is no such topic"
    status = 404


@dataclass(frozen=True)
class Topic:
    """A feed in one format; or, without an address, what somebody else publishes."""

    url: str
    address: Address | None = None
    form: Format | None = None

    @cached_property
    def id(self) -> str:
        """A short name for it."""
        return digest(self.url)

    @property
    def near(self) -> str | None:
        """The article, if it is the feed of what is near one."""
        return near_which(self.address.path) if self.address else None

    @property
    def media_type(self) -> str:
        """As the feed itself says it."""
        return f"{self.form.media_type}; charset=utf-8" if self.form else ""


def digest(*texts: str) -> str:
    """Sixteen hexadecimal digits that stand for these texts."""
    return blake2b("\n".join(texts).encode(errors="replace"), digest_size=8).hexdigest()


def topic_of(url: str, site: Site, directory: Directory, others: Sequence[str] = ()) -> Topic:
    """What an address names. `others`: the beginnings of addresses whose publishers may use this hub.

    Raises UnknownTopic for what is no feed, or is one under another address.
    """
    if not url.startswith(f"{site.home}/"):
        if any(within(url, beginning) for beginning in others):
            return Topic(url)
        raise UnknownTopic("that is no feed of this site")
    path, _, query = url.removeprefix(f"{site.home}/").partition("?")
    found = FEED.fullmatch(path)
    if found is None:
        raise UnknownTopic("that is no feed; feeds end in .rss, .atom or .json, and archives are not pushed")
    form = Format(found[4])
    topic = Topic(url, _address(found[1], found[2] or "", found[3] or "", query, directory), form)
    if topic.address and (canonical := site.feed(topic.address, form)) != url:
        raise UnknownTopic(f"the one address of that feed is {canonical}")
    return topic


def within(url: str, beginning: str) -> bool:
    """Whether an address is the one that was allowed, or lies below it."""
    return url == beginning or url.startswith(beginning.rstrip("/") + "/")


def _address(path: str, kind: str, slug: str, query: str, directory: Directory) -> Address:
    asked = parse_qsl(query, keep_blank_values=True)
    contents = {value for name, value in asked if name == CONTENT}
    if not contents <= {"summary", "full"} or len(contents) > 1:
        raise UnknownTopic("content is full or summary")
    summary = contents == {"summary"}
    if path == SEARCH:
        return _searched([pair for pair in asked if pair[0] != CONTENT], directory, summary=summary)
    if kind == SUBJECTS:
        slug = _subject(slug, directory)
    elif kind:
        slug = host_of(f"http://{slug}") if kind == SOURCES else slug_of(slug)
    return Address(f"{kind}/{slug}" if kind else path, summary=summary)


def _searched(asked: Iterable[tuple[str, str]], directory: Directory, *, summary: bool) -> Address:
    try:
        question = question_of(asked).following(directory.leads)
    except BadQuestion as error:
        raise UnknownTopic(error.detail) from None
    return Address(question.path or SEARCH, "" if question.path else question.written, summary)


def _subject(slug: str, directory: Directory) -> str:
    if lead := directory.leads.get(slug):
        if not lead.to:
            raise UnknownTopic("the subject of that feed was removed")
        return lead.to
    if directory.names and slug not in directory.names:
        raise UnknownTopic("there is no such subject")
    return slug


class Subscribed:
    """The topics that somebody is subscribed to, and which of them a document belongs to."""

    def __init__(self, topics: Collection[Topic]) -> None:
        self._by_path: dict[str, list[Topic]] = {}
        self._by_question: dict[str, list[Topic]] = {}
        self.near: dict[str, list[Topic]] = {}
        """By the article, the feeds of what is near it."""
        for topic in topics:
            if topic.address is None:
                continue
            if topic.near:
                self.near.setdefault(topic.near, []).append(topic)
                continue
            known = self._by_question if topic.address.path == SEARCH else self._by_path
            known.setdefault(topic.address.query or topic.address.path, []).append(topic)
        self.ask_for_words = any(asks_for_words(question_in(query)) for query in self._by_question)

    def __bool__(self) -> bool:
        return bool(self._by_path or self._by_question or self.near)

    def of(self, filing: Filing) -> list[Topic]:
        """The topics that a document belongs to."""
        found = [topic for path in filing.paths for topic in self._by_path.get(path, ())]
        for query, topics in self._by_question.items():
            if answers(question_in(query), filing):
                found += topics
        return found


def belongs(topic: Topic, filing: Filing) -> bool:
    """Whether a document belongs to a topic; who is near an article, its newest list says (nearby.py)."""
    if topic.address is None or topic.near:
        return False
    if topic.address.path == SEARCH:
        return answers(question_in(topic.address.query), filing)
    return topic.address.path in filing.paths


def asks_for_words(question: Question) -> bool:
    """Whether the words of a document matter to a question."""
    return any(name == "q" for name, _ in (*question.wanted, *question.unwanted))
