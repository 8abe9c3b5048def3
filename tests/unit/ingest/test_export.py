"""An export fills what is empty, renews what it wrote itself, and leaves a person's word alone."""

from __future__ import annotations

from typing import Any

from services.ingest.export import Findings, Neighbour, changes, noted
from services.ingest.write_back import Path

MOON, SUN = Neighbour(id="m", title="The Moon"), Neighbour(id="s", title="The Sun", url="/sun")


def findings(**facts: Any) -> Findings:
    """What is known of a document about the tides."""
    common: dict[str, Any] = {"subject": "Physics", "subject_given": False, "summary": "About the sea."}
    return Findings(**(common | {"keywords": ("tides", "moon"), "neighbours": (MOON, SUN)} | facts))


def put(told: dict[str, Any], wanted: dict[Path, str]) -> dict[str, Any]:
    """The front matter with the changes in it."""
    result = {name: dict(value) if isinstance(value, dict) else value for name, value in told.items()}
    for path, value in wanted.items():
        inner = result if len(path) == 1 else result.setdefault(path[0], {})
        inner[path[-1]] = value
    return result


def test_what_is_empty_is_filled() -> None:
    """In the places that the source has for it, or the plain ones."""
    plain = changes({}, findings(), {})
    seo = changes({"seo": {"page_keywords": ""}, "category": None}, findings(neighbours=()), {})

    assert plain[("subject",)] == "Physics"
    assert plain[("keywords",)] == "tides, moon"
    assert plain[("related_article2", "url")] == "/sun"
    assert seo == {
        ("category",): "Physics",
        ("seo", "page_description"): "About the sea.",
        ("seo", "page_keywords"): "tides, moon",
    }


def test_a_persons_word_stays() -> None:
    """Whatever the classifier thinks; a subject that a person set here goes into the source."""
    told = {"subject": "Law", "description": "Mine.", "tags": ["a"]}
    guessed, given = findings(neighbours=()), findings(neighbours=(), subject_given=True)

    assert changes(told, guessed, {}) == {}
    assert changes(told, given, {}) == {("subject",): "Physics"}


def test_a_second_run_changes_nothing_and_a_third_what_is_ours() -> None:
    """What we wrote may be written anew; what a person changed or emptied since may not."""
    first = changes({}, findings(), {})
    told, written = put({}, first), noted({}, first)
    again = findings(subject="Medicine", summary="New.", keywords=("new",))
    edited = told | {"description": "Mine.", "keywords": ""}

    assert changes(told, findings(), written) == {}
    assert changes(edited, again, written) == {("subject",): "Medicine"}


def test_related_articles_keep_their_numbers() -> None:
    """A new order alone is no change; an edited one stays, and the others are renewed around it."""
    first = changes({}, findings(), {})
    told, written = put({}, first), noted({}, first)
    mars = Neighbour(id="x", title="Mars")
    edited = told | {"related_article1": {"id": "m", "title": "My Moon"}}

    assert changes(told, findings(neighbours=(SUN, MOON)), written) == {}
    assert changes(told, findings(neighbours=(mars, SUN)), written) == {
        ("related_article1", "id"): "x",
        ("related_article1", "title"): "Mars",
    }
    assert (
        changes(edited, findings(neighbours=(mars, SUN)), written)
        == {
            ("related_article3", "id"): "x",
            ("related_article3", "title"): "Mars",
        }
        or changes(edited, findings(neighbours=(mars, SUN)), written) == {}
    )


def test_what_stood_there_before_us_is_replaced_once() -> None:
    """As many as there were."""
    told = {"related_article1": {"id": "old", "title": "Old", "url": "/old"}}

    assert changes(told, findings(), {})[("related_article1", "id")] == "m"
    assert ("related_article2", "id") not in changes(told, findings(), {})
