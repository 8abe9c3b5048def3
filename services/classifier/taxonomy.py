"""Pure. The taxonomy: which subjects there are, what else they are and were called, and the keywords that speak for each.

The fields follow SKOS (name: prefLabel, alternatives: altLabel, broader, narrower; mesh and iptc: exactMatch), www.w3.org/TR/skos-reference.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Annotated, Any

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from services.classifier.hierarchy import (
    Misplaced,
    broader_of,
    check_names,
    check_relations,
    check_slugs,
    moved_by,
)
from services.classifier.lines import Loader, line_of, line_of_fault
from services.classifier.words import words_of
from shared.errors import Unfit
from shared.slugs import SLUG, slug_of

LONGEST_PHRASE = 2
MESH = r"^(D\d{6}(\d{3})?|[A-Z]\d{2}(\.\d{3})*)$"
"""A descriptor of the Medical Subject Headings by its unique identifier (D008511) or its place in the tree (H02.403)."""
IPTC = r"^(medtop:)?\d{8}$"
"""A topic of the IPTC Media Topics (07000000), cv.iptc.org/newscodes/mediatopic."""


class TaxonomyUnfit(Unfit):
    """The taxonomy cannot be used; `place` says where ("subjects.3.slug") and the detail what is wrong there."""

    code = "bad-taxonomy"
    title = "The taxonomy cannot be used"


class Value(BaseModel):
    """An immutable part of the file; an unknown field is a spelling mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Keyword(Value):
    """A word or a phrase of two words, as words_of gives them, and its weight."""

    phrase: str
    weight: float = Field(1.0, gt=0, le=100)


def _keyword(written: Any) -> Any:
    """`cell` or `cell: 2`, as the file has it, as the fields of a Keyword."""
    if isinstance(written, dict) and len(written) == 1:
        written, weight = next(iter(written.items()))
    else:
        weight = 1.0
    if not isinstance(written, str):
        raise ValueError("a keyword is text, or text and its weight")  # noqa: TRY004 - pydantic catches no TypeError
    words = words_of(written)
    if not 0 < len(words) <= LONGEST_PHRASE:
        raise ValueError(f"a keyword is one word or two, small words apart; this has {len(words)}: {written[:80]!r}")
    return {"phrase": " ".join(words), "weight": weight}


def _several(written: Any) -> Any:
    """One text stands for a list of one."""
    return [written] if isinstance(written, str) else written


Slug = Annotated[str, Field(pattern=SLUG, max_length=80)]
Slugs = Annotated[tuple[Slug, ...], BeforeValidator(_several)]
MeshCodes = Annotated[tuple[Annotated[str, Field(pattern=MESH)], ...], BeforeValidator(_several)]
IptcCodes = Annotated[tuple[Annotated[str, Field(pattern=IPTC)], ...], BeforeValidator(_several)]


class Entry(Value):
    """What every entry of the file has. `formerly`: slugs that it had once, or of what was merged into it."""

    name: str = Field(pattern=r"\S", max_length=100)
    slug: Slug
    alternatives: tuple[str, ...] = ()
    broader: Slugs = ()
    narrower: Slugs = ()
    formerly: Slugs = ()
    merged_into: str | None = None

    @property
    def called(self) -> set[str]:
        """All that it is and was called, as slugs."""
        return {self.slug, *self.formerly, *(slug_of(name) for name in (self.name, *self.alternatives))}


class KnownSubject(Entry):
    """One subject of the taxonomy."""

    description: str = Field(min_length=1)
    mesh: MeshCodes = ()
    iptc: IptcCodes = ()
    keywords: tuple[Annotated[Keyword, BeforeValidator(_keyword)], ...]
    merged_into: None = None

    @model_validator(mode="after")
    def _each_keyword_once(self) -> KnownSubject:
        times_of = Counter(keyword.phrase for keyword in self.keywords)
        if twice := next((phrase for phrase, times in times_of.items() if times > 1), None):
            raise ValueError(f"{self.name} has a keyword twice, plural and small words apart: {twice}")
        return self


