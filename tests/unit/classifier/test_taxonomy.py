"""The taxonomy: what is shipped, what is refused, what a person may call a subject."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.classifier.taxonomy import KnownSubject, TaxonomyUnfit, read_taxonomy
from services.classifier.words import words_of
from shared.errors import Unfit
from shared.slugs import SLUG, slug_of
from tests.unit.classifier.samples import SMALL, shipped, small

NAMES = """Accounting and Finance, American Studies, Architecture, Art History and Literature, Biology, Biotechnology,
Business and Management, Chemistry, College Basketball, Computer Science, Criminal or Civil Law, Digital Media, Economics,
Education Studies, Engineering, English Literature, Environmental Science, Health Studies, History of the World, Mathematics,
Medicine, Movies and Cinematography, Nursing, Others, Philosophy and Greek Myths, Physics, Politics, Psychology, Sociology"""


def name_of(known: KnownSubject | None) -> str | None:
    return known.name if known else None


def test_the_shipped_taxonomy_holds_every_subject() -> None:
    """All twenty-nine subjects are there, under their names' own slugs, each once."""
    expected = " ".join(NAMES.split()).split(", ")
    taxonomy = shipped().taxonomy

    assert expected == [subject.name for subject in taxonomy.subjects]
    assert [slug_of(name) for name in expected] == [subject.slug for subject in taxonomy.subjects]
    assert 29 == len({subject.slug for subject in taxonomy.subjects})
    assert "others" == taxonomy.fallback


def test_every_shipped_subject_but_the_fallback_has_keywords() -> None:
    """Each has enough words to be found by."""
    taxonomy = shipped().taxonomy

    assert ["others"] == [subject.slug for subject in taxonomy.subjects if len(subject.keywords) < 30]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("Criminal or Civil Law", "Criminal or Civil Law"),
        ("bachelor of laws", "Criminal or Civil Law"),
        ("criminal-or-civil-law", "Criminal or Civil Law"),
        ("Health studies", "Health Studies"),
        ("COMPUTER SCIENCE", "Computer Science"),
        ("Computer science", "Computer Science"),
        ("Education  studies ", "Education Studies"),
        ("Digital media", "Digital Media"),
        ("Art History & Literature", "Art History and Literature"),
        ("Environmental studies", "Environmental Science"),
        ("American Culture", "American Studies"),
        ("Philosophy", "Philosophy and Greek Myths"),
        ("Mythology", "Philosophy and Greek Myths"),
        ("English literature", "English Literature"),
        ("Basket Weaving", None),
        ("", None),
    ],
)
def test_a_subject_is_known_under_many_names(words: str, name: str | None) -> None:
    """Name, slug and alternatives lead to the subject, whatever the case; anything else to none."""
    assert name == name_of(shipped().taxonomy.named(words))


def test_keywords_are_read_with_their_weights() -> None:
    """A keyword has weight one unless it says otherwise, and is kept as words that compare."""
    sea = small().taxonomy.subjects[0]

    assert [("tide", 1), ("wave", 2), ("rule wave", 1), ("water", 1)] == [
        (each.phrase, each.weight) for each in sea.keywords
    ]


@pytest.mark.parametrize("word", ["no", "1914", "0x10", "null", "~tides"])
def test_a_keyword_is_always_text(word: str) -> None:
    """What YAML takes for a truth, a number, a date or nothing is a word here."""
    taxonomy = read_taxonomy(SMALL.replace("tide", word).encode())

    assert words_of(word) == [taxonomy.subjects[0].keywords[0].phrase]


