"""services/related/reasons.py"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from services.ingest.documents import read
from services.related.index import Index
from services.related.reasons import MOST_KEYS, REASONS, Newcomer, Reasons
from services.related.records import Record
from services.related.relating import Relating, articles
from services.related.terms import Words, terms_in, terms_of
from shared.events import Change, Document, DocumentClassified, Subject, event_id
from shared.settings import ROOT

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def met(*texts: tuple[str, str]) -> tuple[Index, Reasons]:
    """An index of these documents, each with its name, that came one by one."""
    index, reasons = Index(), Reasons()
    for name, written in texts:
        words = Words.of("", written)
        changed = index.put(name, Record(1, name, terms_in(words)))
        held = index.held(name)
        near = [*(near for near, _ in held.nearest), *changed] if held else changed
        reasons.meet(index, [Newcomer(name, near, words)])
    return index, reasons


def test_reasons_are_the_weightiest_words_of_both() -> None:
    """The same from both sides and for who knows the index only; no word beside two words that have it; three at most."""
    tides = "spring tides come, spring tides go, spring tides; moon and moon, sea, sun"
    index, reasons = met(("a", tides), ("b", tides + " storm"), ("c", "court"))

    for found in (reasons, Reasons()):
        assert {"a": [("tides", "spring", "moon")]} == found.of(index, {"a": ["b"]})
        assert {"b": [("tides", "spring", "moon")]} == found.of(index, {"b": ["a"]})
        assert {"a": [(), ()], "nobody": [()]} == found.of(index, {"a": ["c", "nobody"], "nobody": ["a"]})


def test_a_new_version_has_new_reasons() -> None:
    """What was remembered of the old one is not used."""
    index, reasons = Index(), Reasons()
    for version, keys in ((1, "moon"), (2, "sun")):
        for name in ("a", "b"):
            index.put(name, Record(version, name, terms_of(keys, keys), keys=keys))

        assert {"a": [(keys,)]} == reasons.of(index, {"a": ["b"]})


def test_each_neighbour_of_a_seed_has_its_reasons() -> None:
    """In a corpus of five long texts most words are rare: what two of them share is still told, and in their words."""
    index = Index()
    seeds = sorted((ROOT / "seeds" / "documents").iterdir())
    for path in seeds:
        relating = Relating(index, [_classified(path.stem[:3], path.read_bytes())])
        relating.take(0)
        relating.name()

    for path in seeds:
        for near in articles(index, [path.stem[:3]])[path.stem[:3]]:
            assert REASONS == len(near.why), near
            assert {"node", "nodes", "lymph"} & {*near.why}, near


@given(st.lists(st.text("abc ", max_size=60), min_size=2, max_size=6))
def test_reasons_stand_in_both_texts(texts: list[str]) -> None:
    """Whatever comes, a reason is a word of both, and few words are kept."""
    named = {str(number): text.replace("a", "moon ").replace("b", "tide ") for number, text in enumerate(texts)}
    index, reasons = met(*named.items())

    for (name, text), (other, beside) in permutations(named.items(), 2):
        assert index.documents.keys(name).count("\n") < MOST_KEYS
        for why in reasons.of(index, {name: [other]})[name][0]:
            assert {*why.split()} <= {*Words.of("", text).written} & {*Words.of("", beside).written}


def _classified(name: str, body: bytes) -> DocumentClassified:
    draft = read(body)
    return DocumentClassified(
        event_id=event_id(name, DocumentClassified.stream, name),
        correlation_id="test",
        occurred_at=NOW,
        change=Change.ADDED,
        document=Document(id=name, version=1, content_hash="0", title=draft.title, text=draft.text, received_at=NOW),
        subject=Subject(name="Medicine", slug="medicine", confidence=1),
    )


def test_newcomers_of_a_batch_have_the_reasons_that_each_has_alone() -> None:
    """However many are met at once, in the same words."""
    texts = [
        (name, f"{name} spring tides and a neap moon, {name} tides" + " storm" * place)
        for place, name in enumerate(("ebb", "flow", "swell"))
    ]
    index, alone = met(*texts)
    newcomers = [
        Newcomer(name, [other for other, _ in texts if other != name], Words.of("", written)) for name, written in texts
    ]
    for newcomer in newcomers:
        alone.meet(index, [newcomer])
    lists = {newcomer.id: newcomer.neighbours for newcomer in newcomers}
    expected, keys = alone.of(index, lists), [index.documents.keys(name) for name, _ in texts]
    together = Reasons()
    together.meet(index, newcomers)

    assert expected == together.of(index, lists)
    assert keys == [index.documents.keys(name) for name, _ in texts]
