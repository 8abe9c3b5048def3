"""The same document comes out of every format that can hold it; what is no document comes out as what it is."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from typing import Any

import feedparser
import pytest

from services.ingest.documents import Reading, read, read_all
from services.ingest.draft import Draft
from services.ingest.formats.found import Leads, Reference, Refusal
from services.ingest.formats.kinds import ACCEPTED, Kind, kind_of
from shared.errors import DocumentRejected
from tests.unit.ingest.formats.samples import ATOM, RDF, RSS, SAMPLES, WORDS, pdf

DAY = datetime(2024, 1, 29, tzinfo=UTC)
KINDS = {
    "rss": Kind.FEED, "atom": Kind.FEED, "rdf": Kind.FEED, "json feed": Kind.JSON, "opml": Kind.OPML, "sitemap": Kind.SITEMAP, "sitemap.gz": Kind.SITEMAP,
    "sitemap index": Kind.SITEMAP, "pubmed": Kind.PUBMED, "ris": Kind.RIS, "medline": Kind.MEDLINE, "toml": Kind.MARKDOWN, "json front matter": Kind.JSON,
    "ndjson": Kind.JSON, "page": Kind.HTML, "blog": Kind.HTML, "docx": Kind.DOCX, "pdf": Kind.PDF,
}  # fmt: skip


def refused(item: object) -> str:
    """The code of a refusal; empty for anything else."""
    return item.error.code if isinstance(item, Refusal) else ""


def first(name: str) -> Draft:
    """The first document of a sample."""
    item = next(read_all(SAMPLES[name]))
    assert isinstance(item, Reading)
    return item.draft


@pytest.mark.parametrize("name", SAMPLES)
def test_a_format_is_known_by_its_content(name: str) -> None:
    """Whatever the sender calls it."""
    assert {KINDS[name]} == {kind_of(SAMPLES[name], said)[0] for said in ("", *ACCEPTED)}


@pytest.mark.parametrize(
    "name",
    [
        "rss",
        "atom",
        "rdf",
        "json feed",
        "pubmed",
        "ris",
        "medline",
        "toml",
        "json front matter",
        "page",
        "blog",
        "docx",
        "pdf",
    ],
)
def test_the_same_document_comes_out(name: str) -> None:
    """Title, author, day, keywords and words."""
    draft = first(name)

    assert "The heart & its work" == draft.title.replace(" and ", " & ")
    assert "Jane Doe" == draft.authors[0]
    assert (DAY, ("heart", "blood"), "en") == (draft.published_at, draft.keywords, draft.language)
    assert WORDS in draft.text
    assert {"script", "Tweet", "secret", "Imprint", "banner", "Most read"} & set(draft.text.split()) == set()


@pytest.mark.parametrize("name", ["rss", "atom", "rdf", "json feed", "ris", "toml", "page"])
def test_its_address_is_its_own(name: str) -> None:
    """The alternate link, the canonical one, the field of its name."""
    assert "https://example.org/heart" == first(name).url


@pytest.mark.parametrize("name", ["pubmed", "ris", "medline", "page"])
def test_a_catalogue_names_doi_and_journal(name: str) -> None:
    """Its own DOI and none of those that it refers to."""
    draft = first(name)

    assert ("10.1000/heart.7", "J Heart") == (draft.doi, draft.journal)


def test_a_pubmed_article_has_its_page_and_all_its_authors() -> None:
    """Its abstract is in sections."""
    draft = first("pubmed")

    assert ("https://pubmed.ncbi.nlm.nih.gov/38352885/", ("Jane Doe", "The Heart Group")) == (draft.url, draft.authors)
    assert f"Background: {WORDS}\nConclusions: It beats." == draft.text
    assert draft.url == first("medline").url


@pytest.mark.parametrize(("name", "text"), [("rss", RSS), ("atom", ATOM), ("rdf", RDF)])
def test_feedparser_reads_the_same_entries(name: str, text: str) -> None:
    """An independent reader sees the same addresses, in the same order."""
    entries = feedparser.parse(text.encode()).entries
    readings = [item.draft for item in read_all(SAMPLES[name]) if isinstance(item, Reading)]

    assert [entry.link for entry in entries if entry.get("link")] == [draft.url for draft in readings if draft.url]


def test_lists_of_addresses_are_references() -> None:
    """What is no address is refused in its place."""
    items = list(read_all(SAMPLES["opml"]))

    assert Reference("https://example.org/feed.xml", Leads.FEED, "Hearts", "entry 1") == items[0]
    assert isinstance(items[1], Refusal)
    assert [Reference("https://example.org/1.xml.gz", Leads.SITEMAP, at="entry 1")] == list(
        read_all(SAMPLES["sitemap index"])
    )
    assert Reference("https://example.org/heart", Leads.PAGE, at="entry 1") == next(read_all(SAMPLES["sitemap.gz"]))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ndjson", [("line 1", "One"), ("line 3", "bad-json"), ("line 4", "bad-field"), ("line 5", "Four")]),
        ("rss", [("entry 1", "The heart & its work"), ("entry 2", "Copyright © only a title"), ("entry 3", "empty")]),
        ("json feed", [("entry 1", "The heart & its work"), ("entry 2", "empty")]),
        ("ris", [("entry 1", "The heart & its work"), ("entry 2", "Another")]),
    ],
)
def test_one_broken_document_does_not_sink_the_others(name: str, told: list[Any]) -> None:
    """Each has its place and its own answer."""
    items = list(read_all(SAMPLES[name]))

    assert told == [(item.at, item.draft.title if isinstance(item, Reading) else refused(item)) for item in items]


@pytest.mark.parametrize(
    ("name", "code"),
    [("ndjson", "many-documents"), ("opml", "no-document"), ("sitemap", "no-document"), ("rss", "many-documents")],
)
def test_one_document_is_asked_for_and_other_things_are_refused(name: str, code: str) -> None:
    """`read` is for one."""
    with pytest.raises(DocumentRejected) as rejected:
        read(SAMPLES[name])

    assert code == rejected.value.code


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('{"title": "A", "text": "x"}\nbroken', ["A", "bad-json"]),
        ('{"title": "A", "text": "x"}\n[1]\n\n{"title": "B", "text": "y"}', ["A", "bad-json", "B"]),
        ('{"title": "A"}\n"broken\n{"title": "B", "text": "y"}', ["empty", "bad-json", "B"]),
        ('{"title": "A", "text": "x"}{"title": "B", "text": "y"}\n{"title": "C", "text": "z"}', ["bad-json", "C"]),
        ('{"title": "A"}\n\nBehind it:\n\n{"b": 1}\n\nand more.', ["A"]),
        ('{\n"title": "A", "text": "x"\n}\n\nBehind it.', ["A"]),
    ],
)
def test_no_line_of_ndjson_is_taken_for_the_text_of_another(body: str, told: list[str]) -> None:
    """Whatever stands in the next line; only behind an object that says no text of its own stands Markdown."""
    items = list(read_all(body.encode()))

    assert told == [item.draft.title if isinstance(item, Reading) else refused(item) for item in items]


def test_all_members_of_a_gzipped_body_are_read() -> None:
    """As `cat a.gz b.gz` and parallel compressors write them (RFC 1952, section 2.2); zeros behind them are filling."""
    body = b"".join(gzip.compress(part) for part in (b"The first half, ", b"", b"the second half.")) + bytes(512)

    assert read(body).text == "The first half, the second half."


def test_an_array_is_many_documents() -> None:
    """An object among them that is none is refused alone."""
    items = list(read_all(b'[{"title": "a", "text": "x"}, 3]'))

    assert ["entry 1", "entry 2"] == [item.at for item in items]
    assert [Reading, Refusal] == [type(item) for item in items]


def test_pages_of_pdf_are_joined_to_paragraphs() -> None:
    """Running heads, page numbers and hyphens at the ends of lines are undone."""
    page = "Journal of the Heart\nThe heart is a mus-\ncle that pumps blood through the whole body and never\nrests. So it is.\n{}"
    draft = read(pdf(*(page.format(number) for number in (1, 2, 3))))

    assert "Journal of the Heart" not in draft.text
    assert draft.text.startswith(
        "The heart is a muscle that pumps blood through the whole body and never rests. So it is."
    )
