"""Where a subject's documents are when the operator's subjects have changed."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.events import Subject, TaxonomyPassed
from shared.syndication.directory import FIELDS, Directory, Lead, directory_of
from tests.unit.shared.syndication.samples import LAW, MEDICINE, REST, SCIENCE, at, taxonomy

SLUGS = ("a", "b", "c", "d", "rest")


def after(*events: TaxonomyPassed) -> Directory:
    directory = Directory()
    for event in events:
        directory = directory.after(event)
    return directory


def subject(slug: str, confidence: float = 0.5, *, by_hand: bool = False) -> Subject:
    return Subject(name=slug.upper(), slug=slug, confidence=confidence, given=by_hand)


def test_before_any_taxonomy_a_document_is_where_it_was_put() -> None:
    """Nothing is known, so nothing is changed."""
    placed = Directory().placed(MEDICINE, LAW, (SCIENCE,), since=at(0))

    assert (MEDICINE, LAW, (SCIENCE,), False) == (placed.subject, placed.second, placed.runners_up, placed.lost)


def test_a_renamed_subject_keeps_its_documents() -> None:
    """The new name shows; with a new slug the old one leads to it, and the confidence stays."""
    directory = after(taxonomy(1, MEDICINE), taxonomy(2, subject("healing"), moved={"medicine": "healing"}))
    placed = directory.placed(MEDICINE, None, (), since=at(0))

    assert ("HEALING", "healing", 0.8642) == (placed.subject.name, placed.subject.slug, placed.subject.confidence)
    assert not placed.lost


def test_two_subjects_that_become_one_are_shown_once() -> None:
    """The second subject and the runners-up do not say again what the first one says."""
    directory = after(
        taxonomy(1, MEDICINE, LAW, SCIENCE), taxonomy(2, MEDICINE, moved={"law": "medicine", "science": "medicine"})
    )
    placed = directory.placed(LAW, MEDICINE, (SCIENCE,), since=at(0))

    assert ("medicine", None, ()) == (placed.subject.slug, placed.second, placed.runners_up)


def test_what_stood_under_a_removed_subject_goes_to_the_next_likely_one() -> None:
    """To its second subject, else to the best runner-up that there is, else to the fallback; each time to be looked at."""
    directory = after(taxonomy(1, MEDICINE, LAW, SCIENCE), taxonomy(2, LAW, SCIENCE, removed=("medicine",)))

    placed = [
        directory.placed(MEDICINE, *likely, since=at(0))
        for likely in ((LAW, (SCIENCE,)), (None, (SCIENCE,)), (None, ()))
    ]
    assert [LAW, SCIENCE, REST] == [each.subject for each in placed]
    assert [(SCIENCE,), (), ()] == [each.runners_up for each in placed]
    assert all(each.lost and each.second is None for each in placed)


def test_a_subject_that_a_person_gives_after_its_removal_is_there_again() -> None:
    """Before it, the operator who removed it has the last word; a machine's word never brings it back."""
    directory = after(taxonomy(1, MEDICINE), taxonomy(2, removed=("medicine",)))
    by_hand = MEDICINE.model_copy(update={"given": True})
    later = at(2000)

    assert by_hand == directory.placed(by_hand, None, (), since=later).subject
    assert REST == directory.placed(by_hand, None, (), since=at(0)).subject
    assert REST == directory.placed(MEDICINE, None, (), since=later).subject
    assert {} == directory.revived(["medicine"]).leads


def test_a_subject_that_comes_back_into_the_taxonomy_leads_nowhere() -> None:
    """Its address is its own again."""
    directory = after(taxonomy(1, MEDICINE), taxonomy(2, LAW, removed=("medicine",)), taxonomy(3, LAW, MEDICINE))

    assert {} == directory.leads


def test_former_addresses_follow_through_several_changes() -> None:
    """Renamed and then merged, an address leads straight to the end; when that is removed, it is gone."""
    first, second = taxonomy(1, subject("b"), moved={"a": "b"}), taxonomy(2, subject("c"), moved={"b": "c"})
    third = taxonomy(3, removed=("c",))

    assert {"a": "c", "b": "c"} == {slug: lead.to for slug, lead in after(first, second).leads.items()}
    assert {"a": "", "b": "", "c": ""} == {slug: lead.to for slug, lead in after(first, second, third).leads.items()}
    assert Lead(to="c", at=second.occurred_at) == after(first, second).leads["b"]
    assert third.occurred_at == after(first, second, third).leads["a"].at


slugs = st.sampled_from(SLUGS)
changes = st.builds(
    lambda names, moved, removed: (names, {old: new for old, new in moved.items() if old not in names}, removed),
    st.sets(slugs.filter(lambda slug: slug != "rest"), max_size=4),
    st.dictionaries(slugs, slugs, max_size=3),
    st.sets(slugs, max_size=2),
)
histories = st.lists(changes, min_size=1, max_size=5).map(
    lambda row: [
        taxonomy(version, *map(subject, sorted(names)), moved=moved, removed=tuple(removed))
        for version, (names, moved, removed) in enumerate(row, 1)
    ]
)


@given(histories, slugs, st.none() | slugs, st.lists(slugs, max_size=3))
def test_a_document_is_always_somewhere(
    history: list[TaxonomyPassed], first: str, second: str | None, others: list[str]
) -> None:
    """Whatever the operator does, it stands under a subject that does not lead elsewhere, placing it again changes nothing more,
    and what is kept in Redis is the same directory.
    """
    directory = after(*history)
    since = at(0) - timedelta(days=1)
    placed = directory.placed(subject(first), second and subject(second), map(subject, others), since=since)  # type: ignore[arg-type]
    again = directory.placed(placed.subject, placed.second, placed.runners_up, since=since)
    stood = [placed.subject, *([placed.second] if placed.second else []), *placed.runners_up]

    assert set() == {each.slug for each in stood} & set(directory.leads)
    assert len(stood) == len({each.slug for each in stood})
    assert (placed.subject, placed.second, placed.runners_up) == (again.subject, again.second, again.runners_up)
    assert not again.lost
    kept = directory.words()
    row = [value if isinstance(value := kept[name], bytes) else str(value).encode() for name in FIELDS]
    assert directory == directory_of(*row)
