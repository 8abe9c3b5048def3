"""When terms are counted anew, and who hears whom."""

from __future__ import annotations

import pytest

from services.related.ledger import NOWHERE
from services.related.partitions.keys import PartitionKeys, Tally


@pytest.mark.parametrize(
    ("tally", "position", "outdated"),
    [
        (Tally(), NOWHERE, False),
        (Tally("1-a", 100, 0, "1-a"), "1-a", False),
        (Tally("2-b", 100, 1, "1-a"), "2-b", False),
        (Tally("2-b", 100, 2, "1-a"), "2-b", True),
        (Tally("2-b", 100, 0, "2-b"), "3-c", True),
    ],
    ids=["nothing yet", "nothing since", "little since", "much since", "another index wrote"],
)
def test_terms_are_counted_anew_when_much_changed(tally: Tally, position: str, outdated: bool) -> None:  # noqa: FBT001
    """One document in fifty, or any number that nobody counted."""
    assert outdated == tally.outdated(position, 50)


def test_a_tally_counts_along() -> None:
    """And comes back from Redis as it went there."""
    tally = Tally("1-a", 100, 3, "1-a").after("2-b", came=4, went=2)

    assert Tally("2-b", 102, 9, "1-a") == tally == Tally.unpack(tally.pack())


def test_those_who_disagree_about_the_number_do_not_hear_each_other() -> None:
    """Leases and questions of two partitions are others than those of three; the lists are the same."""
    two, three = (PartitionKeys.of(lambda *parts: ":".join(parts), count) for count in (2, 3))

    assert two.lease(0) != three.lease(0)
    assert two.asked(1) != three.asked(1)
    assert two.shared == three.shared
