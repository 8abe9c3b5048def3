"""Pure. What readers must know of a taxonomy, and how one differs from the one that was told before."""

from __future__ import annotations

from datetime import datetime

from services.classifier.taxonomy import Taxonomy
from shared.events import Fact, SubjectName, TaxonomyChanged, event_id


class Told(Fact):
    """A taxonomy without the words that speak for its subjects: those are the classifier's own business."""

    subjects: tuple[SubjectName, ...]
    moved: dict[str, str]
    fallback: str

    @classmethod
    def of(cls, taxonomy: Taxonomy) -> Told:
        """What is told of a taxonomy."""
        names = tuple(SubjectName(slug=subject.slug, name=subject.name) for subject in taxonomy.subjects)
        return cls(subjects=names, moved=taxonomy.moved, fallback=taxonomy.fallback)

    @property
    def slugs(self) -> set[str]:
        """Every slug that leads to a subject."""
        return {subject.slug for subject in self.subjects} | self.moved.keys()


def change_of(taxonomy: Taxonomy, before: Told | None, version: int, at: datetime) -> TaxonomyChanged | None:
    """The event that tells of `taxonomy` as this version, or None if `before` says the same.

    A slug that led to a subject before and leads to none now is that of a removed one.
    """
    now = Told.of(taxonomy)
    if now == before:
        return None
    removed = sorted(before.slugs - now.slugs) if before else []
    cause = f"taxonomy/{version}/{at.isoformat()}"
    return TaxonomyChanged(
        event_id=event_id(cause, TaxonomyChanged.stream, ""),
        correlation_id=f"taxonomy-{version}",
        occurred_at=at,
        version=version,
        subjects=now.subjects,
        moved=now.moved,
        removed=tuple(removed),
        fallback=now.fallback,
    )
