"""Pure. OPML 2.0 and sitemaps (sitemaps.org): lists of addresses, which somebody else fetches."""

from __future__ import annotations

from services.ingest.fields import absolute
from services.ingest.formats.found import Found, Leads, Reference, Refusal
from services.ingest.formats.xml_tree import child, children, local, tree_of, words
from shared.errors import DocumentRejected


def read_opml(text: str) -> Found:
    """The feeds of an OPML file, however its outlines are nested."""
    outlines = (each for each in tree_of(text).iter() if local(each) == "outline")
    for number, outline in enumerate((each for each in outlines if each.get("xmlUrl") is not None), start=1):
        title = outline.get("title") or outline.get("text") or ""
        yield _reference(outline.get("xmlUrl", ""), Leads.FEED, title[:300], f"entry {number}")


def read_sitemap(text: str) -> Found:
    """The pages of a sitemap, or the sitemaps of an index."""
    root = tree_of(text)
    leads_to = Leads.SITEMAP if local(root) == "sitemapindex" else Leads.PAGE
    for number, entry in enumerate(children(root, "url", "sitemap"), start=1):
        yield _reference(words(child(entry, "loc")), leads_to, "", f"entry {number}")


def _reference(written: str, leads_to: Leads, title: str, at: str) -> Reference | Refusal:
    url = absolute(written.strip())
    if url is None:
        return Refusal(DocumentRejected("bad-field", "this is no absolute http(s) address", given=written[:200]), at)
    return Reference(url, leads_to, title, at)
