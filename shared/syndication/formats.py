"""Pure. Feed → RSS 2.0 | Atom | JSON Feed bytes: whole, or in the pieces that feeds are put together from (splicing.py).

The one place that knows feedgen (0.9.0). What it cannot do is repaired through its extension interface (repairs.py). Its default
dates are the clock's; here every date comes from the content. feedgen sets the process's locale while it formats a date, so rendering
belongs in one thread.

Nothing in an entry depends on the feed that it stands in. So a document is rendered once for each format, by a feedgen run of its own
from which the entry is cut; what a neighbour's coming or going changes, the links to related articles, is put in afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache, partial
from html import escape
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from shared.syndication.addresses import Address, Format, Site
from shared.syndication.article import Article
from shared.syndication.feed import Feed
from shared.syndication.json_feed import json_feed, json_item, related_facts, written
from shared.syndication.markup import as_html, legal, plain
from shared.syndication.repairs import REFRESH_MINUTES, EntryRepairs, FeedRepairs, authors_of, history, related_links
from shared.syndication.statement import statement_of

PLAIN = re.compile(rb'<title>[^<]*</title>|<category[^>]*>[^<]*</category>| title="[^"]*"')
HEAD_DESCRIPTION = re.compile(rb"<channel>.*?</description>", re.DOTALL)
DRESS = b'<?xml-stylesheet type="text/css" href="%b/assets/reading.css"?>\n'

ENDS = {Format.RSS: b"</channel></rss>", Format.ATOM: b"</feed>", Format.JSON: b"]}"}
"""What follows the last entry."""

BETWEEN = {Format.RSS: b"", Format.ATOM: b"", Format.JSON: b","}
"""What stands between two entries."""

ENTRY_BEGINS = {Format.RSS: b"<item>", Format.ATOM: b"<entry "}
LINKS_BEGIN = {Format.RSS: b"</item>", Format.ATOM: b"<link ", Format.JSON: b"]}}"}
"""What follows the links to related articles. Markup in texts is escaped, so that no text has the like of <link in it."""


def render(feed: Feed, form: Format) -> bytes:
    """The feed in one format; the same feed always gives the same bytes, whatever characters its documents hold."""
    return json_feed(feed) if form is Format.JSON else _finished(_xml(feed, form, feed.articles), feed, form)


def head(feed: Feed, form: Format) -> bytes:
    """Everything before the first entry."""
    if form is Format.JSON:
        return json_feed(feed, items=()).removesuffix(ENDS[form])
    retracted = tuple(article for article in feed.articles if article.retracted)
    before, after = _around_date(replace(feed, articles=retracted), feed.language, form)
    return _finished(before + _date(feed.updated, form) + after, feed, form)


@lru_cache(maxsize=2048)
def _around_date(feed: Feed, language: str, form: Format) -> tuple[bytes, bytes]:
    """A head as feedgen makes it, parted where its date stands: of all that it says, that alone changes often."""
    body = _xml(feed, form, (), language)
    before, _, after = body.partition(b">" + _date(feed.updated, form) + b"<")
    return before + b">", b"<" + after.removesuffix(ENDS[form])


def _date(moment: datetime, form: Format) -> bytes:
    utc = moment.astimezone(UTC)
    return (format_datetime(utc) if form is Format.RSS else utc.isoformat()).encode()


def entry(article: Article, site: Site, form: Format) -> bytes:
    """The article's entry as it stands in every feed, but for its related articles."""
    alone = article.model_copy(update={"related": ()})
    if form is Format.JSON:
        return written(json_item(alone, site))
    around = Feed(site, Address("entry"), "-", "-", (alone,))
    body = _finished(_xml(around, form, (alone,)), around, form)
    return body[body.index(ENTRY_BEGINS[form]) : -len(ENDS[form])]


def with_related(entry: bytes, article: Article, site: Site, form: Format) -> bytes:
    """The entry with its related articles; what feedgen would have made of them, for a hundredth of its time."""
    if not article.neighbours:
        return entry
    links = written(related_facts(article, site))[1:-1] if form is Format.JSON else _links_of(article, site, form)
    mark = LINKS_BEGIN[form]
    place = entry.index(mark) if form is Format.ATOM else entry.rindex(mark)
    return entry[:place] + links + entry[place:]


