"""A document as numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.classifier.learner import Example, Learner
from services.classifier.reading import FEATURES, WORD_PLACES, Reader
from shared.settings import Settings

WORDS = st.lists(st.sampled_from(["tide", "waves", "the", "archipelago", "of", "moon", "Sea", "1914"]), max_size=40)


@given(WORDS, WORDS)
def test_each_feature_is_a_word_or_a_phrase_of_the_document(title: list[str], text: list[str]) -> None:
    """Words have places of their own, phrases the others; ascending, each once, and the words behind each are the document's."""
    reading = Reader().read(" ".join(title), " ".join(text))
    behind = [reading.words_at(place) for place in reading.firsts.tolist()]

    assert sorted(set(reading.ids.tolist())) == reading.ids.tolist()
    assert all(each < FEATURES for each in reading.ids.tolist())
    assert [1 if each < WORD_PLACES else 2 for each in reading.ids.tolist()] == [len(words) for words in behind]
    assert {word for words in behind for word in words} <= {word.lower() for word in title + text} - {"the", "of"}


def test_a_word_counts_as_often_as_it_occurs() -> None:
    """Twice in the title, once more for standing there; at most 255 times."""
    reader = Reader()
    once, twice, many = (reader.read("", " moon" * number).counts.max() for number in (1, 2, 300))

    assert (1, 2, 255) == (once, twice, many)
    assert [2, 2] == reader.read("moon", "").counts.tolist()


def test_learning_touches_the_features_of_the_document_alone() -> None:
    """Every other row stays as it was."""
    reading, learner = Reader().read("Tides", "the moon and the sea"), Learner()
    learner.know(("sea", "sky"), {})
    learner.learn(Example(reading.ids, reading.counts, np.zeros(2, np.float32), 0, 1))

    assert reading.ids.tolist() == np.flatnonzero(learner.weights.any(axis=1)).tolist()
    assert [1.0] == np.unique(np.sign(learner.weights[reading.ids, 0])).tolist()


def test_what_a_batch_teaches_is_not_read_again() -> None:
    """All documents of a batch are classified before the first of them is learned from."""
    reader = Reader()
    batch = [(f"Tide {number}", "the moon and the sea") for number in range(Settings(token="t").batch_size)]
    classified = [reader.read(*document) for document in batch]

    assert all(reader.read(*document) is reading for document, reading in zip(batch, classified, strict=True))
