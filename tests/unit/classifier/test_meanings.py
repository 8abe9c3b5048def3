"""What labelled documents mean, learned from their vectors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.classifier.calibration import Calibration, Meant
from services.classifier.labelled import Labelled
from services.classifier.meanings import TOGETHER, Meanings
from services.classifier.model import ROUND_EVERY, Model
from services.classifier.reading import Reader
from tests.unit.classifier.samples import document, small

SLUGS = ("sea", "sky", "rest")
ALL = (0, 1, 2)


def vector(kind: int, number: int) -> bytes:
    """One that points mostly where those of its kind do."""
    random = np.random.default_rng((kind, number))
    components = random.normal(0, 20, 8)
    components[kind] += 90
    return bytes(np.clip(np.rint(components), -127, 127).astype(np.int8))


def taught(count: int) -> Meanings:
    meanings = Meanings()
    for number in range(count):
        meanings.learn(vector(number % 3, number), number % 3)
    return meanings


def lesson(number: int, *, silent: bool = False) -> Labelled:
    """A document whose words say nothing, and its meaning."""
    slug = SLUGS[number % 3]
    meaning = b"" if silent else vector(number % 3, number)
    return small().labelled(document(f"w{number % 17}", subject=slug, id=f"doc{number}"), meaning)


def model_of(lessons: list[Labelled]) -> Model:
    model, reader = Model(), Reader()
    for each in lessons:
        model.learn(each, reader)
    return model


def test_it_learns_where_the_vectors_of_a_subject_point() -> None:
    """Also of others than it has seen; a subject without documents is less likely than the one that is meant."""
    meanings = taught(30)
    found = [meanings.scores(vector(kind, 1000), (*ALL, -1)) for kind in ALL]

    assert [0, 1, 2] == [int(np.argmax(scores)) for scores in found if scores is not None]
    assert 30 == meanings.learned


@given(st.permutations(range(12)), st.integers(0, 12))
def test_neither_order_nor_company_is_of_account(order: list[int], part: int) -> None:
    """To the last bit: the sums are whole numbers, whenever they are added up."""
    shuffled = Meanings()
    for place, number in enumerate(order):
        shuffled.learn(vector(number % 3, number), number % 3)
        if place == part:
            shuffled.scores(vector(0, 0), ALL)

    pairs = zip(taught(12).kept(), shuffled.kept(), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)


def test_many_at_once_are_added_up_as_one_by_one() -> None:
    """More than wait for each other."""
    together, single = taught(TOGETHER + 5), Meanings()
    for number in range(TOGETHER + 5):
        single.learn(vector(number % 3, number), number % 3)
        single.settle()

    assert np.array_equal(together.kept()[2], single.kept()[2])


@pytest.mark.parametrize("other", [b"", bytes(8), bytes(9), b"\x01" * 9])
def test_what_is_no_vector_or_another_one_says_nothing(other: bytes) -> None:
    """It teaches nothing, and nothing is said of it: the words decide."""
    meanings = taught(6)
    meanings.learn(other, 0)

    assert 6 == meanings.learned
    assert meanings.scores(other, ALL) is None
    assert Meanings().scores(vector(0, 0), ALL) is None


def test_the_meaning_decides_where_words_say_nothing() -> None:
    """And only for a document that has one; the reasons are words, whatever decided."""
    model = model_of([lesson(number) for number in range(60)])
    unheard = document("unheard of")
    found = [small().best(unheard, model, vector(kind, 1000)) for kind in ALL]

    assert list(SLUGS) == [each.subject.slug for each in found]
    assert {""} == {" ".join(each.why) for each in found}
    assert small().best(unheard, model) == small().best(unheard, model, b"\x01" * 9)


def test_words_alone_are_as_if_there_were_no_meanings() -> None:
    """What is learned of meanings changes nothing for a document without one."""
    both, words = (model_of([lesson(n, silent=silent) for n in range(60)]) for silent in (False, True))
    asked = document("w1 tide w2")

    assert small().best(asked, words) == small().best(asked, both)
    assert np.array_equal(words.learner.weights, both.learner.weights)
    assert words.calibration.correction == both.calibration.correction


def test_a_guess_teaches_words_alone() -> None:
    """No person said that the document is what it is taken for."""
    model = model_of([lesson(number) for number in range(60)])
    unlabelled = document("tide tide wave rule of waves", id="guess")
    found = small().best(unlabelled, model)
    guessed = small().guessed(unlabelled, found.subject, found.runners_up, model)
    assert guessed
    model.learn(guessed, Reader())

    assert (61, 60) == (model.learner.met, model.meanings.learned)


def test_a_model_keeps_its_meanings_and_learns_on() -> None:
    """In its bytes, as if it had never stopped, and its snapshot as it was then."""
    lessons = [lesson(number) for number in range(ROUND_EVERY + 50)]
    whole = model_of(lessons)
    half = model_of(lessons[:ROUND_EVERY])
    resumed, snapshot, reader = Model.unpack(half.pack()), half.snapshot(), Reader()
    packed = half.pack()
    for each in lessons[ROUND_EVERY:]:
        resumed.learn(each, reader)
        half.learn(each, reader)

    assert whole.pack() == resumed.pack() == half.pack()
    assert packed == snapshot.pack()
    assert len(lessons) == resumed.meanings.learned


def test_a_model_without_meanings_has_no_bytes_for_them() -> None:
    """And one that was kept before there were any is still a model; it begins to learn them when they come."""
    silent, reader = model_of([lesson(number, silent=True) for number in range(9)]), Reader()
    kept = Model.unpack(silent.pack())
    before = kept.meanings.width
    kept.learn(lesson(10), reader)

    assert ([], 0) == (silent.meanings.kept(), before)
    assert (8, 1) == (kept.meanings.width, Model.unpack(kept.pack()).meanings.learned)


def test_a_renamed_subject_keeps_what_was_learned_of_its_meaning() -> None:
    """Its column is the same; a subject that is new since has none."""
    model = model_of([lesson(number) for number in range(60)])
    model.learner.know(["ocean", "air"], {"sea": "ocean"})
    scores = model.meanings.scores(vector(0, 1000), [model.learner.slugs.index(slug) for slug in ("ocean", "air")])

    assert scores is not None
    assert scores[0] > scores[1]


def test_lessons_travel_with_their_meaning() -> None:
    """One without it is packed as it always was."""
    silent, meant = lesson(1, silent=True), lesson(1)

    assert (silent, meant) == (Labelled.unpack(silent.pack()), Labelled.unpack(meant.pack()))
    assert b"" == silent.meaning
    assert vector(1, 1) == meant.meaning


def test_both_voices_make_one_confidence() -> None:
    """Surer where the meaning agrees and less sure where it does not; few meanings that came late hardly count."""
    words = np.array([1.0, 0.5, 0.0])
    agrees, differs = np.array([0.0, -30.0, -30.0]), np.array([-8.0, 0.0, -8.0])

    def confidence(scores: object, learned: int) -> float:
        meant = Meant(np.asarray(scores), learned) if learned else None
        confidences = Calibration().confidences(words, 2000, 0, meant)
        assert confidences.sum() == pytest.approx(1)
        return float(confidences[0])

    alone = confidence(None, 0)
    assert confidence(differs, 2000) < alone < confidence(agrees, 2000)
    assert alone == pytest.approx(confidence(differs, 5), abs=0.03)
    assert abs(alone - confidence(differs, 5)) < abs(alone - confidence(differs, 500))
