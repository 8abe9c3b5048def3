"""A small document in every format, each saying the same as far as the format can say it."""

from __future__ import annotations

import gzip
import json
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

WORDS = "The heart is a muscle that pumps blood through the whole body."
RSS = f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<title>Hearts</title><link>https://example.org/</link><language>en</language>
<item><title>The &lt;i&gt;heart&lt;/i&gt; &amp; its work</title><link>https://example.org/heart</link><guid isPermaLink="false">7</guid>
<description>In short.</description><content:encoded><![CDATA[<p>{WORDS}</p><script>x</script>]]></content:encoded>
<pubDate>Mon, 29 Jan 2024 00:00:00 GMT</pubDate><dc:creator>Jane Doe</dc:creator><category>heart</category><category>blood</category></item>
<item><title>Copyright &copy; only a title</title></item><item></item></channel></rss>"""
ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>Hearts</title><author><name>Jane Doe</name></author>
<entry><id>urn:x:7</id><title type="html">The &lt;i&gt;heart&lt;/i&gt; &amp;amp; its work</title><link rel="self" href="https://example.org/self"/>
<link href="https://example.org/heart"/><published>2024-01-29T00:00:00Z</published><updated>2024-02-01T00:00:00Z</updated>
<category term="heart"/><category term="blood"/><summary>In short.</summary>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>{WORDS}</p></div></content></entry></feed>"""
RDF = f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>Hearts</title><link>https://example.org/</link></channel><item rdf:about="https://example.org/heart"><title>The heart &amp; its work</title>
<link>https://example.org/heart</link><description>{WORDS}</description><dc:creator>Jane Doe</dc:creator><dc:date>2024-01-29</dc:date>
<dc:subject>heart</dc:subject><dc:subject>blood</dc:subject><dc:language>en</dc:language></item></rdf:RDF>"""
JSON_FEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1", "title": "Hearts", "language": "en", "feed_url": "https://example.org/feed.json",
        "items": [
            {"id": "7", "url": "https://example.org/heart", "title": "The heart & its work", "content_html": f"<p>{WORDS}</p>", "summary": "In short.",
             "date_published": "2024-01-29T00:00:00Z", "authors": [{"name": "Jane Doe"}], "tags": ["heart", "blood"]},
            {"id": "8"},
        ],
    }
)  # fmt: skip
OPML = """<?xml version="1.0"?><opml version="2.0"><head><title>Subscriptions</title></head><body><outline text="Medicine">
<outline text="Hearts" type="rss" xmlUrl="https://example.org/feed.xml"/><outline xmlUrl="javascript:alert(1)"/></outline></body></opml>"""
SITEMAP = """<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc>https://example.org/heart</loc><lastmod>2024-01-29</lastmod></url><url><loc> /relative </loc></url></urlset>"""
SITEMAP_INDEX = """<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>https://example.org/1.xml.gz</loc></sitemap></sitemapindex>"""
PUBMED = f"""<?xml version="1.0" ?><!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2024//EN" "https://dtd.nlm.nih.gov/a.dtd">
<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID Version="1">38352885</PMID><Article><Journal><JournalIssue><PubDate><Year>2024</Year></PubDate>
</JournalIssue><Title>Journal of the Heart</Title><ISOAbbreviation>J Heart</ISOAbbreviation></Journal><ArticleTitle>The <i>heart</i> &amp; its work</ArticleTitle>
<ELocationID EIdType="doi">10.1000/HEART.7</ELocationID><Abstract><AbstractText Label="BACKGROUND">{WORDS}</AbstractText>
<AbstractText Label="CONCLUSIONS">It beats.</AbstractText></Abstract><AuthorList><Author><LastName>Doe</LastName><ForeName>Jane</ForeName></Author>
<Author><CollectiveName>The Heart Group</CollectiveName></Author></AuthorList><Language>eng</Language><ArticleDate><Year>2024</Year><Month>01</Month><Day>29</Day>
</ArticleDate></Article><KeywordList><Keyword>heart</Keyword><Keyword>blood</Keyword></KeywordList></MedlineCitation><PubmedData><ArticleIdList>
<ArticleId IdType="doi">10.1000/heart.7</ArticleId></ArticleIdList><ReferenceList><Reference><ArticleIdList><ArticleId IdType="doi">10.9999/another</ArticleId>
</ArticleIdList></Reference></ReferenceList></PubmedData></PubmedArticle></PubmedArticleSet>"""
RIS = f"""TY  - JOUR
AU  - Doe, Jane
TI  - The heart & its work
JO  - J Heart
DA  - 2024/01/29/
DO  - 10.1000/HEART.7
UR  - https://example.org/heart
AB  - {WORDS[:21]}
  {WORDS[22:]}
KW  - heart
KW  - blood
LA  - eng
ER  -{" "}

TY  - JOUR
TI  - Another
ER  -{" "}
"""
MEDLINE = f"""PMID- 38352885
OWN - NLM
TI  - The heart &
      its work
LID - 10.1000/HEART.7 [doi]
AB  - BACKGROUND: {WORDS}
FAU - Doe, Jane
LA  - eng
DP  - 2024 Jan 29
TA  - J Heart
OT  - heart
OT  - blood
"""
TOML = f"""+++
title = "The heart & its work"
date = 2024-01-29
tags = ["heart", "blood"]
authors = ["Jane Doe"]
url = "https://example.org/heart"
language = "en"
+++

{WORDS}
"""
JSON_FRONT = (
    '{"title": "The heart & its work", "date": "2024-01-29", "tags": ["heart", "blood"], "author": "Jane Doe"}\n\n'
    + WORDS
    + "\n"
)
NDJSON = '{"title": "One", "text": "First."}\n\n{"title": "Two",\n{"title": "Three", "text": ["x"]}\n{"title": "Four", "text": "Fourth."}\n'
PAGE = f"""<!DOCTYPE html><html lang="en"><head><title>The heart | Hearts</title><meta name="citation_title" content="The heart &amp; its work">
<meta name="citation_author" content="Doe, Jane"><meta name="citation_doi" content="10.1000/HEART.7"><meta name="citation_journal_title" content="J Heart">
<meta name="citation_publication_date" content="2024/01/29"><meta name="keywords" content="heart, blood"><meta name="description" content="In short.">
<link rel="canonical" href="https://example.org/heart"></head><body class="has-sidebar"><div class="usa-banner">An official website</div><nav>Home</nav>
<div id="sidebar">Most read: this and that</div><div class="content"><p>{WORDS}</p><div class="share-buttons">Tweet this</div></div>
<p style="display:none">secret</p><footer>Imprint</footer></body></html>"""
BLOG = f"""<!DOCTYPE html><html lang="en"><head><title>The heart &amp; its work</title><script type="application/ld+json">{{"@context": "https://schema.org",
"@graph": [{{"@type": "WebSite", "name": "Hearts"}}, {{"@type": "BlogPosting", "headline": "The heart &amp; its work", "datePublished": "2024-01-29T00:00:00Z",
"author": {{"@type": "Person", "name": "Jane Doe"}}, "keywords": ["heart", "blood"]}}]}}</script></head><body><main><p>{WORDS}</p></main></body></html>"""

