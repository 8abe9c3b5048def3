"""A filter lets through what was asked for, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.webhooks.filters import Filter, facts_of
from shared.syndication.directory import Lead

DATA: dict[str, Any] = {
    "title": "Why the sea breathes",
    "summary": "Tides follow the moon. High water comes twice a day.",
    "subject": {"name": "Physics", "slug": "physics"},
    "second": {"name": "Oceanography", "slug": "oceanography"},
    "keywords": ["Tides", "New Moon"],
    "authors": ["A. Luna"],
    "language": "en-GB",
}

PASSES: list[dict[str, Any]] = [
    {},
    {"subjects": ["physics"]},
    {"subjects": ["OCEANOGRAPHY", "law"]},
    {"keywords": ["new moon"]},
    {"authors": ["a. luna"]},
    {"languages": ["en"]},
    {"query": "sea moon"},
    {"query": '"high water" -sailing'},
    {"query": "tides", "subjects": ["physics"], "languages": ["de", "en"]},
    {"query": '""'},
]
BLOCKED: list[dict[str, Any]] = [
    {"subjects": ["law"]},
    {"keywords": ["moon"]},
    {"authors": ["Luna"]},
    {"languages": ["e", "en-US"]},
    {"query": "sea sailing"},
    {"query": "-tides"},
    {"query": '"water high"'},
    {"query": "tide"},
    {"query": "tides", "subjects": ["law"]},
]


@pytest.mark.parametrize("wanted", PASSES, ids=str)
def test_what_was_asked_for_passes(wanted: dict[str, Any]) -> None:
    """Any of a field's values, all of the fields; without case, whole words."""
    assert Filter(**wanted).passes(facts_of(DATA))


@pytest.mark.parametrize("wanted", BLOCKED, ids=str)
def test_what_was_not_asked_for_does_not(wanted: dict[str, Any]) -> None:
    """One field that does not fit is enough."""
    assert not Filter(**wanted).passes(facts_of(DATA))


def test_a_message_without_content_has_facts_too() -> None:
    """A retraction says little, and that is no fault."""
    facts = facts_of({"id": "x", "title": "Tides"})

    assert [True, False] == [Filter(query="tides").passes(facts), Filter(subjects=("physics",)).passes(facts)]


def test_a_filter_follows_its_subjects() -> None:
    """Renamed or merged, by slug or by name; one that was removed leads nowhere, and what was asked for stays."""
    leads = {
        "law-studies": Lead(to="law", at=datetime(2026, 1, 1, tzinfo=UTC)),
        "alchemy": Lead(at=datetime(2026, 1, 1, tzinfo=UTC)),
    }
    asked = Filter(subjects=("Law Studies", "alchemy", "medicine"))

    assert ("Law Studies", "alchemy", "medicine", "law") == asked.following(leads).subjects
    assert asked is asked.following({})