class MergedSubject(Entry):
    """A subject that has gone into another one: its names and addresses lead there, and its words count for nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    merged_into: Slug


def _kind_of(written: Any) -> str:
    merged = written.get("merged_into") if isinstance(written, dict) else getattr(written, "merged_into", None)
    return "merged" if merged is not None else "subject"


class Taxonomy(Value):
    """All subjects. `fallback` is the slug of the one for documents that hit no keyword."""

    fallback: str
    entries: tuple[
        Annotated[
            Annotated[KnownSubject, Tag("subject")] | Annotated[MergedSubject, Tag("merged")], Discriminator(_kind_of)
        ],
        ...,
    ] = Field(min_length=1, alias="subjects")

    @model_validator(mode="after")
    def _told_apart(self) -> Taxonomy:
        check_slugs(self.entries)
        check_relations(self.entries)
        check_names(self.entries)
        if all(subject.slug != self.fallback for subject in self.subjects):
            raise Misplaced(f"the fallback is no subject's slug: {self.fallback}", "fallback")
        return self

    @cached_property
    def subjects(self) -> tuple[KnownSubject, ...]:
        """The subjects that a document can have, in the file's order."""
        return tuple(entry for entry in self.entries if isinstance(entry, KnownSubject))

    @cached_property
    def moved(self) -> dict[str, str]:
        """Each former slug, and the one of the subject that it leads to now."""
        return moved_by(self.entries)

    @cached_property
    def broader(self) -> dict[str, tuple[str, ...]]:
        """The next broader subjects of each that has any, as slugs."""
        return broader_of(self.entries)

    @cached_property
    def by_any_name(self) -> dict[str, KnownSubject]:
        """Each subject under everything that it is and was called, as slugs."""
        now = {subject.slug: subject for subject in self.subjects}
        return {name: now[self.moved.get(entry.slug, entry.slug)] for entry in self.entries for name in entry.called}

    def named(self, words: str) -> KnownSubject | None:
        """The subject that a person means by `words`: its name, slug or an alternative, whatever case and punctuation."""
        return self.by_any_name.get(slug_of(words))


def read_taxonomy(body: bytes) -> Taxonomy:
    """The taxonomy that a YAML file holds.

    Raises TaxonomyUnfit, with the place and what is wrong there, if it holds none.
    """
    try:
        return Taxonomy.model_validate(yaml.load(body, Loader=Loader))  # noqa: S506 - it makes text only
    except RecursionError:
        raise TaxonomyUnfit(
            "the taxonomy is no YAML that can be read: it is nested too deeply", place="the file"
        ) from None
    except yaml.YAMLError as error:
        wrong = error.reason if isinstance(error, yaml.reader.ReaderError) else getattr(error, "problem", error)
        line = line_of_fault(error, body)
        told = f"the taxonomy is wrong in line {line}: {wrong}" if line else f"the taxonomy is no YAML: {wrong}"
        raise TaxonomyUnfit(told, place=f"line {line}" if line else "the file") from None
    except ValidationError as error:
        raise _told(error, body) from None


def _told(error: ValidationError, body: bytes) -> TaxonomyUnfit:
    """The first fault with its place, as in subjects.3.slug, and the line of the file that this is on."""
    fault = error.errors(include_input=False, include_url=False)[0]
    raised = fault.get("ctx", {}).get("error")
    way = [str(part) for part in fault["loc"] if part not in ("subject", "merged")]
    if isinstance(raised, Misplaced):
        way = raised.place.split(".")
    wrong = fault["msg"].removeprefix("Value error, ")
    if not way:
        return TaxonomyUnfit(f"the taxonomy is wrong: {wrong}", place="the file")
    line = line_of(yaml.compose(body, Loader=yaml.BaseLoader), way)
    return TaxonomyUnfit(f"the taxonomy is wrong in line {line}: {wrong}", place=".".join(way))
