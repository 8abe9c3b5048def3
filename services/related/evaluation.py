"""Pure. How good the lists are at this moment, from the inside: are they those that a search would find now?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from services.related.index import Index
from services.related.lists import SHOWN


@dataclass(frozen=True)
class Freshness:
    """`fresh`: the share of places whose neighbour a search now would show. `close`: the mean closeness of a place.

    `filled`: the share of lists with five neighbours. `waiting`: lists that should be searched anew.
    """

    documents: int
    sample: int
    fresh: float
    close: float
    filled: float
    waiting: int

    def facts(self) -> dict[str, float]:
        return asdict(self)

    @classmethod
    def of(cls, parts: Sequence[Freshness]) -> Freshness:
        """Several samples of one corpus as one."""
        last = parts[-1] if parts else Freshness(0, 0, 1.0, 0.0, 0.0, 0)
        sample = sum(part.sample for part in parts)

        def mean(of: Callable[[Freshness], float]) -> float:
            return round(sum(of(part) * part.sample for part in parts) / sample, 4) if sample else of(last)

        return cls(
            documents=last.documents,
            sample=sample,
            fresh=mean(lambda part: part.fresh),
            close=mean(lambda part: part.close),
            filled=mean(lambda part: part.filled),
            waiting=last.waiting,
        )


def freshness(index: Index, sample: int) -> Freshness:
    """Compare some lists, evenly spread over all documents, to what a search finds with the frequencies of now."""
    names = sorted(index.documents.slot)
    chosen = names[:: max(1, len(names) // sample)][:sample]
    return compared(index, chosen, documents=len(names), waiting=len(index.unrenewed(len(names) + 1)))


def compared(index: Index, chosen: Sequence[str], *, documents: int, waiting: int) -> Freshness:
    """Compare these lists to what a search finds."""
    same = places = full = 0
    closeness: list[float] = []
    for name in chosen:
        listed = index.shown(name)
        shown = {near.id for near in listed if not near.pinned}
        pinned = len(listed) - len(shown)
        expected = set(index.searched(name)[: max(SHOWN - pinned, 0)])
        same += len(shown & expected)
        places += max(len(shown), len(expected))
        full += len(listed) >= SHOWN
        closeness += [near.score for near in listed]
    return Freshness(
        documents=documents,
        sample=len(chosen),
        fresh=round(same / places, 4) if places else 1.0,
        close=round(float(np.mean(closeness)), 4) if closeness else 0.0,
        filled=round(full / max(len(chosen), 1), 4),
        waiting=waiting,
    )
