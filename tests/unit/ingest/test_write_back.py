"""A value is set by changing its own lines; every other byte of the file stays."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.front_matter import fields
from services.ingest.write_back import Path, Unpatchable, block_of, patched, value_at
from shared.errors import DocumentRejected
from tests.unit.ingest.samples import seed

SEED = seed("000").decode()


def changed_lines(before: str, after: str) -> list[str]:
    """The lines that came and went."""
    diff = difflib.unified_diff(before.split("\n"), after.split("\n"), n=0, lineterm="")
    return [line for line in diff if line[0] in "+-" and line[:3] not in {"+++", "---"}]


def told(text: str) -> dict[str, object]:
    """What the front matter says."""
    place = block_of(text)
    assert place
    return fields(text[slice(*place)].replace("\r\n", "\n"))


def test_nothing_to_change_changes_no_byte() -> None:
    """The values that are there already."""
    same: dict[Path, str] = {
        ("subject",): "Medicine",
        ("related_article1", "id"): "18425",
        ("seo", "title"): "QuickTakes | Medicine",
    }

    assert patched(SEED, same) == SEED


def test_a_value_keeps_its_style() -> None:
    """Plain stays plain, folded stays folded with its own indent, and only those lines change."""
    text = patched(
        SEED,
        {
            ("subject",): "Nursing",
            ("seo", "page_keywords"): "heart, blood",
            ("related_article2", "title"): "What is: a heart?",
            ("related_article2", "id"): "20001",
        },
    )

    assert changed_lines(SEED, text)[1::2] == [
        "+    heart, blood",
        "+subject: Nursing",
        "+    id: 20001",
        "+        What is: a heart?",
    ]
    assert len(changed_lines(SEED, text)) == 8


def test_a_missing_value_is_put_where_it_belongs() -> None:
    """Behind its neighbours in a mapping, or at the end of the block; a new mapping in the habit of the file."""
    text = patched(
        SEED.replace("subject: Medicine\nfile_name", "file_name"), {("subject",): "Law", ("seo", "robots"): "all"}
    )
    more = patched(SEED, {("related_article5", "id"): "7", ("related_article5", "title"): "A new one"})

    assert "subject: Law\n---\n\n&nbsp;" in text
    assert "  robots: all\nauthor:" in text
    assert more.endswith("related_article5:\n    id: 7\n    title: >-\n        A new one\n---\n\n&nbsp;")


@pytest.mark.parametrize(
    ("block", "path", "value", "expected"),
    [
        ("a: 1 # one\nb: 2\n", ("a",), "5", "a: 5 # one\nb: 2\n"),
        ("a: 'it''s'\n", ("a",), "that's", "a: 'that''s'\n"),
        ('a: "x"\n', ("a",), 'say "y"', 'a: "say \\"y\\""\n'),
        ("a:\nb: 2\n", ("a",), "now", "a: now\nb: 2\n"),
        ("a: |\n  one\n  two\n# remark\nb: 2\n", ("a",), "three", "a: |-\n  three\n# remark\nb: 2\n"),
        ("b: 2\n\n# the end\n", ("a",), "yes", 'b: 2\n\n# the end\na: "yes"\n'),
        ("m:\n  x: 1\n  # remark\nb: 2\n", ("m", "y"), "2", "m:\n  x: 1\n  y: 2\n  # remark\nb: 2\n"),
        ("a: old\r\nb: 2\r\n", ("c",), "new", "a: old\r\nb: 2\r\nc: new\r\n"),
    ],
)
def test_styles_remarks_and_line_ends_stay(block: str, path: Path, value: str, expected: str) -> None:
    """Whatever stands around the value."""
    assert patched(f"---\n{block}---\nText\n", {path: value}) == f"---\n{expected}---\nText\n"


def test_a_byte_order_mark_and_foreign_line_ends_stay() -> None:
    """They are no part of the front matter, and nobody's business."""
    text = "\ufeff---\r\ntitle: A\r\n---\r\n\r\nText\r\n"

    assert patched(text, {("title",): "B"}) == text.replace(": A", ": B")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("No front matter.", ("a",)),
        ("---\n{a: 1}\n---\nText", ("a",)),
        ("---\na: [1, 2]\n---\nText", ("a",)),
        ("---\na: {b: 1}\n---\nText", ("a", "b")),
        ("---\na: text\n---\nText", ("a", "b")),
    ],
)
def test_what_cannot_be_set_cleanly_is_left(text: str, path: Path) -> None:
    """With a reason, and nothing done by halves."""
    with pytest.raises(Unpatchable):
        patched(text, {path: "x"})


@given(value=st.text(min_size=1).map(lambda text: " ".join(text.split())).filter(bool), path=st.sampled_from([("subject",), ("seo", "page_description"), ("new",), ("seo", "new"), ("score",)]))  # fmt: skip
def test_any_value_reads_as_it_was_written(value: str, path: Path) -> None:
    """Or nothing is done; and what stands beside it says what it said."""
    try:
        text = patched(SEED, {path: value})
    except (Unpatchable, DocumentRejected):
        return
    after = told(text)

    assert value_at(after, path) == value
    assert {name: each for name, each in after.items() if name != path[0]} == {
        name: each for name, each in told(SEED).items() if name != path[0]
    }
    assert patched(text, {path: value}) == text
