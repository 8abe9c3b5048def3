"""What the parts of a whole find, put together, is what the whole finds."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from services.related.partitions.splitting import SLACK, Found, best, merged, partition_of

NAMES = st.text("abcdefgh", min_size=1, max_size=4)
CLOSE = st.dictionaries(NAMES, st.integers(0, 40), max_size=60)


@given(CLOSE, st.integers(1, 6), st.integers(1, 12))
def test_the_best_of_the_parts_best_are_the_best_of_the_whole(found: dict[str, int], parts: int, count: int) -> None:
    """However the documents are split, ties by id included."""
    ranked = sorted(found.items(), key=lambda close: (-close[1], close[0]))
    shares = [[close for close in ranked if partition_of(close[0], parts) == part] for part in range(parts)]

    whole = merged([Found(tuple(best(share, count))) for share in shares], count)

    assert ranked[:count] == list(whole.near)[:count]


@given(CLOSE, st.integers(1, 6), st.integers(1, 12), st.randoms(use_true_random=False))
def test_another_way_of_summing_leaves_nobody_out(
    found: dict[str, int], parts: int, count: int, chance: object
) -> None:
    """Shares may be off by the slack to both sides: who belongs to the best is named all the same."""
    told = {name: units + chance.randint(-SLACK, SLACK) for name, units in found.items()}  # type: ignore[attr-defined]
    shares = [[close for close in told.items() if partition_of(close[0], parts) == part] for part in range(parts)]

    whole = merged([Found(tuple(best(share, count))) for share in shares], count)

    ranked = sorted(found.items(), key=lambda close: (-close[1], close[0]))
    assert {name for name, _ in ranked[:count]} <= {name for name, _ in whole.near}


@given(st.lists(st.lists(NAMES, max_size=5), min_size=1, max_size=4))
def test_whoever_may_be_entered_in_any_part_may_be(entered: list[list[str]]) -> None:
    """Nobody is left out of these."""
    whole = merged([Found(entered=tuple(part)) for part in entered], 10)

    assert [name for part in entered for name in part] == list(whole.entered)


def test_every_partition_gets_its_share() -> None:
    """Of ten thousand names no partition has a tenth more than another; a name stays where it is."""
    counts = Counter(partition_of(f"document-{number}", 4) for number in range(10_000))

    assert [0, 1, 2, 3] == sorted(counts)
    assert max(counts.values()) < 1.1 * min(counts.values())
    assert 1 == partition_of("document-1", 4)
