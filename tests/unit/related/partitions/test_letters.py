"""What is asked and answered arrives as it was sent."""

from __future__ import annotations

import numpy as np

from services.related.partitions.letters import Answer, Question, Wanted, framed, frames
from services.related.partitions.splitting import Found
from services.related.records import Record
from services.related.terms import terms_of


def test_frames_come_apart_where_they_were_put_together() -> None:
    """Empty ones too."""
    parts = [b"one", b"", b"three\0"]

    assert parts == list(frames(framed(parts)))


def test_a_question_arrives() -> None:
    """With the records of those whose neighbours are looked for."""
    record = Record(3, "Tides", terms_of("Tides", "the moon and the sea"), day=7, subject="physics", original="x")
    question = Question("n", "4-ab", "3-cd", (Wanted("one", record, 12),), ("one", "two"), ("two",))

    arrived = Question.unpack(question.pack())

    assert question.pack() == arrived.pack()
    assert ("one", 12, record.pack()) == (
        arrived.wanted[0].name,
        arrived.wanted[0].count,
        arrived.wanted[0].record.pack(),
    )
    assert (("one", "two"), ("two",), False) == (arrived.subjects, arrived.leaving, arrived.counting)


def test_an_answer_arrives() -> None:
    """With the counts of terms."""
    counts = np.array([3, 9], np.uint32), np.array([1, 2], np.uint32)
    answer = Answer(
        2, found=(Found((("a", 5), ("b", 4)), ("c",)), Found()), dependents=("d",), waiting=4, counts=counts
    )

    arrived = Answer.unpack(answer.pack())

    assert (2, False, answer.found, ("d",), 4) == (
        arrived.partition,
        arrived.moved,
        arrived.found,
        arrived.dependents,
        arrived.waiting,
    )
    assert [[3, 9], [1, 2]] == [each.tolist() for each in arrived.counts]
