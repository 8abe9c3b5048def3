"""Pure. The taxonomy: which subjects there are, what else they are called, and the keywords that speak for each."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from services.classifier.words import words_of
from shared.errors import Unfit

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
SLUG_LETTERS = 60
LONGEST_PHRASE = 2


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


class KnownSubject(Value):
    """One subject of the taxonomy."""

    name: str = Field(min_length=1, max_length=100)
    slug: str = Field(pattern=SLUG, max_length=80)
    description: str = Field(min_length=1)
    alternatives: tuple[str, ...] = ()
    keywords: tuple[Annotated[Keyword, BeforeValidator(_keyword)], ...]

    @model_validator(mode="after")
    def _each_keyword_once(self) -> KnownSubject:
        if twice := _repeated(keyword.phrase for keyword in self.keywords):
            raise ValueError(f"{self.name} has a keyword twice, plural and small words apart: {twice}")
        return self

    @property
    def called(self) -> set[str]:
        """All that it is called, as slugs."""
        return {self.slug, *(slug_of(name) for name in (self.name, *self.alternatives))}


class Taxonomy(Value):
    """All subjects. `fallback` is the slug of the one for documents that hit no keyword."""

    fallback: str
    subjects: tuple[KnownSubject, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _told_apart(self) -> Taxonomy:
        if twice := _repeated(subject.slug for subject in self.subjects):
            raise ValueError(f"two subjects have the slug {twice}")
        if twice := _repeated(name for subject in self.subjects for name in subject.called):
            raise ValueError(f"two subjects are called {twice}, as name, slug or alternative")
        if all(subject.slug != self.fallback for subject in self.subjects):
            raise ValueError(f"the fallback is no subject's slug: {self.fallback}")
        return self

    @cached_property
    def by_any_name(self) -> dict[str, KnownSubject]:
        """Each subject under everything that it is called, as slugs."""
        return {name: subject for subject in self.subjects for name in subject.called}

    def named(self, words: str) -> KnownSubject | None:
        """The subject that a person means by `words`: its name, slug or an alternative, whatever case and punctuation."""
        return self.by_any_name.get(slug_of(words))


def read_taxonomy(body: bytes) -> Taxonomy:
    """The taxonomy that a YAML file holds.

    Raises TaxonomyUnfit, with the place and what is wrong there, if it holds none.
    """
    try:
        return Taxonomy.model_validate(yaml.load(body, Loader=yaml.BaseLoader))  # noqa: S506 - it makes text only, "no" too
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "the file"
        raise TaxonomyUnfit(f"the taxonomy is no YAML: {getattr(error, 'problem', error)}", place=place) from None
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, fault["loc"])) or "the file"
        wrong = fault["msg"].removeprefix("Value error, ")
        raise TaxonomyUnfit(f"the taxonomy is wrong: {wrong}", place=place) from None


def slug_of(name: str) -> str:
    """`name` as a part of an address: a-z, 0-9 and hyphens, never empty, at most 69 characters.

    Accents are taken off and & is "and". What cannot be written so is told apart by a digest of the whole name.
    """
    folded = unicodedata.normalize("NFKD", name.replace("&", " and ")).casefold()
    letters = "".join(letter for letter in folded if not unicodedata.combining(letter))
    slug = "-".join(re.findall(r"[a-z0-9]+", letters))
    if slug and len(slug) <= SLUG_LETTERS and not re.search(r"(?![a-z0-9])[^\W_]", letters):
        return slug
    digest = hashlib.sha256(letters.encode(errors="replace")).hexdigest()[:8]
    return f"{slug[:SLUG_LETTERS].strip('-') or 'subject'}-{digest}"


def _repeated(names: Iterable[str]) -> str | None:
    return next((name for name, times in Counter(names).items() if times > 1), None)
