"""The short form of chaos: everything is killed with -9 while documents flow, and nothing is lost or happens twice."""

from __future__ import annotations

from tests.benchmarks.chaos.plan import Plan
from tests.benchmarks.chaos.runs import run_belt


def test_kills_lose_and_repeat_nothing() -> None:
    """Ten consumers, Redis twice, the publisher and ingest die under 600 documents; then every stage is counted."""
    plan = Plan(documents=600, rate=50, consumer_kills=10, redis_kills=2, publisher_kills=2, seconds=60)
    facts = run_belt(plan, lambda _: None).facts

    assert {"lost": 0, "duplicated": 0, "pending": 0, "dead": 0} == {
        name: facts[name] for name in ("lost", "duplicated", "pending", "dead")
    }, facts
    assert (600, 14) == (facts["accepted"], sum(facts["kills"].values()))
    assert facts["clean"], facts
    assert [] == facts["stopped_badly"]
