"""How many documents have a term: exact through comings and goings, and as Redis keeps it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from services.related.terms import SPACE, Terms
from services.related.vectors.frequencies import CHANGES, DOCUMENTS, Frequencies, places_of

HIGHEST = SPACE - 1


def terms(*numbers: int) -> Terms:
    return Terms(np.array(sorted({*numbers}), np.uint32), np.ones(len({*numbers}), np.uint8))


def counts(frequencies: Frequencies) -> list[int]:
    found: list[int] = np.frombuffer(frequencies.packed(), ">u4").tolist()
    return found


def test_what_is_set_in_redis_is_what_is_read_back() -> None:
    """The commands name each number once, at its place; many are several commands."""
    one, other = Frequencies(), Frequencies()
    changed = one.change((), [terms(3, 5, HIGHEST), terms(5, *range(100, 1300))])

    commands = [*one.commands("counts", changed)]
    told = {command[place + 2]: command[place + 3] for command in commands for place in range(2, len(command), 4)}
    other.install(one.packed())

    assert 2 == len(commands)
    assert ("BITFIELD", "counts", "SET", "u32", "#3", 1, "SET", "u32", "#5", 2) == commands[0][:10]
    assert (2, 2) == (told[f"#{DOCUMENTS}"], told[f"#{CHANGES}"])
    assert 1 == told[f"#{HIGHEST}"]
    assert counts(one) == counts(other)
    assert (2, False) == (other.documents, other.outdated())


@given(some.lists(some.sets(some.integers(0, 40), max_size=6), max_size=8), some.data())
def test_what_goes_leaves_nothing(documents: list[set[int]], data: some.DataObject) -> None:
    """Whoever came and went counts for nothing but a change."""
    frequencies = Frequencies()
    all_terms = [terms(*numbers) for numbers in documents]
    kept = [each for each in all_terms if data.draw(some.booleans())]
    gone = [each for each in all_terms if not any(each is other for other in kept)]
    frequencies.change((), all_terms)
    frequencies.change(gone, ())

    expected = Frequencies()
    expected.change((), kept)

    assert counts(expected)[:CHANGES] == counts(frequencies)[:CHANGES]
    assert len(documents) + len(gone) == frequencies.changes


def test_a_change_that_did_not_happen_is_taken_back() -> None:
    """The numbers are those before it, and nothing counts as missed."""
    frequencies = Frequencies()
    frequencies.install(b"")
    frequencies.change((), [terms(1, 2)])
    frequencies.settle(stands=True)
    before = frequencies.packed()

    frequencies.change([terms(1, 2)], [terms(2, 3)])
    frequencies.settle(stands=False)

    assert before == frequencies.packed()
    assert not frequencies.outdated()


def test_numbers_that_others_changed_are_read_again_after_one_document_in_fifty() -> None:
    """Of a hundred documents two may be missed, not three."""
    frequencies = Frequencies()
    assert frequencies.outdated()
    hundred = Frequencies()
    hundred.change((), [terms(1)] * 100)
    frequencies.install(hundred.packed())
    found = []
    for others in (102, 103):
        frequencies.tell(places_of(()), [others, others])
        found.append(frequencies.outdated())

    assert [False, True] == found


def test_a_rare_term_weighs_more_than_a_common_one() -> None:
    """And one that was never met as much as one that was met once."""
    frequencies = Frequencies()
    frequencies.change((), [terms(1, 2), terms(1), terms(1)])

    common, once, never = frequencies.rarity(np.array([1, 2, 3])).tolist()

    assert common < once == never
