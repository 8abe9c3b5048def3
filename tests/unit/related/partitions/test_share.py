"""Several shares together know what one index knows."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from services.related.choosing import Curated
from services.related.index import Index
from services.related.lists import HELD
from services.related.partitions.letters import Answer, Wanted
from services.related.partitions.share import Share
from services.related.partitions.splitting import Found, merged, partition_of
from services.related.partitions.weighing import Weighing, summed
from services.related.records import Record
from services.related.terms import terms_of
from tests.sea_words import WORDS

SEA = [[WORDS[(number * step) % len(WORDS)] for step in (1, 2, 3, 5, 7)] for number in range(1, 11)]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12), min_size=2, max_size=40)


def corpus(texts: list[list[str]]) -> dict[str, Record]:
    """Documents of these words; each fifth one copies the one before it."""
    return {
        str(number): Record(
            1,
            words[0],
            terms_of(words[0], " ".join(words)),
            day=number % 9,
            subject=("physics", "")[number % 2],
            original=str(number - 1) if number % 5 == 4 else "",
        )
        for number, words in enumerate(texts)
    }


def split(index: Index, records: Mapping[str, Record], count: int) -> list[Share]:
    """The same documents and lists in shares, under the weights that all of them together have."""
    shares = [Share(Weighing()) for _ in range(count)]
    for number, share in enumerate(shares):
        ours = {name: it for name, it in records.items() if partition_of(name, count) == number}
        share.install(ours, index.held_all(ours), {}, records.keys())
    answers = [Answer(n, documents=len(share), counts=share.counts()) for n, share in enumerate(shares)]
    for share in shares:
        share.weigh(Weighing.unpack(summed("1-a", answers)))
    return shares


@given(TEXTS, st.integers(1, 4))
def test_the_nearest_of_all_shares_are_those_of_one_index(texts: list[list[str]], count: int) -> None:
    """The last document comes: its own list, and every list that it enters, is what one index makes of it."""
    records = corpus(texts)
    *others, last = records
    index = Index()
    index.install({name: records[name] for name in others}, {})
    index.corpus.refresh(1)
    for name in [*others, *others]:
        index.renew(name)
    shares = split(index, {name: records[name] for name in others}, count)
    before = index.held_all(others)
    index.corpus.refresh = lambda after=0: False  # type: ignore[method-assign] # noqa: ARG005 - the weights stay
    index.put(last, records[last])

    found = merged([share.found(Wanted(last, records[last], HELD)) for share in shares], HELD)

    held = index.held(last)
    assert held
    assert {name for name, _ in held.nearest} <= {name for name, _ in found.near}
    entered = {name for name in others if index.held(name) != before[name]}
    assert entered <= {*found.entered}


@given(TEXTS, st.integers(1, 4))
def test_whoever_goes_is_known_by_all_who_list_or_copy_it(texts: list[list[str]], count: int) -> None:
    """And by those that it is pinned to."""
    records = corpus(texts)
    index = Index()
    for name, record in records.items():
        index.put(name, record)
    shares = split(index, records, count)
    shares[partition_of("1", count)].install({}, {}, {"1": Curated(pinned=("0",))}, ())

    dependents = set().union(*(share.dependents(["0", "3"], ["0", "3"]) for share in shares))

    listing = {name for name, held in index.held_all(records).items() if held and {"0", "3"} & {*dict(held.nearest)}}
    copies = {name for name, record in records.items() if record.original in {"0", "3"} & records.keys()}
    assert listing | copies | {"1"} <= dependents


def test_a_share_weighs_as_one_index_does() -> None:
    """The same frequencies give the same weights to the last bit, whoever counted them."""
    records = corpus(SEA)
    index = Index()
    index.install(records, {})

    weighing = split(index, records, 3)[0].weighing

    for name, slot in index.documents.slot.items():
        terms = index.corpus.terms(slot)
        small = index.corpus._vocabulary.known(terms.numbers)
        assert index.corpus._idf[small].tolist() == weighing.rarity(terms.numbers).tolist(), name
    assert ("1-a", len(records)) == (weighing.name, weighing.documents)


def test_whoever_left_is_forgotten() -> None:
    """No posting, no list, no copy of it is left."""
    records = corpus(SEA)
    share = Share(Weighing())
    share.install(records, {}, {}, records.keys())
    share.install({name: Record(2, retracted=True) for name in records}, {}, {}, ())

    assert (0, []) == (len(share), share.counts()[0].tolist())
    assert Found() == share.found(Wanted("0", records["0"], HELD))
    assert set() == share.dependents(records, [*records])


def test_lists_wait_for_a_search_until_they_had_one() -> None:
    """After a load all do; other weights make all of them wait again."""
    records = corpus(SEA)
    share = Share(Weighing())
    share.install(records, {}, {}, ())
    assert 10 == len(share.unsearched(20))
    share.searched(records)
    assert [] == share.unsearched(20)

    share.weigh(Weighing("1-a", 10, share.counts()))

    assert 10 == len(share.unsearched(20))
