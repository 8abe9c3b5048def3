"""Pure. PubMed's XML (https://dtd.nlm.nih.gov/ncbi/pubmed/doc/out/): each article a document, its abstract the text."""

from __future__ import annotations

from html import escape
from typing import Any

from lxml import etree

from services.ingest.fields import clipped, given
from services.ingest.formats.found import Found, Refusal, Source
from services.ingest.formats.texts import from_html
from services.ingest.formats.xml_tree import child, children, local, tree_of, words
from shared.errors import DocumentRejected

ARTICLES = frozenset({"PubmedArticle", "PubmedBookArticle"})
PAGE = "https://pubmed.ncbi.nlm.nih.gov/{}/"
MONTHS = {
    name: number
    for number, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], start=1
    )
}


def read_pubmed(text: str) -> Found:
    """The articles of a set, or the one that stands alone; one without an abstract has only its title and is refused."""
    root = tree_of(text)
    articles = [root] if local(root) in ARTICLES else list(children(root, *ARTICLES))
    for number, each in enumerate(articles, start=1):
        at = f"entry {number}"
        try:
            yield _source(each, at)
        except DocumentRejected as error:
            yield Refusal(error, at)


def _source(article: etree._Element, at: str) -> Source:
    citation = next(children(article, "MedlineCitation", "BookDocument"), article)
    about = child(citation, "Article")
    about = citation if about is None else about
    number = words(child(citation, "PMID"))
    told: dict[str, Any] = {
        "title": words(child(about, "ArticleTitle")) or words(child(about, "Book", "BookTitle")),
        "url": PAGE.format(number) if number.isdigit() else None,
        "authors": [_author(each) for each in children(author_list, "Author")]
        if (author_list := child(about, "AuthorList")) is not None
        else [],
        "date": _date(article, about),
        "doi": _doi(article, about),
        "journal": words(child(about, "Journal", "ISOAbbreviation")) or words(child(about, "Journal", "Title")),
        "tags": [words(each) for each in citation.iter() if local(each) == "Keyword"],
        "language": {"eng": "en"}.get(words(child(about, "Language")), words(child(about, "Language"))) or None,
    }
    return Source(given(clipped(told)), from_html(_abstract(child(about, "Abstract"), told["title"]), whole=True), at)


def _author(author: etree._Element) -> str:
    name = f"{words(child(author, 'ForeName')) or words(child(author, 'Initials'))} {words(child(author, 'LastName'))}".strip()
    return name or words(child(author, "CollectiveName"))


def _doi(article: etree._Element, about: etree._Element) -> str | None:
    """Its own; those of its references stand in lists of their own, deeper down."""
    own = [each for each in children(about, "ELocationID") if each.get("EIdType") == "doi"]
    listed = child(article, "PubmedData", "ArticleIdList")
    own += [each for each in children(listed, "ArticleId") if each.get("IdType") == "doi"] if listed is not None else []
    return words(own[0]) if own else None


def _date(article: etree._Element, about: etree._Element) -> str | None:
    """The electronic publication's day, else the issue's as far as it is known."""
    found = child(about, "ArticleDate")
    found = child(about, "Journal", "JournalIssue", "PubDate") if found is None else found
    if found is None:
        found = next(
            (each for each in article.iter() if local(each) == "PubMedPubDate" and each.get("PubStatus") == "pubmed"),
            None,
        )
    year, month, day = (words(child(found, name)) if found is not None else "" for name in ("Year", "Month", "Day"))
    number = MONTHS.get(month[:3]) or (int(month) if month.isdecimal() and len(month) <= 2 else 1)  # noqa: PLR2004 - a month has two digits
    return f"{year}-{number:02}-{int(day) if day.isdecimal() and len(day) <= 2 else 1:02}" if year.isdecimal() else None  # noqa: PLR2004


def _abstract(abstract: etree._Element | None, title: str) -> str:
    """Its sections as paragraphs, each behind its label."""
    sections = list(children(abstract, "AbstractText")) if abstract is not None else []
    labelled = [(each.get("Label", "").capitalize(), words(each)) for each in sections]
    bodies = [f"{label}: {body}" if label and body else body for label, body in labelled]
    return "".join(f"<p>{escape(body)}</p>" for body in bodies if body) or f"<p>{escape(title)}</p>"