@pytest.mark.parametrize(
    ("old", "new", "place", "wrong"),
    [
        ("slug: sky", "slug: Sky", "subjects.1.slug", "match pattern"),
        ("slug: sky", "slug: the_sky", "subjects.1.slug", "match pattern"),
        ("slug: sky", "slug: sea", "subjects.1.slug", "line 10: two subjects have the slug sea"),
        ("name: Sky", "name: oceanography", "subjects.1", "line 9: two subjects are called oceanography"),
        ("name: Sky", "name: ' '", "subjects.1.name", "line 9: String should match pattern"),
        ("fallback: rest", "fallback: rest\nfallback: rest", "line 3", "line 3: fallback stands there twice"),
        ("    slug: sky\n", "    slug: sky\n    slug: air\n", "line 11", "line 11: slug stands there twice"),
        ("name: Sky", 'name: "\0"', "line 9", "line 9: special characters are not allowed"),
        ("name: Sky", "title: Sky", "subjects.1.name", "Field required"),
        ("    slug: sky\n", "", "subjects.1.slug", "Field required"),
        ("    description: Air.\n", "", "subjects.1.description", "Field required"),
        ("    description: Air.\n", "    description: Air.\n    colour: blue\n", "subjects.1.colour", "not permitted"),
        ("fallback: rest", "fallback: nowhere", "fallback", "line 2: the fallback is no subject's slug: nowhere"),
        ("fallback: rest", "", "fallback", "Field required"),
        (
            "cloud, wave, water",
            "cloud, clouds",
            "subjects.1",
            "Sky has a keyword twice, plural and small words apart: cloud",
        ),
        ("cloud", "three words long", "subjects.1.keywords.0", "one word or two"),
        ("cloud", "of the", "subjects.1.keywords.0", "one word or two"),
        ("cloud", "[cloud]", "subjects.1.keywords.0", "text, or text and its weight"),
        ("cloud", "cloud: heavy", "subjects.1.keywords.0.weight", "valid number"),
        ("cloud", "cloud: -1", "subjects.1.keywords.0.weight", "greater than 0"),
        ("cloud", "cloud: .nan", "subjects.1.keywords.0.weight", "valid number"),
        ("cloud", "cloud: nan", "subjects.1.keywords.0.weight", "less than or equal to 100"),
        ("cloud, wave, water]", "cloud", "line 13", "wrong in line 13"),
    ],
)
def test_a_wrong_taxonomy_is_refused(old: str, new: str, place: str, wrong: str) -> None:
    """The error says where in the file it is wrong, and what."""
    assert old in SMALL
    with pytest.raises(TaxonomyUnfit) as caught:
        read_taxonomy(SMALL.replace(old, new).encode())

    assert place == caught.value.fields["place"]
    assert wrong in caught.value.detail


def test_letters_that_are_not_utf8_are_told_with_their_line() -> None:
    """As an old editor saves them."""
    with pytest.raises(TaxonomyUnfit) as caught:
        read_taxonomy(SMALL.replace("Air.", "Café.").encode("latin-1"))

    assert "line 11" == caught.value.fields["place"]


def test_a_subject_that_is_given_twice_in_the_file_takes_nothing_away() -> None:
    """Two files pasted into one would else remove all subjects of the first."""
    with pytest.raises(TaxonomyUnfit, match="subjects stands there twice"):
        read_taxonomy((SMALL + SMALL).replace("fallback: rest\n", "", 1).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 5000,
        b"[" * 3000 + b"]" * 3000,
        b"? [a]\n: b\n",
        b"",
        b"[]",
        b"subjects",
        b"\xff\xfe\x00",
        b"\x00",
        b"fallback: a\nsubjects: []\n",
    ],
)
def test_what_is_no_taxonomy_is_refused(body: bytes) -> None:
    """Start-up stops with a typed error, never with another."""
    with pytest.raises(Unfit):
        read_taxonomy(body)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Art History & Literature", "art-history-and-literature"),
        ("  Crème   brûlée! ", "creme-brulee"),
        ("Straße", "strasse"),
        ("C", "c"),
        ("C++", "c-plus-plus"),
        ("C#", "c-sharp"),
        ("CD8+ T cells", "cd8-plus-t-cells"),
        ("#1 in + out", "1-in-out"),
        ("医学", "subject-"),
        ("!?", "subject-"),
        ("日本 history", "history-"),
        ("x" * 500, "x" * 60 + "-"),
    ],
)
def test_a_slug_reads_like_its_name(name: str, slug: str) -> None:
    """A name becomes a slug; one that loses letters or is too long is told apart by eight more characters."""
    found = slug_of(name)

    assert slug == (found[:-8] if slug.endswith("-") else found)


@given(st.text())
def test_any_name_has_a_slug(name: str) -> None:
    """A slug fits into an address, is short, and a slug's own slug is itself."""
    slug = slug_of(name)

    assert re.fullmatch(SLUG, slug)
    assert len(slug) <= 69
    assert slug == slug_of(slug) or len(slug) > 60
