"""The seed documents are read as people would read them; their golden files were reviewed by eye."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.ingest.documents import read
from services.ingest.identity import content_hash, document_id
from tests.unit.ingest.goldens import stored, told
from tests.unit.ingest.samples import SEEDS, seed

TYPES = (None, "text/plain", "text/markdown", "text/html", "application/json", "application/octet-stream")


@pytest.mark.parametrize("path", sorted(SEEDS.iterdir()), ids=lambda path: path.stem[:3])
def test_the_seeds_are_read_as_their_golden_files_say(path: Path) -> None:
    """Title, authors, date, DOI, journal, keywords, language, summary, text, and every removed part with its reason."""
    assert stored(path.stem) == told(read(path.read_bytes()))


@pytest.mark.parametrize("number", ["000", "001", "002", "003", "004"])
def test_a_seed_is_the_same_whatever_the_sender_calls_it(number: str) -> None:
    """The content is looked at, not the name that came with it; spacing and a byte order mark are nothing."""
    body = seed(number)
    drafts = [read(body, media_type) for media_type in TYPES]
    drafts += [read(b"\xef\xbb\xbf" + body), read(body.replace(b"\n", b"\r\n")), read(body + b"\n\n  \n")]

    assert 1 == len({(document_id(draft), content_hash(draft), draft.text) for draft in drafts})


def test_the_quicktakes_page_is_read_from_its_answer() -> None:
    """Its line breaks are spelled out, its five points kept, its own links too; its address is relative."""
    draft = read(seed("000"))

    assert ("Medicine", ("QuickTakes",), "18424") == (draft.subject, draft.authors, draft.given_id)
    assert (datetime(2024, 11, 22, tzinfo=UTC), None, "en") == (draft.published_at, draft.url, draft.language)
    assert 5 == draft.html.count("<li>")
    assert "\\n" not in draft.text
    assert ["18425", "18423", "18433", "18436"] == [link.id for link in draft.source_links]


def test_the_scraped_article_has_lost_its_byline_and_its_notice() -> None:
    """The name that stood twice is its author; the title is said nowhere in the text, nor on the page below the one above it."""
    draft = read(seed("001"))

    assert ("zhiwei",) == draft.authors
    assert not {"zhiwei", "Copyright", "[email"} & set(draft.text.split())
    assert draft.title not in draft.text
    assert draft.html.startswith("<p>Lymph node metastasis is bad because")
    assert "zhiwei" not in draft.html


def test_the_phrase_of_the_page_for_search_engines_stays_where_it_is_a_sentence() -> None:
    """Eight times it was there."""
    assert 1 == read(seed("002")).text.count("Immunotherapy for cancer in lymph nodes")


def test_the_doctors_column_has_a_title_made_for_it_and_a_name() -> None:
    """No picture stub is left, in the text or on the page."""
    draft = read(seed("003"))

    assert "title" in draft.inferred
    assert ("Ngo Thi Tinh",) == draft.authors
    assert "![" not in draft.text + draft.html
    assert "Ngo Thi Tinh" in draft.html


def test_the_pubmed_page_is_its_abstract() -> None:
    """It has its own DOI and none of those it refers to; the page shows the references and no banner."""
    draft = read(seed("004"))

    assert ("10.3389/fimmu.2024.1357601", "Front Immunol", 5) == (draft.doi, draft.journal, len(draft.keywords))
    assert draft.text.startswith("Background: ")
    assert draft.text.endswith("cancer radioimmunotherapy.")
    assert "10.3322/caac.21660" in draft.html
    assert ".gov" not in draft.html + draft.text
