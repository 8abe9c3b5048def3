"""What the learner makes of labelled documents, in whatever order they come."""

from __future__ import annotations

from itertools import chain

import numpy as np
import pytest

from services.classifier.evaluation import Answer, Score
from services.classifier.labelled import Labelled
from services.classifier.model import LABELS_ENOUGH, MAGIC, ROUND_EVERY, Model, ModelUnfit
from services.classifier.reading import Reader
from shared.events import Document
from tests.unit.classifier.samples import document, small

KINDS = {"sea": "anchor mooring harbour", "sky": "thunder rainbow drizzle", "rest": "teapot saucer kettle"}


def lesson(slug: str, number: int) -> Labelled:
    text = f"{KINDS[slug]} w{number % 17} and v{number % 11}"
    return small().labelled(document(text, subject=slug, id=f"{slug}{number}"))


def taught(lessons: list[Labelled]) -> Model:
    model, reader = Model(), Reader()
    for each in lessons:
        model.learn(each, reader)
    return model


def said(model: Model, text: str) -> str:
    return small().best(document(text), model).subject.slug


def guess(model: Model, unlabelled: Document) -> Labelled | None:
    found = small().best(unlabelled, model)
    return small().guessed(unlabelled, found.subject, found.runners_up, model)


def test_it_learns_words_that_are_no_keywords() -> None:
    """After a few documents it knows what the taxonomy does not say, is surer than before, and names the word that decided."""
    model = taught([lesson(slug, number) for number in range(12) for slug in KINDS])
    found = small().best(document("an old anchor"), model)

    assert ("sea", "sky", "rest") == tuple(said(model, KINDS[slug]) for slug in KINDS)
    assert "rest" == said(Model(), "anchor")
    assert "anchor" in found.why
    assert found.subject.confidence > 0.4


def test_sorted_documents_teach_as_shuffled_ones_do() -> None:
    """A run of one subject does not drown the others."""
    shuffled = [lesson(slug, number) for number in range(150) for slug in KINDS]
    model = taught(sorted(shuffled, key=lambda each: each.slug))
    answers = [Answer(slug, (said(model, KINDS[slug]),), 1.0) for slug in KINDS]

    assert 1.0 == Score.of(answers).accuracy


def test_the_same_lessons_give_the_same_model() -> None:
    """To the last bit; an event that comes again changes nothing."""
    lessons = [lesson(slug, number) for number in range(30) for slug in KINDS]
    once, twice = taught(lessons), taught(list(chain.from_iterable((each, each) for each in lessons)))

    assert once.pack() == twice.pack()
    assert np.array_equal(once.learner.weights, twice.learner.weights)


def test_a_model_that_was_packed_learns_on_as_if_it_never_was() -> None:
    """Where all round, the bytes lose nothing: the same weights afterwards, the same answers."""
    lessons = [lesson(slug, number) for number in range(250) for slug in KINDS]
    whole = taught(lessons)
    reader = Reader()
    resumed = Model.unpack(taught(lessons[:ROUND_EVERY]).pack())
    for each in lessons[ROUND_EVERY:]:
        resumed.learn(each, reader)

    assert whole.pack() == resumed.pack()
    assert np.array_equal(whole.learner.weights, resumed.learner.weights)


def test_a_snapshot_stays_as_it_was() -> None:
    """It packs to the same bytes as the model did at that moment, though the model learns on."""
    model, reader = taught([lesson(slug, number) for number in range(20) for slug in KINDS]), Reader()
    then, snapshot = model.pack(), model.snapshot()
    for number in range(20, 40):
        model.learn(lesson("sea", number), reader)

    assert then == snapshot.pack()
    assert then != model.pack()


@pytest.mark.parametrize(
    "spoil", [lambda body: body[:0], lambda body: body[:-1], lambda body: body[:60] + b"?" + body[61:]]
)
def test_bytes_that_are_no_model_are_refused(spoil: object) -> None:
    """Nothing half-read is ever in force."""
    body = taught([lesson("sea", 1)]).pack()

    with pytest.raises(ModelUnfit):
        Model.unpack(spoil(body))  # type: ignore[operator]


def test_a_model_of_another_version_is_refused_with_the_way_out() -> None:
    """Its features are others, so nothing of it can be taken over; the documents that are kept can."""
    body = taught([lesson("sea", 1)]).pack()

    with pytest.raises(ModelUnfit, match="subjects train"):
        Model.unpack(b"syndicate-model-2\n" + body[len(MAGIC) :])


def test_it_learns_from_its_own_sure_guesses() -> None:
    """Words that stand beside keywords come to speak for the subject; with labels enough it guesses no more, and unsure ones teach nothing."""
    model, reader = Model(), Reader()
    texts = [f"tide wave tide rule of waves lagoon w{number % 17}" for number in range(30)]
    for number, text in enumerate(texts):
        unlabelled = document(text, id=f"doc{number}")
        guessed = guess(model, unlabelled)
        assert guessed
        assert model.learn(guessed, reader)
    unsure, sure = document("water"), document(texts[0])

    assert ("sea", "rest") == (said(model, "lagoon"), said(Model(), "lagoon"))
    assert ("0.0+30", 30) == (model.version, model.number)
    assert model.pack() == Model.unpack(model.pack()).pack()
    assert None is guess(Model(), unsure)
    model.learner.learned = LABELS_ENOUGH
    assert None is guess(model, sure)


def test_a_renamed_subject_keeps_what_was_learned() -> None:
    """Its column goes over to the new slug."""
    model = taught([lesson(slug, number) for number in range(10) for slug in KINDS])
    weights = model.learner.weights.copy()
    model.learner.know(("brine", "sky", "rest"), {"sea": "brine"})

    assert ["brine", "sky", "rest"] == model.learner.slugs
    assert np.array_equal(weights, model.learner.weights)


def test_a_lesson_survives_packing() -> None:
    """What is kept of a labelled document is all of it."""
    each = lesson("sky", 3)

    assert each == Labelled.unpack(each.pack())
