"""services/related/standing.py"""

from __future__ import annotations

from collections.abc import Callable

from services.related.choosing import Curated
from services.related.index import Index
from tests.unit.related.samples import record_of, renew_all


def test_a_near_duplicate_stands_in_no_list_while_its_original_is_here() -> None:
    """It has a list of its own, and comes back when the original goes."""
    index = Index()
    index.put("a", record_of({1: 32, 2: 32, 5: 32}))
    index.put("b", record_of({1: 32, 3: 32, 6: 32}))
    index.put("copy", record_of({1: 32, 3: 33, 6: 32}, original="b"))

    assert (["b"], ["a"]) == ([near.id for near in index.shown("a")], [near.id for near in index.shown("copy")])
    assert ["a"] == index.remove("b", 2)[:1]
    assert ["copy"] == [near.id for near in index.shown("a")]


def test_of_two_that_say_the_same_only_one_stands_in_a_list() -> None:
    """Although nobody called them duplicates."""
    index = Index()
    for name, strengths in {"a": {1: 32, 2: 60}, "b": {1: 60, 3: 60}, "c": {1: 60, 3: 61}, "d": {4: 30}}.items():
        index.put(name, record_of(strengths))
    renew_all(index)

    assert 1 == len(index.shown("a"))


FURTHER = record_of({1: 60, 9: 90})


def test_two_that_drift_apart_both_stand_in_a_list_that_was_not_searched_since() -> None:
    """And when they drift together only one does: whoever finds it out looks at the lists that hold both."""
    index = Index()
    index.install({f"more-{n}": record_of({100 + n: 60} | ({1: 60} if n < 300 else {})) for n in range(600)}, {})
    for name, strengths in {"a": {5: 20, 2: 30}, "b": {5: 20, 1: 77, 3: 15}, "c": {5: 20, 1: 77, 4: 15}}.items():
        index.put(name, record_of(strengths))
    index.corpus.refresh(10**6)
    for name in "abcabc":
        index.renew(name)
    before = index.shown("a")
    changed = {name for number in range(8) for name in drifted(index, lambda name: index.put(name, FURTHER), number)}
    apart = index.shown("a")
    changed_back = {name for number in range(8) for name in drifted(index, lambda name: index.remove(name, 1), number)}

    assert [["b"], ["b", "c"], ["b"]] == [[near.id for near in shown] for shown in (before, apart, index.shown("a"))]
    assert ("a" in changed, "a" in changed_back) == (True, True)


def drifted(index: Index, change: Callable[[str], object], number: int) -> set[str]:
    """Whose lists are others since two were searched with the frequencies after a change."""
    change(f"then-{number}")
    index.corpus.refresh(10**6)
    return {name for searched in "bc" for name in index.renew(searched)}


def test_what_a_pinned_one_says_is_not_said_once_more() -> None:
    """Though it is closer; and it stands again when the pin is gone, or pinned no more."""
    index = Index()
    texts = {"a": {1: 32, 2: 60}, "b": {1: 60, 3: 60}, "c": {1: 60, 3: 61}, "d": {4: 30}}
    for name, strengths in texts.items():
        index.put(name, record_of(strengths))
    renew_all(index)
    [closest] = [near.id for near in index.shown("a")]
    twin = "c" if closest == "b" else "b"
    pinned = index.curate("a", Curated((twin,)))
    beside = [near.id for near in index.shown("a")]
    gone = index.remove(twin, 2)
    without = [near.id for near in index.shown("a")]
    index.put(twin, record_of(texts[twin], version=3))
    again = [near.id for near in index.shown("a")]
    index.curate("a", Curated())

    assert (["a"], [twin]) == (pinned, beside)
    assert ("a" in gone, [closest], [twin]) == (True, without, again)
    assert 1 == len(index.shown("a"))
