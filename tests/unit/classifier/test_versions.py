"""How one taxonomy differs from the one that was told before."""

from __future__ import annotations

from services.classifier.taxonomy import Taxonomy, read_taxonomy
from services.classifier.versions import Told, change_of
from shared.events import SubjectName
from tests.unit.classifier.samples import NOON, SMALL


def taxonomy(old: str = "", new: str = "") -> Taxonomy:
    assert old in SMALL
    return read_taxonomy(SMALL.replace(old, new, 1).encode())


def test_the_first_one_is_told_whole() -> None:
    """With nothing removed: there was nothing before."""
    event = change_of(taxonomy(), None, 1, NOON)

    assert event
    assert (1, "rest", {}, ()) == (event.version, event.fallback, event.moved, event.removed)
    assert [("sea", "Sea & Shore"), ("sky", "Sky"), ("rest", "Rest")] == [
        (each.slug, each.name) for each in event.subjects
    ]


def test_new_keywords_are_nobodys_business() -> None:
    """Readers meet names and addresses; nothing is told if those are the same."""
    assert None is change_of(taxonomy("cloud,", "cloud, storm,"), Told.of(taxonomy()), 2, NOON)


def test_a_renamed_a_merged_and_a_removed_subject_are_told_apart() -> None:
    """Former slugs lead on; what leads nowhere any more was removed, also a former slug of it."""
    sky = SMALL[SMALL.index("  - name: Sky") : SMALL.index("  - name: Rest")]
    before = Told.of(taxonomy("slug: sky", "slug: sky\n    formerly: air"))
    renamed = change_of(taxonomy("slug: sky", "slug: heaven\n    formerly: [sky, air]"), before, 2, NOON)
    merged = change_of(taxonomy("slug: sky", "slug: sky\n    formerly: air\n    merged_into: sea"), before, 2, NOON)
    removed = change_of(taxonomy(sky, ""), before, 2, NOON)

    assert renamed
    assert merged
    assert removed
    assert ({"sky": "heaven", "air": "heaven"}, ()) == (renamed.moved, renamed.removed)
    assert ({"sky": "sea", "air": "sea"}, ()) == (merged.moved, merged.removed)
    assert ({}, ("air", "sky")) == (removed.moved, removed.removed)
    assert SubjectName(slug="sky", name="Sky") not in removed.subjects
