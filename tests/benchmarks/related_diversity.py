"""How different the five of a list should be: our rule beside MMR (J. Carbonell and J. Goldstein, SIGIR 1998), on exact lists.

Our rule (services/related/choosing.py) passes over who says what a closer one says. MMR chooses one after the other, each time the one of
the row with the greatest λ · closeness to the article - (1 - λ) · closeness to the closest of those chosen. Both see a row as it is held.
`alike`: the mean closeness of two in one list. `twins`: the share of lists in which two say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from services.related.choosing import COPY, TWIN
from services.related.closeness import MILLION
from services.related.lists import FLOOR, HELD, SHOWN
from services.related.records import Record
from tests.benchmarks.related_belt import BruteForce

LAMBDAS = (0.9, 0.8, 0.7)

Choose = Callable[[int, list[int]], list[int]]
Lists = dict[str, list[str]]


def compared(records: Mapping[str, Record]) -> dict[str, tuple[Lists, dict[str, float]]]:
    """For each rule the lists that it makes, and how alike those are who stand in one."""
    brute = BruteForce(dict(records))
    close = np.array([brute.closeness(name) for name in brute.names])
    rows = [_row(brute, close, place) for place in range(len(brute.names))]
    rules: dict[str, Choose] = {"none": lambda _, row: row[:SHOWN], "twins and copies passed over": _ours(close)}
    rules |= {f"MMR {weight}": _mmr(close, weight) for weight in LAMBDAS}
    return {
        name: _told(brute.names, close, [rule(place, row) for place, row in enumerate(rows)])
        for name, rule in rules.items()
    }


def _row(brute: BruteForce, close: Any, place: int) -> list[int]:
    nearest = np.argsort(-np.where(brute.silent, 0, close[place]))[: 2 * HELD].tolist()
    nearest = sorted(nearest, key=lambda other: (-close[place, other], brute.names[other]))[:HELD]
    return [other for other in nearest if close[place, other] >= FLOOR / MILLION]


def _ours(close: Any) -> Choose:
    def choose(place: int, row: list[int]) -> list[int]:
        chosen: list[int] = []
        for other in row:
            if close[place, other] < COPY / MILLION and all(close[other, one] < TWIN / MILLION for one in chosen):
                chosen.append(other)
        return chosen[:SHOWN]

    return choose


def _mmr(close: Any, weight: float) -> Choose:
    def choose(place: int, row: list[int]) -> list[int]:
        chosen: list[int] = []
        while len(chosen) < min(SHOWN, len(row)):
            gain = {
                other: weight * close[place, other]
                - (1 - weight) * max((close[other, one] for one in chosen), default=0)
                for other in row
                if other not in chosen
            }
            chosen.append(max(gain, key=gain.__getitem__))
        return chosen

    return choose


def _told(names: Sequence[str], close: Any, chosen: Sequence[list[int]]) -> tuple[Lists, dict[str, float]]:
    pairs = [[float(close[one, other]) for one, other in combinations(each, 2)] for each in chosen]
    alike = [float(np.mean(each)) for each in pairs if each]
    twins = [max(each, default=0) >= TWIN / MILLION for each in pairs]
    lists = {name: [names[other] for other in each] for name, each in zip(names, chosen, strict=True)}
    return lists, {"alike": round(float(np.mean(alike)), 4), "twins": round(float(np.mean(twins)), 4)}


def told(records: Mapping[str, Record], measure: Callable[[Lists], dict[str, float]]) -> dict[str, dict[str, float]]:
    """The measures of each rule's lists."""
    return {name: measure(lists) | alike for name, (lists, alike) in compared(records).items()}
