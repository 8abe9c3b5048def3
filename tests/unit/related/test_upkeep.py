"""services/related/upkeep.py"""

from __future__ import annotations

from services.related.choosing import Curated
from services.related.evaluation import freshness
from services.related.index import Index
from services.related.records import Record
from services.related.terms import terms_of
from services.related.upkeep import due, renew_one, settle_some
from tests.sea_words import WORDS


def grown(documents: int) -> Index:
    """An index to which documents of a few words came one by one."""
    index = Index()
    for number in range(documents):
        text = " ".join(WORDS[(number * step + number // 16) % len(WORDS)] for step in (1, 2, 3, 5, 7))
        index.put(str(number), Record(1, str(number), terms_of("", text)))
    return index


def test_upkeep_ends_with_the_lists_of_a_search_now() -> None:
    """The oldest first, until nothing is due."""
    index = grown(120)
    renewed: list[str] = []
    while oldest := due(index):
        renewed += oldest
        renew_one(index, oldest[0])

    assert renewed[0] == "0"
    assert (1.0, 0) == (freshness(index, 120).fresh, freshness(index, 120).waiting)
    assert len(renewed) == len(set(renewed)) <= 120


def test_an_empty_index_is_fresh() -> None:
    """Nothing to be done, and nothing to divide by."""
    assert [] == due(Index())
    assert (0, 1.0) == (freshness(Index(), 10).documents, freshness(Index(), 10).fresh)


def test_when_no_more_come_the_lists_are_those_of_the_frequencies_of_now() -> None:
    """The last documents are fewer than those after which frequencies are counted anew; they count all the same."""
    index = grown(200)
    documents = {name: record for name in index.documents.slot if (record := index.record(name))}
    while due(index):
        settle_some(index)
    again = Index()
    again.install(documents, {})
    for name in documents:
        again.renew(name)

    rows = [{name: held.nearest for name in documents if (held := each.held(name))} for each in (index, again)]
    assert rows[0] == rows[1]


def test_pins_do_not_make_a_list_look_stale() -> None:
    """Neither more than are shown of others, nor one that is not here."""
    index = grown(40)
    while oldest := due(index):
        renew_one(index, oldest[0])
    for pinned in (tuple(str(number) for number in range(10, 17)), ("nobody", "11")):
        index.curate("7", Curated(pinned))

        assert 1.0 == freshness(index, 40).fresh
