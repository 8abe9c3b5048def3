"""Pure. Which subjects there are by the taxonomy that was heard of last, and where those lead to that there are no more.

A document is given its place twice by the same rules: when it comes, since whoever classified it may not have heard of the newest
taxonomy, and when a shelf is cleared because its subject was renamed, merged or removed. So neither the order in which things arrive
nor when a shelf is cleared makes a difference to where a document ends up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from pydantic import AwareDatetime, TypeAdapter

from shared.events import Fact, Subject, SubjectName, TaxonomyChanged


class Lead(Fact):
    """Where a subject's documents went, and when; `to` is empty if the subject was removed."""

    to: str = ""
    at: AwareDatetime


LEADS = TypeAdapter(dict[str, Lead])
SUBJECTS = TypeAdapter(tuple[SubjectName, ...])


@dataclass(frozen=True, slots=True)
class Placed:
    """A document's subjects as they are called now. `lost`: what it was given is gone, and this is the next likely one."""

    subject: Subject
    second: Subject | None
    runners_up: tuple[Subject, ...]
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Directory:
    """The subjects of one version of the taxonomy, and all that ever led away from a shelf."""

    version: int = 0
    fallback: str = "others"
    names: Mapping[str, str] = field(default_factory=dict)
    leads: Mapping[str, Lead] = field(default_factory=dict)

    def after(self, event: TaxonomyChanged) -> Directory:
        """What holds once `event` has happened; former slugs lead straight to where they end."""
        names = {subject.slug: subject.name for subject in event.subjects}
        steps = {slug: lead.to for slug, lead in self.leads.items()} | dict.fromkeys(event.removed, "") | event.moved
        steps = {slug: to for slug, to in steps.items() if slug not in names}
        leads = {}
        for slug in steps:
            end = _end(slug, steps, names)
            before = self.leads.get(slug)
            leads[slug] = before if before and before.to == end else Lead(to=end, at=event.occurred_at)
        return Directory(event.version, event.fallback, names, leads)

    def revived(self, slugs: Iterable[str]) -> Directory:
        """The same without these leads: a person has used the subject again."""
        back = self.leads.keys() & set(slugs)
        if not back:
            return self
        return replace(self, leads={slug: lead for slug, lead in self.leads.items() if slug not in back})

    def placed(
        self, subject: Subject, second: Subject | None, runners_up: Iterable[Subject], *, since: datetime
    ) -> Placed:
        """Where a document belongs that was given these subjects at `since`."""
        first, other = self._now(subject, since), second and self._now(second, since)
        likely = _each_once(found for each in runners_up if (found := self._now(each, since)))
        lost = first is None
        if first is None:
            first = other or next(iter(likely), None) or self._fallback()
        if other and other.slug == first.slug:
            other = None
        taken = {first.slug, other.slug if other else first.slug}
        return Placed(first, other, tuple(each for each in likely if each.slug not in taken), lost)

    def _now(self, subject: Subject, since: datetime) -> Subject | None:
        """The subject that is meant now; None if it was removed, unless a person gave it after that."""
        lead = self.leads.get(subject.slug)
        if lead is None:
            name = self.names.get(subject.slug, subject.name)
            return subject if name == subject.name else subject.model_copy(update={"name": name})
        if lead.to:
            return subject.model_copy(update={"slug": lead.to, "name": self.names.get(lead.to, lead.to)})
        return subject if subject.given and since > lead.at else None

    def _fallback(self) -> Subject:
        return Subject(name=self.names.get(self.fallback, self.fallback), slug=self.fallback, confidence=0.0)

    def words(self) -> dict[str, str | int | bytes]:
        """The directory as the fields of a hash."""
        subjects = tuple(SubjectName(slug=slug, name=name) for slug, name in self.names.items())
        return {
            "version": self.version,
            "fallback": self.fallback,
            "subjects": SUBJECTS.dump_json(subjects),
            "leads": LEADS.dump_json(dict(self.leads)),
        }


FIELDS = ("version", "fallback", "subjects", "leads")


@lru_cache(maxsize=4)
def directory_of(
    version: bytes | None, fallback: bytes | None, subjects: bytes | None, leads: bytes | None
) -> Directory:
    """The directory that a hash's FIELDS hold; an empty one before the first taxonomy was heard of."""
    if not (version and fallback and subjects and leads):
        return Directory()
    names = {subject.slug: subject.name for subject in SUBJECTS.validate_json(subjects)}
    return Directory(int(version), fallback.decode(), names, LEADS.validate_json(leads))


def _end(slug: str, steps: Mapping[str, str], names: Mapping[str, str]) -> str:
    """Where `slug` leads to in the end: a subject that there is, or '' for nowhere."""
    seen = set()
    while slug in steps and slug not in seen:
        seen.add(slug)
        slug = steps[slug]
    return slug if slug in names else ""


def _each_once(subjects: Iterable[Subject]) -> tuple[Subject, ...]:
    return tuple({subject.slug: subject for subject in reversed(list(subjects))}.values())[::-1]
