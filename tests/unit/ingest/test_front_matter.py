"""Front matter is read as strings, lists and mappings; bombs are refused."""

from __future__ import annotations

from contextlib import suppress
from time import process_time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.draft import MAX_DEPTH
from services.ingest.front_matter import MAX_NODES, opens, split
from shared.errors import DocumentRejected

ALIAS_BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]"


def test_every_scalar_stays_what_was_written() -> None:
    """No number, boolean or date is made of anything; only nulls are nothing."""
    told, body = split("---\ntitle: 1984\nid: 007\ncountry: NO\ndate: 2024-13-45\nscore: -1.0\nnone: ~\n---\ntext")

    assert told == {"title": "1984", "id": "007", "country": "NO", "date": "2024-13-45", "score": "-1.0", "none": None}
    assert body == "\ntext"


@pytest.mark.parametrize(
    "text", ["no front matter", "---\n\nA break, then text\n", "----\na: b\n---\n", " ---\na: b\n---\n"]
)
def test_a_line_of_hyphens_alone_is_no_front_matter(text: str) -> None:
    """What is not closed and has no name in its first line is text."""
    assert split(text) == ({}, text)


@pytest.mark.parametrize(("block", "told"), [("", {}), ("# just a comment\n", {}), ("a: b\n", {"a": "b"})])
def test_little_is_enough(block: str, told: dict[str, str]) -> None:
    """An empty block says nothing and is no error; three dots close as well."""
    assert split(f"---\n{block}---\n")[0] == told
    assert split(f"---\n{block}...\n")[0] == told


@pytest.mark.parametrize(
    ("block", "code"),
    [
        ("a: [", "bad-front-matter"),
        ("a: b: c", "bad-front-matter"),
        ("- a\n- b", "bad-front-matter"),
        ("just words", "bad-front-matter"),
        ("[a]: b\n? {c: d}\n: e", "bad-front-matter"),
        (ALIAS_BOMB, "bad-front-matter"),
        ("a: &a\n  b: *a", "bad-front-matter"),
        ("a: " + "[" * 100_000, "too-deep"),
        ("a: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH, "too-deep"),
        ("k: v\n" * MAX_NODES, "bad-front-matter"),
        ('a: "\\q"', "bad-front-matter"),
        ("a: b\n--- c: d", "bad-front-matter"),
        ("a: b\n--- c", "bad-front-matter"),
        ("\tx: y", "bad-front-matter"),
    ],
)
def test_what_is_broken_or_explodes_is_refused(block: str, code: str) -> None:
    """Each refusal has the code of its rule."""
    with pytest.raises(DocumentRejected) as refused:
        split(f"---\n{block}\n---\ntext")

    assert refused.value.code == code


def test_the_place_of_the_fault_is_told() -> None:
    """Lines are counted as an editor counts them, from the first hyphens on."""
    with pytest.raises(DocumentRejected) as refused:
        split("---\ntitle: fine\nbad: [\n---\ntext")

    assert refused.value.fields["line"] == 4


def test_a_name_that_is_no_text_is_refused_at_its_place() -> None:
    """As in what a template left behind."""
    with pytest.raises(DocumentRejected) as refused:
        split("---\ntitle: fine\nlink: {{ page }}\n---\ntext")

    assert (3, 8) == (refused.value.fields["line"], refused.value.fields["column"])


@pytest.mark.parametrize(
    "block",
    [
        "a: [b, {c: d, e: [f]}, []]\ng: {}",
        "a: |\n  b\n  c\nd: >\n  e\n  f",
        "a: b\na: c",
        "? a\n: - b\n  - c: d",
        "a:\nb: ''",
    ],
)
def test_what_is_built_is_what_yaml_says(block: str) -> None:
    """Lists and mappings within each other, texts of several lines, names that come twice."""
    told = {name: None if value == "" else value for name, value in yaml.load(f"{block}\n", yaml.BaseLoader).items()}

    assert told == split(f"---\n{block}\n---\n")[0]


def test_a_long_line_of_toml_is_refused_at_once() -> None:
    """Names that are too deep are looked for in one go, however long they are."""
    began = process_time()
    with pytest.raises(DocumentRejected):
        split(f"+++\n{'a' * 99_000}\n+++\ntext")

    assert process_time() - began < 1


def test_front_matter_without_end_is_refused() -> None:
    """It would be published as text otherwise."""
    with pytest.raises(DocumentRejected, match="no closing line"):
        split("---\ntitle: The heart\n\nIt beats.")


@pytest.mark.parametrize(
    "block", ["a: !!python/object/apply:os.system [ls]", "a: !!int x", "a: !!binary '***'", "!x a: b"]
)
def test_tags_build_nothing(block: str) -> None:
    """Whatever a tag asks for, it stays strings and lists."""
    told, _ = split(f"---\n{block}\n---\n")

    assert told["a"] in ("x", "***", "b", ["ls"])


def test_a_block_is_recognised_in_plain_text() -> None:
    """Only with a name in its first line and with an end."""
    assert [
        opens(text) for text in ("---\na: b\n---\n", "---\n# c\n\na: b\n---\n", "---\nhm\n---\n", "---\na: b\n")
    ] == [
        True,
        True,
        False,
        False,
    ]


@given(st.text(alphabet=" \n\t-:[]{}&*!|>'\"%@`#?,ab\\.~<=", max_size=80))
def test_nothing_but_a_rejection_comes_out(block: str) -> None:
    """YAML made of its own marks is read or refused."""
    with suppress(DocumentRejected):
        told, _ = split(f"---\n{block}\n---\ntext")

        assert all(isinstance(name, str) for name in told)
