"""services/related/reasons.py"""

from __future__ import annotations

from services.related.index import Index
from services.related.reasons import REASONS, Reasons
from services.related.records import Record
from services.related.terms import terms_of


def test_reasons_are_the_weightiest_words_of_both() -> None:
    """The same from both sides; no word beside two words that have it; three at most."""
    index = Index()
    words = {"a": "spring tides\ntides\nmoon\nsea\nsun", "b": "moon\nspring tides\ntides\nsun\nsea", "c": "court"}
    for name, keys in words.items():
        index.put(name, Record(1, name, terms_of(keys, keys), keys=keys))
    reasons = Reasons()

    assert ("spring tides", "moon", "sea") == reasons.of(index, "a", "b") == reasons.of(index, "b", "a")
    assert REASONS == len(reasons.of(index, "a", "b"))
    assert () == reasons.of(index, "a", "c") == reasons.of(index, "a", "nobody")


def test_a_new_version_has_new_reasons() -> None:
    """What was remembered of the old one is not used."""
    index = Index()
    for version, keys in ((1, "moon"), (2, "sun")):
        for name in ("a", "b"):
            index.put(name, Record(version, name, terms_of(keys, keys), keys=keys))

        assert (keys,) == REASONS_OF_ALL.of(index, "a", "b")


REASONS_OF_ALL = Reasons()
