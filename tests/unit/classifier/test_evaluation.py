"""Scores of answers, against sums done by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.classifier.calibration import Calibration
from services.classifier.evaluation import Answer, Score, confusion, coverage
from services.classifier.picture import coverage_svg

ANSWERS = [
    Answer("sea", ("sea", "sky"), 0.9),
    Answer("sea", ("sky", "sea"), 0.6),
    Answer("sky", ("sky", "sea"), 0.8),
    Answer("rest", ("sky", "sea", "rest"), 0.3),
]


def test_scores_are_as_by_hand() -> None:
    """Two of four right, all among three; F1 of 2/3, 1/2 and 0; each gap in its own bin."""
    score = Score.of(ANSWERS)

    assert (4, 0.5, 1.0) == (score.documents, score.accuracy, score.top3)
    assert pytest.approx((2 / 3 + 2 / 4 + 0) / 3) == score.macro_f1
    assert pytest.approx((0.1 + 0.6 + 0.2 + 0.3) / 4) == score.ece


def test_errors_are_counted_by_pair() -> None:
    """Each pair of truth and answer, right ones left out."""
    assert [("rest", "sky", 1), ("sea", "sky", 1)] == confusion(ANSWERS)


def test_the_surest_come_first() -> None:
    """Coverage ends with all documents at the accuracy of all."""
    curve = coverage(ANSWERS)

    assert [(0.25, 1.0, 0.9), (0.5, 1.0, 0.8)] == curve[:2]
    assert (1.0, 0.5, 0.3) == curve[-1]


def test_the_picture_is_svg_and_escapes_its_title() -> None:
    """It stands alone, and names its shares."""
    drawn = coverage_svg(coverage(ANSWERS), "a < b")

    assert drawn.startswith("<svg ")
    assert "a &lt; b" in drawn
    assert "100%" in drawn


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.floats(0, 1)), min_size=1))
def test_every_score_is_a_share(rows: list[tuple[str, str, float]]) -> None:
    """Whatever the answers, and the curve never leaves the picture."""
    answers = [Answer(truth, (answer,), confidence) for truth, answer, confidence in rows]
    score = Score.of(answers)

    assert all(0 <= value <= 1 for value in (score.accuracy, score.top3, score.macro_f1, score.ece))
    assert all(0 < share <= 1 and 0 <= accuracy <= 1 for share, accuracy, _ in coverage(answers))


def test_who_is_too_sure_grows_less_sure() -> None:
    """Many wrong answers with high confidence raise the temperature, and it comes back when they end."""
    calibration = Calibration()
    before = calibration.temperature(100)
    for _ in range(400):
        calibration.observe(0.9, right=False)
    raised = calibration.temperature(100)
    for _ in range(6000):
        calibration.observe(0.7, right=True)

    assert raised > before * 1.3
    assert calibration.temperature(100) < raised
