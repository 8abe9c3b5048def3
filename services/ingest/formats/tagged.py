"""Pure. RIS (as EndNote and Zotero write it) and PubMed's MEDLINE format (.nbib): one tag on each line, one record behind the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from services.ingest.characters import folded
from services.ingest.fields import absolute, clipped, given
from services.ingest.formats.found import Found, Refusal, Source
from services.ingest.formats.texts import from_plain
from services.ingest.normalise.citation import date_of
from shared.errors import DocumentRejected

RIS_LINE = re.compile(r"([A-Z][A-Z0-9])  ?- ?(.*)")
MEDLINE_LINE = re.compile(r"([A-Z]{2,4}) *- (.*)")
PAGE = "https://pubmed.ncbi.nlm.nih.gov/{}/"
Record = Mapping[str, list[str]]


def read_ris(text: str) -> Found:
    """The records of an RIS file, from `TY` to `ER`; the abstract is the text."""
    yield from _sources(_records(text, RIS_LINE, "TY"), _told_by_ris, ("AB", "N2"))


def read_medline(text: str) -> Found:
    """The records of a MEDLINE file, each beginning with `PMID`."""
    yield from _sources(_records(text, MEDLINE_LINE, "PMID"), _told_by_medline, ("AB",))


def _records(text: str, line_of: re.Pattern[str], first: str) -> Iterator[Record]:
    record: dict[str, list[str]] = {}
    tag = ""
    for line in text.split("\n"):
        found = line_of.match(line)
        if found and found[1] == first and record:
            yield record
            record = {}
        if found:
            tag = found[1]
            record.setdefault(tag, []).append(found[2])
        elif tag and line.strip():
            record[tag].append(line)
    if record:
        yield record


def _sources(records: Iterator[Record], told_by: Any, texts: tuple[str, ...]) -> Found:
    for number, record in enumerate(records, start=1):
        at = f"entry {number}"
        told = told_by(record)
        body = next(filter(None, (_whole(record, name) for name in texts)), told["title"] or "")
        try:
            yield Source(given(clipped(told)), from_plain(body), at)
        except DocumentRejected as error:
            yield Refusal(error, at)


def _told_by_ris(record: Record) -> dict[str, Any]:
    addresses = (absolute(each.strip()) for name in ("UR", "L2", "LK") for each in record.get(name, ()))
    return {
        "title": _whole(record, "TI") or _whole(record, "T1") or _whole(record, "CT"),
        "authors": [_turned(each) for name in ("AU", "A1") for each in record.get(name, ())],
        "date": date_of(_whole(record, "DA") or _whole(record, "Y1") or _whole(record, "PY")),
        "doi": _whole(record, "DO") or None,
        "journal": next(filter(None, (_whole(record, name) for name in ("JO", "JF", "T2", "JA"))), None),
        "tags": record.get("KW", []),
        "url": next(filter(None, addresses), None),
        "language": _whole(record, "LA")[:2].lower() or None,
    }


def _told_by_medline(record: Record) -> dict[str, Any]:
    number = _whole(record, "PMID")
    doi = next(
        (each.partition(" ")[0] for name in ("LID", "AID") for each in record.get(name, ()) if each.endswith("[doi]")),
        None,
    )
    return {
        "title": _whole(record, "TI"),
        "authors": [_turned(each) for each in record.get("FAU", record.get("AU", ()))],
        "date": date_of(_whole(record, "DEP") or _whole(record, "DP")),
        "doi": doi,
        "journal": _whole(record, "TA") or _whole(record, "JT") or None,
        "tags": record.get("OT", []),
        "url": PAGE.format(number) if number.isdecimal() else None,
        "language": {"eng": "en"}.get(_whole(record, "LA")),
    }


def _whole(record: Record, name: str) -> str:
    """A field's lines as one."""
    return folded(" ".join(record.get(name, ())))


def _turned(name: str) -> str:
    """`Bian, Yuan` as people say it."""
    last, comma, first = folded(name).partition(", ")
    return f"{first} {last}".strip() if comma else last
