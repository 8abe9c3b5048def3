"""Pure. What feedgen leaves out, put in through its extension interface (register_extension of a feed and of an entry)."""

from __future__ import annotations

from lxml import etree

from shared.syndication.addresses import Format, Site
from shared.syndication.article import Article
from shared.syndication.feed import Feed
from shared.syndication.json_feed import moment
from shared.syndication.markup import LIKE_MARKUP, as_html, plain

ATOM = "http://www.w3.org/2005/Atom"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
HISTORY = "http://purl.org/syndication/history/1.0"
MEDIA = "http://search.yahoo.com/mrss/"
SYNDICATION = "http://purl.org/rss/1.0/modules/syndication/"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"

REFRESH_MINUTES = 5
"""RSS's ttl. Readers take the larger of it and Cache-Control's max-age, so that one stays below."""


class FeedRepairs:
    """What feedgen leaves out of a feed's head."""

    def __init__(self, feed: Feed, form: Format) -> None:
        self.feed = feed
        self.form = form
        self.retracted = [article for article in feed.articles if article.retracted]

    def extend_ns(self) -> dict[str, str]:
        names = {"dc": DUBLIN_CORE, "media": MEDIA}
        if self.form is Format.RSS:
            names["sy"] = SYNDICATION
        if self.feed.address.archive:
            names["fh"] = HISTORY
        if self.form is Format.ATOM and self.retracted:
            names["at"] = TOMBSTONES
        return names

    def extend_rss(self, root: etree._Element) -> None:
        """How often to come, who pushes instead (WebSub, section 4), and the way to older documents (RFC 5005)."""
        channel = root[0]
        if self.feed.hub:
            etree.SubElement(channel, f"{{{ATOM}}}link", href=self.feed.hub, rel="hub")
        etree.SubElement(channel, f"{{{SYNDICATION}}}updatePeriod").text = "hourly"
        etree.SubElement(channel, f"{{{SYNDICATION}}}updateFrequency").text = str(60 // REFRESH_MINUTES)
        for link in history(self.feed, self.form):
            etree.SubElement(channel, f"{{{ATOM}}}link", link)
        self._archive(channel)

    def extend_atom(self, root: etree._Element) -> None:
        self._archive(root)
        for article in self.retracted:
            identifier = self.feed.site.tag("documents", article.id)
            stone = etree.SubElement(
                root, f"{{{TOMBSTONES}}}deleted-entry", ref=identifier, when=moment(article.updated_at)
            )
            etree.SubElement(stone, f"{{{TOMBSTONES}}}comment").text = article.notice

    def _archive(self, head: etree._Element) -> None:
        if self.feed.address.archive:
            etree.SubElement(head, f"{{{HISTORY}}}archive")


class EntryRepairs:
    """What feedgen leaves out of an entry."""

    def __init__(self, article: Article, site: Site) -> None:
        self.article = article
        self.site = site

    def extend_rss(self, item: etree._Element) -> None:
        authors = authors_of(self.article)
        if authors:  # one element with all names: of two, newsboat and feedparser keep only the last
            etree.SubElement(item, f"{{{DUBLIN_CORE}}}creator").text = ", ".join(authors)
        etree.SubElement(item, f"{{{DUBLIN_CORE}}}language").text = self.article.language
        etree.SubElement(item, f"{{{ATOM}}}updated").text = moment(self.article.updated_at)
        self._image(item)
        for link in related_links(self.article, self.site):
            etree.SubElement(item, f"{{{ATOM}}}link", link)

    def extend_atom(self, entry: etree._Element) -> None:
        title = entry.find("title")
        # As text wherever that is safe: there are readers that show the bytes whatever type they have (sfeed, rss-parser), and
        # `Law &amp; Order` where HTML was said. But many take for HTML what looks like it.
        if title is not None and LIKE_MARKUP.search(self.article.headline):
            title.set("type", "html")
            title.text = as_html(self.article.headline)
        # Said by each entry for itself, so that none depends on the feed that it stands in.
        entry.set(LANGUAGE, self.article.language)
        self._image(entry)

    def _image(self, entry: etree._Element) -> None:
        if self.article.image:
            etree.SubElement(entry, f"{{{MEDIA}}}thumbnail", url=self.article.image)


def history(feed: Feed, form: Format) -> list[dict[str, str]]:
    """The links of RFC 5005, section 4: to the archive that this document goes on in, and from an archive to the feed."""
    links = []
    if feed.previous:
        links.append({"href": feed.site.feed(feed.previous, form), "rel": "prev-archive", "type": form.media_type})
    if feed.address.archive:
        links.append({"href": feed.site.feed(feed.current, form), "rel": "current", "type": form.media_type})
    return links


def authors_of(article: Article) -> list[str]:
    """The names as every format can carry them."""
    return [name for name in map(plain, article.authors) if name]


def related_links(article: Article, site: Site) -> list[dict[str, str]]:
    """The related articles as links, best first."""
    return [
        {
            "href": site.document(near.id),
            "rel": "related",
            "type": "text/html",
            "title": plain(near.title) or "Untitled",
        }
        for near in article.neighbours
    ]
