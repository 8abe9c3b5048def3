"""services/related/records.py"""

from __future__ import annotations

from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from services.related.records import UNDATED, Held, Record, day_of
from services.related.terms import Terms

TERMS = st.dictionaries(st.integers(0, 2**21 - 1), st.integers(1, 255), max_size=20).map(
    lambda found: Terms(np.array(sorted(found), np.uint32), np.array([found[term] for term in sorted(found)], np.uint8))
)
NAMES = st.text(st.characters(codec="utf-8"), max_size=30)


@given(st.integers(0, 2**32 - 1), st.text(max_size=300), TERMS, st.booleans(), st.integers(-1, 3_652_059), NAMES, NAMES)
def test_a_record_comes_back_from_its_bytes(
    version: int,
    title: str,
    terms: Terms,
    retracted: bool,  # noqa: FBT001
    day: int,
    subject: str,
    keys: str,
) -> None:
    """Whatever is packed is unpacked again; a lone surrogate in a title becomes a question mark."""
    record = Record(version, title, terms, retracted, day, subject, "original", keys, keys.encode())
    again = Record.unpack(record.pack())

    assert (
        version,
        title.encode(errors="replace").decode(),
        retracted,
        day,
        subject,
        "original",
        keys,
        keys.encode(),
    ) == (
        again.version,
        again.title,
        again.retracted,
        again.day,
        again.subject,
        again.original,
        again.keys,
        again.meaning,
    )
    assert terms.numbers.tolist() == again.terms.numbers.tolist()
    assert terms.strengths.tolist() == again.terms.strengths.tolist()


def test_a_list_comes_back_from_its_bytes() -> None:
    """Ids, closeness and whether it is whole."""
    held = Held((("b", 7), ("a", 3)), whole=True, passed_over=("a",))

    assert held == Held.unpack(held.pack())


def test_days_follow_each_other() -> None:
    """Over the end of a year too; no date is no day."""
    assert 1 == day_of(date(2026, 1, 1)) - day_of(date(2025, 12, 31))
    assert UNDATED == day_of(None)