def summarised(article: Article) -> Article:
    """The article as a feed without full texts shows it."""
    return article if article.retracted else article.model_copy(update={"whole": False})


def _links_of(article: Article, site: Site, form: Format) -> bytes:
    name = "link" if form is Format.ATOM else "atom:link"
    said = [{key: _attribute(value) for key, value in link.items()} for link in related_links(article, site)]
    links = "".join(
        '<{name} href="{href}" rel="{rel}" type="{type}" title="{title}"/>'.format(name=name, **link) for link in said
    ).encode()
    return PLAIN.sub(_hexadecimal, links) if form is Format.RSS else links


def _attribute(text: str) -> str:
    # An apostrophe needs no escaping between quotes, and libxml2 gives it none.
    return escape(text, quote=False).replace('"', "&quot;")


def _xml(feed: Feed, form: Format, articles: Sequence[Article], language: str = "") -> bytes:
    generator = _generator(feed, form, language or feed.language)
    for article in articles:
        generator.add_entry(_entry(article, feed.site), order="append")
    body: bytes = generator.rss_str() if form is Format.RSS else generator.atom_str()
    return body


def _finished(body: bytes, feed: Feed, form: Format) -> bytes:
    """What feedgen has no way to say: the style sheet for browsers, what proves the feed whole, and titles that nobody takes for markup."""
    declaration, _, rest = body.partition(b"\n")
    if form is Format.RSS:
        rest = PLAIN.sub(_hexadecimal, HEAD_DESCRIPTION.sub(_hexadecimal, rest, count=1))
    dress = DRESS % escape(feed.site.url).encode()
    return b"".join([declaration, b"\n", dress, statement_of(feed).instruction, rest])


def _hexadecimal(said: re.Match[bytes]) -> bytes:
    # RSS does not say whether a title, a category or a description of the whole is text or markup; the best practices profile asks for
    # these spellings, which every reader shows as the character itself, and the W3C validator calls anything else CharacterData.
    return said[0].replace(b"&lt;", b"&#x3C;").replace(b"&amp;", b"&#x26;")


def _generator(feed: Feed, form: Format, language: str) -> Any:
    site = feed.site
    generator = FeedGenerator()
    generator.id(feed.id)
    generator.title(plain(feed.title))
    generator.description(plain(feed.description))
    generator.language(language)
    generator.author(name=plain(site.title))
    generator.generator("Syndicate")
    generator.updated(feed.updated.astimezone(UTC))
    generator.ttl(REFRESH_MINUTES)
    generator.link(href=site.feed(feed.address, form), rel="self", type=form.media_type)
    for link in history(feed, form):
        generator.link(**link)
    if feed.hub:
        generator.link(href=feed.hub, rel="hub")
    generator.link(href=site.home, rel="alternate", type="text/html")  # last: feedgen takes RSS's link from it
    generator.register_extension("syndicate", partial(FeedRepairs, feed, form))
    return generator


def _entry(article: Article, site: Site) -> Any:
    entry = FeedEntry()
    entry.id(site.tag("documents", article.id))
    entry.title(article.headline)
    entry.summary(as_html(article.abstract), type="html")
    if article.content:
        entry.content(legal(article.content), type="html")
    entry.published(article.first_published_at.astimezone(UTC))
    entry.updated(article.updated_at.astimezone(UTC))
    entry.link(_links(article, site))
    entry.author([{"name": name} for name in authors_of(article)])
    entry.category(_categories(article, site))
    entry.register_extension("syndicate", partial(EntryRepairs, article, site))
    return entry


def _categories(article: Article, site: Site) -> list[dict[str, str]]:
    # The name is the term too: sfeed, rss2email and feedparser's users show the term, and would call a subject otherwise than in RSS.
    subjects = [{"term": plain(subject.name), "scheme": site.home} for subject in article.subjects]
    return [*subjects, *({"term": keyword} for keyword in map(plain, article.keywords) if keyword)]


def _links(article: Article, site: Site) -> list[dict[str, str]]:
    links = related_links(article, site)
    if article.source_url:
        links.append({"href": legal(article.source_url), "rel": "via"})
    return [*links, {"href": site.document(article.id), "rel": "alternate", "type": "text/html"}]
