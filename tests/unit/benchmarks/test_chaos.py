"""Does the counting see what it is there to see? Faults are planted, and must be counted."""

from __future__ import annotations

from collections import Counter

from tests.benchmarks.chaos.counting import Essence, Stage, Webhooks, stage, webhooks
from tests.benchmarks.chaos.plan import Plan, kills
from tests.benchmarks.chaos.receiver import Receipt


def told(document: str, *, event: str = "") -> Essence:
    return Essence(event or f"event-{document}", document, 1, None)


def changed(document: str, revision: int) -> Essence:
    return Essence(f"change-{document}-{revision}", document, 0, revision)


def receipt(partner: str, document: str, webhook_id: str = "") -> Receipt:
    return Receipt(partner, webhook_id or f"{partner}-{document}", "document.published", document, 1)


def test_a_clean_stage_has_nothing_to_tell() -> None:
    """One event for each document; changed lists beside them, each revision once."""
    events = [told("a"), told("b"), changed("a", 1), changed("a", 2)]

    assert Stage(2, 0, 0, followers=2) == stage(events, {"a", "b"})


def test_a_document_that_never_came_is_lost() -> None:
    """Whatever was accepted and is not there is lost, also if others speak of it."""
    assert Stage(1, 1, 0, followers=1) == stage([told("a"), changed("b", 1)], {"a", "b"})


def test_the_same_event_twice_is_a_duplicate() -> None:
    """Under the same id."""
    assert 1 == stage([told("a"), told("a")], {"a"}).duplicated


def test_the_same_fact_under_two_ids_is_a_duplicate() -> None:
    """A new id does not hide that a document, or a list's revision, was told twice."""
    again = Essence("another", "a", 0, 7)

    assert 1 == stage([told("a"), told("a", event="another")], {"a"}).duplicated
    assert 1 == stage([changed("a", 7), again], {"a"}).duplicated


def test_webhook_ids_are_counted_each_in_its_way() -> None:
    """Missing, repeated, unknown, and one document told under two ids."""
    received = [receipt("p", "a"), receipt("p", "a"), receipt("p", "b", "stranger")]
    received += [receipt("q", "a"), receipt("q", "a", "q-b")]
    expected = {"p-a", "q-a", "q-b", "q-c"}

    found = webhooks(expected, received, refused=2)

    assert found == Webhooks(expected=4, received=5, missing=1, repeated=1, unknown=1, twice=1, refused=2)


def test_kills_are_as_many_as_planned_and_the_same_for_a_seed() -> None:
    """All of them fall while documents flow."""
    plan = Plan(documents=1_000, consumer_kills=30, redis_kills=5, publisher_kills=4, seed=7)
    drawn = kills(plan)
    victims = Counter(kill.victim for kill in drawn)

    assert drawn == kills(plan)
    assert (5, 2, 2, 39) == (victims["redis"], victims["publisher"], victims["ingest"], victims.total())
    assert all(0 < kill.accepted < plan.documents for kill in drawn)
