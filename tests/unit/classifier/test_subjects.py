"""Which subject a document belongs to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.classifier.model import Model
from services.classifier.reading import TEXT_LIMIT
from services.classifier.subjects import Classification, largest
from shared.events import Subject
from tests.unit.classifier.samples import SEEDS, document, shipped, small

KEYWORDS = sorted({keyword.phrase for known in shipped().taxonomy.subjects for keyword in known.keywords})
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(KEYWORDS), max_size=60).map(" ".join))


def slugs(found: Classification) -> list[str]:
    return [found.subject.slug, *(subject.slug for subject in found.runners_up)]


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed.name)
def test_the_seeds_are_medicine(seed: Path) -> None:
    """Each seed, even unread and with its page's banners, belongs to medicine, surely, and for its own words."""
    found = shipped().best(document(seed.read_text(encoding="utf-8")))

    assert "medicine" == found.subject.slug
    assert found.subject.confidence >= 0.6
    assert not found.subject.given
    assert {"cancer", "lymph"} <= set(found.why)
    assert sum(len(words.split()) for words in found.why) <= 8
    assert found.second is None


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("The plaintiff sued; the court found the defendant liable for negligence.", "criminal-or-civil-law"),
        ("Solve the quadratic equation by factoring, then check with the discriminant.", "mathematics"),
        ("Zeus ruled the gods of Olympus; Athena and Poseidon quarrelled over Athens.", "philosophy-and-greek-myths"),
        ("A database index lets the server answer a SQL query without reading every row.", "computer-science"),
        ("The director and the cinematographer planned each shot of the film.", "movies-and-cinematography"),
        ("Duke reached the Final Four of the NCAA tournament in March Madness.", "college-basketball"),
        ("The nurse takes vital signs and writes the nursing care plan at the bedside.", "nursing"),
        ("Deforestation and greenhouse gas emissions endanger wetlands and their wildlife.", "environmental-science"),
    ],
)
def test_plain_cases_are_plain(text: str, slug: str) -> None:
    """A text that uses a subject's own words belongs to it."""
    assert slug == shipped().best(document(text)).subject.slug


@pytest.mark.parametrize("subject", ["Bachelor of Laws", "LAW", "criminal or civil law", " criminal-or-civil-law "])
def test_a_given_subject_is_kept_under_any_spelling(subject: str) -> None:
    """What a person set is the subject, for certain, whatever the text says; the text's own subjects are runners-up."""
    found = shipped().best(document("Chemotherapy for tumors of the liver.", subject=subject))

    assert (
        Subject(name="Criminal or Civil Law", slug="criminal-or-civil-law", confidence=1, given=True) == found.subject
    )
    assert "medicine" == found.runners_up[0].slug


def test_an_unknown_given_subject_keeps_its_words() -> None:
    """A subject that the taxonomy does not know stays as it was written, with a slug of its own."""
    found = small().best(document("tide", subject="  Knots & \n Ropes "))

    assert Subject(name="Knots & Ropes", slug="knots-and-ropes", confidence=1, given=True) == found.subject
    assert ["knots-and-ropes", "sea"] == slugs(found)


def test_a_given_subject_is_not_its_own_runner_up() -> None:
    """The subject that was given is named once."""
    assert ["sea", "sky"] == slugs(small().best(document("tide tide wave cloud", subject="Oceanography")))


@pytest.mark.parametrize("subject", [None, "", "  \n"])
def test_no_given_subject_is_none(subject: str | None) -> None:
    """An empty subject is no subject."""
    assert not small().best(document("tide", subject=subject)).subject.given


@pytest.mark.parametrize("text", ["", "nothing here is known", "海の潮"])
def test_without_a_keyword_it_is_the_fallback(text: str) -> None:
    """Where no word speaks for any subject, none is guessed."""
    found = small().best(document(text))

    assert Classification(Subject(name="Rest", slug="rest", confidence=1 / 3)) == found


@pytest.mark.parametrize("text", ["", "nothing here is known", "海の潮"])
def test_where_nothing_that_was_learned_speaks_it_is_the_fallback(text: str) -> None:
    """As before the first lesson, and not the first subject of the file."""
    subjects, model = small(), Model()
    model.learn(subjects.labelled(document("fog mist haze", subject="Sky")), subjects.reader)

    assert "rest" == subjects.best(document(text), model).subject.slug
    assert "sky" == subjects.best(document("fog"), model).subject.slug


def test_the_title_weighs_more() -> None:
    """A word of the title speaks louder than one of the text."""
    assert "sky" == small().best(document("tide", title="Clouds")).subject.slug
    assert "sea" == small().best(document("cloud", title="Tides")).subject.slug


def test_a_shared_keyword_speaks_less() -> None:
    """A word of one subject outweighs a word that two share; among equals the taxonomy's order holds."""
    assert ["sky", "sea"] == slugs(small().best(document("cloud water")))
    assert ["sea", "sky"] == slugs(small().best(document("water")))


def test_a_weight_and_a_phrase_count() -> None:
    """Weights turn the scale, and a phrase is found across small words and plurals."""
    assert "sea" == small().best(document("waves and a cloud and the rule of a wave")).subject.slug


def test_more_evidence_is_surer() -> None:
    """One word is a weak sign, many are a strong one, and sheer length is none."""
    weak, strong, long = (
        small().best(document(text)).subject.confidence for text in ("tide", "tide " * 40, "tide so " * 40)
    )

    assert weak < strong
    assert strong == long


def test_a_very_long_text_is_read_to_the_limit() -> None:
    """What stands behind the limit does not count, so that work is bounded."""
    assert "rest" == small().best(document("." * TEXT_LIMIT + " tide")).subject.slug


def test_what_has_no_subject_is_unknown() -> None:
    """The subject of a retraction: the fallback, with no confidence."""
    assert Subject(name="Others", slug="others", confidence=0) == shipped().unknown()


@given(TEXTS, TEXTS)
def test_confidences_are_shares(title: str, text: str) -> None:
    """On any text: confidences are within 0..1 and sum to no more than 1, best first, each subject once, always the same."""
    found = shipped().best(document(text, title=title))
    confidences = [found.subject.confidence, *(subject.confidence for subject in found.runners_up)]

    assert all(0 <= confidence <= 1 for confidence in confidences)
    assert sorted(confidences, reverse=True) == confidences
    assert sum(confidences) <= 1 + 1e-9
    assert len(slugs(found)) == len(set(slugs(found))) <= 4
    assert found == shipped().best(document(text, title=title))


@given(TEXTS, st.text(min_size=1).filter(str.strip))
def test_any_given_subject_is_kept(text: str, subject: str) -> None:
    """Whatever a person wrote is the subject, for certain."""
    found = shipped().best(document(text, subject=subject))

    assert (1.0, True) == (found.subject.confidence, found.subject.given)
    assert found.subject.slug not in slugs(found)[1:]
    assert found.subject.name.split() == subject.split() or shipped().taxonomy.named(subject)


@given(st.lists(st.integers(-3, 6), max_size=40), st.integers(1, 16))
def test_the_largest_are_those_of_a_whole_sort(weights: list[int], count: int) -> None:
    """In the same order, equals included; what is not positive decides nothing."""
    array = np.array(weights, np.float32)
    ranked = [place for place in np.argsort(-array, kind="stable")[:count] if array[place] > 0]

    assert ranked == largest(array, count).tolist()
