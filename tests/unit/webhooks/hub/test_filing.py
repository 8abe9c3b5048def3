"""Where a document belongs, held against the index that answers search feeds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.feeds.finding import Finder
from services.feeds.finding import words_in as words_found
from services.webhooks.hub.filing import Filed, answers, filed, filed_in, filing_of, words_in
from shared.events import DocumentPublished, Subject
from shared.syndication.article import article_of
from shared.syndication.questions import BadQuestion, Question, question_of
from tests.unit.shared.syndication.samples import LAW, MEDICINE, SCIENCE, SITE, at, placed
from tests.unit.webhooks.hub.events import published, retracted

WORDS = ["tide", "Tide", "sea", "moon", "Ünï", "uni", "don't", "a", "2026", "sea-moon", "☃"]
TEXT = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)
NAMES = st.lists(st.sampled_from(["Ann Author", "Bén Wríter", "sea", "C&A", "☃"]), max_size=3).map(tuple)
HOSTS = st.sampled_from([None, "https://www.Source.example/x", "http://other.example:8080/", "ftp://a.example/"])
PAIRS = st.sampled_from(
    [
        *[("q", word) for word in ("tide", "sea moon", "tide OR moon", "uni,2026", "-moon", "sea -tide", "don't")],
        ("subject", "law"),
        ("subject", "law,medicine"),
        ("keyword", "sea"),
        ("keyword", "C&A"),
        ("author", "Ann Author"),
        ("author", "ben writer,☃"),
        ("lang", "en"),
        ("lang", "pt-BR"),
        ("source", "source.example"),
        ("since", "2026-03-01T12:05:00Z"),
        ("not.subject", "science"),
        ("not.keyword", "sea"),
        ("not.q", "moon"),
        ("match", "any"),
    ]
)


@st.composite
def events(draw: st.DrawFn) -> DocumentPublished:
    """A document with few words, so that questions often fit."""
    facts: dict[str, Any] = {
        "title": draw(TEXT),
        "summary": draw(st.just("") | TEXT),
        "text": draw(TEXT),
        "authors": draw(NAMES),
        "keywords": draw(NAMES),
        "url": draw(HOSTS),
        "language": draw(st.sampled_from(["en", "pt-BR", "nonsense!"])),
        "subject": draw(st.sampled_from([LAW, MEDICINE])),
        "second": draw(st.sampled_from([SCIENCE, None])),
        "duplicate_of": draw(st.sampled_from([None, None, None, "other"])),
    }
    first = at(draw(st.integers(0, 10))) + timedelta(milliseconds=draw(st.sampled_from([0, 999])))
    return published(**facts).model_copy(update={"first_published_at": first})


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Anything that can be asked with these parameters."""
    pairs = draw(st.lists(PAIRS, min_size=1, max_size=4))
    try:
        return question_of(pairs)
    except BadQuestion:
        return question_of(pairs[:1])


@settings(max_examples=1_000)
@given(events(), questions())
def test_it_agrees_with_the_search_feeds(event: DocumentPublished, question: Question) -> None:
    """A document is pushed to a search exactly if the search's feed shows it."""
    article = article_of(event, SITE, placed=placed(event), first_published_at=event.first_published_at, place=1)
    finder = Finder()
    if article.in_feeds:
        finder.put(article, words_found(article, event.document.text))
    record = filed(event, None, with_duplicates=False, worded=True)

    assert answers(question, filing_of(event, record, words_in(event))) == bool(
        finder.found(question, below=None, most=1)[0]
    )


@given(events(), questions())
def test_a_retraction_is_filed_as_the_document_was(event: DocumentPublished, question: Question) -> None:
    """By the record and the tokens that were kept, read back from their bytes."""
    before = filed(event, None, with_duplicates=False, worded=True)
    end = retracted(subject=event.subject, second=event.second).model_copy(
        update={"first_published_at": event.first_published_at}
    )
    after = filed(end, filed_in(before.stored().encode()), with_duplicates=False, worded=False)
    then = answers(question, filing_of(event, before, words_in(event)))

    assert after.retracted
    assert answers(question, filing_of(end, after, words_in(event))) == then


def test_words_that_are_not_known_count_as_there() -> None:
    """Better a notice too many than one too few; but what is known is not overruled."""
    event = published(title="Tides", text="", summary="")
    filing = filing_of(event, filed(event, None, with_duplicates=False, worded=False), None)
    asked = [[("q", "sea")], [("q", "sea"), ("subject", "law")], [("keyword", "moon"), ("not.q", "sea")]]

    assert [answers(question_of(pairs), filing) for pairs in asked] == [True, False, True]


@pytest.mark.parametrize(
    ("facts", "same"),
    [
        ({}, True),
        ({"version": 2}, True),
        ({"needs_review": True, "why": ("tide",)}, True),
        ({"title": "Other"}, False),
        ({"html": "<p>Other</p>"}, False),
        ({"text": "Other"}, False),
        ({"summary": "Other"}, False),
        ({"keywords": ("sea",)}, False),
        ({"authors": ("sea", "moon"), "keywords": ()}, False),
        ({"url": None}, False),
        ({"subject": LAW}, False),
        ({"subject": Subject(name="Medicine", slug="medicine", confidence=1, given=True)}, True),
        ({"second": SCIENCE}, False),
        ({"content_hash": "other"}, False),
    ],
    ids=str,
)
def test_what_a_reader_would_see_makes_the_digest(facts: dict[str, Any], same: bool) -> None:  # noqa: FBT001
    """Versions, dates and doubts do not."""
    digests = [
        filed(each, None, with_duplicates=False, worded=False).digest for each in (published(), published(**facts))
    ]

    assert (digests[0] == digests[1]) == same


@given(events())
def test_a_record_is_read_as_it_was_written(event: DocumentPublished) -> None:
    """Whatever the names in it; and it is small."""
    record = filed(event, None, with_duplicates=True, worded=True)

    assert filed_in(record.stored().encode()) == record
    assert filed_in(None) is None
    assert len(record.stored()) < 400


def test_a_near_duplicate_is_in_no_feed() -> None:
    """Unless they enter the feeds too; and its retraction goes where it was."""
    event = published(duplicate_of="other")
    records = [filed(event, None, with_duplicates=wanted, worded=False) for wanted in (False, True)]
    ends = [filed(retracted(), record, with_duplicates=False, worded=False) for record in records]

    assert [record.listed for record in (*records, *ends)] == [False, True, False, True]
    assert filing_of(event, Filed("x", listed=False), None).paths == frozenset()
