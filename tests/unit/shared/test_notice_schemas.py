"""What is sent is what its schema says, in every version; and a version that is out never says anything else."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import jsonschema_rs
import pytest

from shared import notices
from shared.events import Change, Event
from shared.notice_schemas import listed, schema_of
from tests.unit.shared.test_notices import AT, BASE, changed, published

EVENTS: list[Event] = [
    published(
        summary="About the sea.", keywords=("tides", "moon"), text="Text", html="<p>Text</p>", url="https://a.example/"
    ),
    published(Change.UPDATED),
    published(Change.UPDATED).model_copy(update={"reclassified": True}),
    published(Change.RETRACTED),
    changed(),
]
FROZEN = {
    (notices.PUBLISHED, 1): "9c0ae86ca2f79d1b",
    (notices.PUBLISHED, 2): "afa9bed913a8746e",
    (notices.RETRACTED, 1): "9fbf0cd2eee909db",
    (notices.RETRACTED, 2): "21c23a587b8d6b31",
    (notices.RELATED_CHANGED, 2): "902add3b24cf1514",
}


def validator(kind: str, version: int) -> Any:
    """What judges a body."""
    schema = schema_of(kind, version, BASE)
    assert schema
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: str(notices.kind_of(event)))
@pytest.mark.parametrize("version", notices.VERSIONS)
@pytest.mark.parametrize("full", [False, True])
def test_what_is_sent_is_what_the_schema_says(event: Event, version: int, *, full: bool) -> None:
    """Thin and with the whole text, in the version that a partner is pinned to, and in no other."""
    body = json.loads(notices.body_of(event, BASE, version, full=full))
    kind = notices.kind_of(event) or ""
    validator(kind, version).validate(body)

    assert [version == each for each in notices.VERSIONS] == [
        validator(kind, each).is_valid(body) for each in notices.VERSIONS
    ]


@pytest.mark.parametrize("version", notices.VERSIONS)
def test_what_no_document_caused_has_a_schema_too(version: int) -> None:
    """The test, the challenge, and what is said of a partner that was disabled."""
    told: dict[str, dict[str, Any]] = {
        notices.TEST: {"partner": "p", "name": "P"},
        notices.CHALLENGE: {"challenge": "x"},
        notices.DISABLED: {"partner": "p", "name": "P", "reason": "r", "waiting": 3},
    }
    for kind, data in told.items():
        validator(kind, version).validate(json.loads(notices.operational("e", kind, AT, data, BASE, version)))


def test_the_newest_version_is_a_cloud_event() -> None:
    """With every attribute that CloudEvents 1.0 demands, and the document as its subject."""
    told = json.loads(notices.body_of(EVENTS[0], BASE))

    assert ("1.0", BASE, "abcdefghijklmnop") == (told["specversion"], told["source"], told["subject"])
    assert f"{BASE}/schemas/document.published/2" == told["dataschema"]


def test_an_old_version_can_be_made_from_the_newest() -> None:
    """Byte by byte what would have been sent at once."""
    assert [notices.body_of(event, BASE, 1) for event in EVENTS] == [
        notices.as_version_1(notices.body_of(event, BASE)) for event in EVENTS
    ]


@pytest.mark.parametrize("place", FROZEN)
def test_a_version_that_is_out_never_changes(place: tuple[str, int]) -> None:
    """A breaking change is a new version; a field that may be there changes the mark here, on purpose."""
    text = json.dumps(schema_of(*place, "https://x.example"), sort_keys=True)

    assert FROZEN[place] == hashlib.sha256(text.encode()).hexdigest()[:16]


def test_every_type_has_every_version() -> None:
    """And nothing else has."""
    assert {(kind, version) for kind in notices.EVENTS for version in notices.VERSIONS} <= {
        (each["type"], each["version"]) for each in listed(BASE)
    }
    assert [None, None] == [schema_of("document.lost", 1, BASE), schema_of(notices.PUBLISHED, 3, BASE)]
