"""How subjects hang together: broader ones, former slugs, merged ones, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.classifier.hierarchy import Misplaced, broader_of, check_relations, moved_by
from services.classifier.taxonomy import Taxonomy, TaxonomyUnfit, read_taxonomy
from tests.unit.classifier.samples import SMALL

SLUGS = "abcdef"
TWO_OF_ONE = """formerly: [air]
    description: Air.
    keywords: []
  - name: Wind
    slug: wind
    merged_into: sea
    formerly: air
"""


@dataclass(frozen=True)
class Said:
    """An entry with its relations only."""

    slug: str
    broader: tuple[str, ...] = ()
    narrower: tuple[str, ...] = ()
    formerly: tuple[str, ...] = ()
    merged_into: str | None = None


def taxonomy(old: str = "", new: str = "") -> Taxonomy:
    assert old in SMALL
    return read_taxonomy(SMALL.replace(old, new, 1).encode())


def test_relations_and_codes_are_read() -> None:
    """A single one needs no list; broader and narrower say the same from both ends; codes keep their zeros."""
    changed = SMALL.replace(
        "slug: sky\n", "slug: sky\n    narrower: sea\n    mesh: [D000388, G16.500]\n    iptc: 07000000\n"
    )
    found = read_taxonomy(changed.encode())
    sky = found.subjects[1]

    assert {"sea": ("sky",)} == found.broader
    assert (("D000388", "G16.500"), ("07000000",)) == (sky.mesh, sky.iptc)


@pytest.mark.parametrize(
    ("lines", "place", "line", "wrong"),
    [
        ("broader: river", "subjects.1.broader", 11, "sky has a broader subject that there is not: river"),
        ("broader: sky", "subjects.1.broader", 11, "a subject is broader than itself: sky < sky"),
        ("narrower: [sea, lake]", "subjects.1.narrower", 11, "sky has a narrower subject that there is not: lake"),
        ("broader: sea\n    narrower: [sea]", "subjects.0.broader", 4, "broader than itself: sea < sky < sea"),
        ("broader: [The Sea]", "subjects.1.broader.0", 11, "match pattern"),
        ("mesh: D1", "subjects.1.mesh.0", 11, "match pattern"),
        ("iptc: [07000000, medtop]", "subjects.1.iptc.1", 11, "match pattern"),
        ("formerly: [sea]", "subjects.1.formerly", 11, "sea is a subject"),
        (TWO_OF_ONE, "subjects.2.formerly", 17, "air leads to two subjects, sky and wind"),
        ("merged_into: sea\n    formerly: rest", "subjects.1.formerly", 12, "rest is a subject"),
        ("merged_into: river", "subjects.1.merged_into", 11, "sky is merged into no subject: river"),
        ("merged_into: sky", "subjects.1.merged_into", 11, "sky is merged into no subject: sky"),
        ("merged_into: The Sea", "subjects.1.merged_into", 11, "match pattern"),
    ],
)
def test_a_wrong_relation_is_refused(lines: str, place: str, line: int, wrong: str) -> None:
    """The error names the entry, the field and the line."""
    with pytest.raises(TaxonomyUnfit) as caught:
        taxonomy("slug: sky\n", f"slug: sky\n    {lines}\n")

    assert place == caught.value.fields["place"]
    assert f"in line {line}:" in caught.value.detail
    assert wrong in caught.value.detail


def test_a_merged_subject_lends_its_names_to_the_other() -> None:
    """One line in its entry is enough; whoever calls it by its old names means the one that it went into."""
    merged = taxonomy(
        "slug: sky\n", "slug: sky\n    merged_into: sea\n    formerly: [air]\n    alternatives: [Heaven]\n"
    )

    assert ["sea", "rest"] == [subject.slug for subject in merged.subjects]
    assert {"sky": "sea", "air": "sea"} == merged.moved
    assert ["sea"] * 4 == [found.slug for name in ("Sky", "air", "heaven", "The Deep") if (found := merged.named(name))]


def test_a_renamed_subject_is_still_found_by_its_former_slug() -> None:
    """Also when it was renamed more than once."""
    renamed = taxonomy("slug: sea\n", "slug: ocean\n    formerly: [sea, water-bodies]\n")

    assert {"sea": "ocean", "water-bodies": "ocean"} == renamed.moved
    assert [renamed.subjects[0]] * 2 == [renamed.named("Water Bodies"), renamed.named("sea")]


def test_a_way_of_several_steps_ends_at_a_subject() -> None:
    """What was merged into something that was merged itself."""
    assert {"a": "c", "b": "c", "z": "c"} == moved_by(
        [Said("a", merged_into="b"), Said("b", merged_into="c", formerly=("z",)), Said("c")]
    )


entries = st.lists(
    st.builds(
        Said,
        st.sampled_from(SLUGS),
        broader=st.lists(st.sampled_from(SLUGS), max_size=2).map(tuple),
        formerly=st.lists(st.sampled_from("uvwxyz"), max_size=2).map(tuple),
        merged_into=st.none() | st.sampled_from(SLUGS),
    ),
    max_size=6,
    unique_by=lambda entry: entry.slug,
)


@given(entries)
def test_whatever_is_written_leads_somewhere_or_is_refused(said: list[Said]) -> None:
    """After the check no subject is broader than itself, and every former slug leads to a subject."""
    try:
        check_relations(said)
        moved = moved_by(said)
    except Misplaced:
        return
    subjects = {entry.slug for entry in said if entry.merged_into is None}
    graph = broader_of(said)
    level = set(graph)
    for _ in range(len(graph)):
        level = {broader for slug in level for broader in graph.get(slug, ())}

    assert set(moved.values()) <= subjects
    assert set() == set(moved) & subjects
    assert set() == level & set(graph)