WORD_XML = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def docx(text: str = WORDS, title: str = "The heart & its work", **parts: bytes) -> bytes:
    """A document of Word with a heading and a paragraph; `parts` are put in besides, or instead."""
    styled = (
        f'<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>{title.replace("&", "&amp;")}</w:t></w:r></w:p>'
    )
    body = f'<w:document xmlns:w="{WORD_XML}"><w:body>{styled}<w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>'
    styles = f'<w:styles xmlns:w="{WORD_XML}"><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style></w:styles>'
    types = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>'
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    core = '<cp:coreProperties xmlns:cp="c" xmlns:dc="d" xmlns:t="t"><dc:creator>Jane Doe</dc:creator><cp:keywords>heart, blood</cp:keywords><t:created>2024-01-29T00:00:00Z</t:created></cp:coreProperties>'
    whole = {
        "[Content_Types].xml": types.encode(),
        "_rels/.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" Type="{relation}/officeDocument" Target="word/document.xml"/></Relationships>'.encode(),
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{package}"><Relationship Id="r1" Type="{relation}/styles" Target="styles.xml"/></Relationships>'.encode(),
        "word/document.xml": body.encode(),
        "word/styles.xml": styles.encode(),
        "docProps/core.xml": core.encode(),
    } | {name.replace("__", "/").replace("_xml", ".xml"): content for name, content in parts.items()}
    held = BytesIO()
    with ZipFile(held, "w", ZIP_DEFLATED) as archive:
        for name, content in whole.items():
            archive.writestr(name, content)
    return held.getvalue()


def pdf(*pages: str) -> bytes:
    """A PDF with one line of Helvetica for each line of each page."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for text in pages or (f"The heart and its work\n\n{WORDS}",):
        drawn = "BT /F1 12 Tf 14 TL 50 750 Td " + " ".join(f"({line}) Tj T*" for line in text.split("\n")) + " ET"
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents {len(objects)} 0 R >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    objects.append(
        "<< /Title (The heart and its work) /Author (Jane Doe) /Keywords (heart, blood) /CreationDate (D:20240129000000Z) >>"
    )
    body, offsets = "%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{each}\nendobj\n"
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    return f"{body}xref\n0 {size}\n0000000000 65535 f \n{table}trailer << /Size {size} /Root 1 0 R /Info {size - 1} 0 R >>\nstartxref\n{len(body)}\n%%EOF\n".encode()


SAMPLES: dict[str, bytes] = {
    "rss": RSS.encode(), "atom": ATOM.encode(), "rdf": RDF.encode(), "json feed": JSON_FEED.encode(), "opml": OPML.encode(), "sitemap": SITEMAP.encode(),
    "sitemap.gz": gzip.compress(SITEMAP.encode(), mtime=0), "sitemap index": SITEMAP_INDEX.encode(), "pubmed": PUBMED.encode(), "ris": RIS.encode(),
    "medline": MEDLINE.encode(), "toml": TOML.encode(), "json front matter": JSON_FRONT.encode(), "ndjson": NDJSON.encode(), "page": PAGE.encode(),
    "blog": BLOG.encode(), "docx": docx(), "pdf": pdf(),
}  # fmt: skip
