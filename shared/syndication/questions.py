"""Pure. What a search feed is asked for, and the one way to write it down: equal questions have equal addresses.

q        words that stand in title, summary or text: all of them; `a OR b` and `a,b` for either; `-a` for none
subject, keyword, author, lang, source   what the article has, by name or slug; `a,b` for either, twice for both
since    first published here at that day (UTC) or moment or later
not.…    the same names: what the article has not
match    `any`: one of all that is asked for is enough, where `all` is usual; what is excluded stays excluded
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from functools import lru_cache
from itertools import islice, product
from urllib.parse import parse_qsl, quote

from shared.errors import Rejected
from shared.slugs import slug_of
from shared.syndication.directory import Lead
from shared.syndication.facets import author_path, host_of, keyword_path, language_path, source_path, subject_path
from shared.syndication.markup import one_line

FIELDS = ("q", "subject", "keyword", "author", "lang", "source")
EXCLUDED = tuple(f"not.{name}" for name in FIELDS)
PARAMETERS = (*FIELDS, *EXCLUDED, "since", "match")
MOST_CLAUSES = 50
MOST_SAID = 10 * MOST_CLAUSES
"""Before what follows from others is left out, for which each is compared with each."""
LONGEST_QUESTION = 2_000
WORD = re.compile(r"[^\W_]+")
ASCII_WORDS = "".join(chr(code).lower() if chr(code).isalnum() else " " for code in range(128))
MARKS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]")
"""The blocks of combining marks, which are what NFKD leaves of accents."""
PATH_OF = {
    "subject": subject_path,
    "keyword": keyword_path,
    "author": author_path,
    "lang": language_path,
    "source": source_path,
}

Term = str
"""A word, or the path of the feed of a subject, keyword, author, language or source."""
Clause = frozenset[Term]
"""One of these."""


class BadQuestion(Rejected):
    """A parameter that means nothing."""

    code = "bad-question"
    title = "The feed cannot be asked for like this"
    status = 400


@dataclass(frozen=True, slots=True)
class Question:
    """`wanted`: for each field its clauses, of which each has to hold (with `either`, one of all terms); `unwanted`: no term may."""

    wanted: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = ()
    unwanted: tuple[tuple[str, tuple[str, ...]], ...] = ()
    since: datetime | None = None
    either: bool = False

    @property
    def clauses(self) -> list[Clause]:
        """What has to hold, as sets of terms of which one is enough."""
        found = [
            frozenset(term_of(name, value) for value in clause) for name, all_of in self.wanted for clause in all_of
        ]
        return [frozenset().union(*found)] if self.either and found else found

    @property
    def excluded(self) -> Clause:
        """The terms of which none may hold."""
        return frozenset(term_of(name, value) for name, values in self.unwanted for value in values)

    @property
    def path(self) -> str | None:
        """The feed that answers the question without a search, if there is one."""
        if self.unwanted or self.since:
            return None
        if not self.wanted:
            return "all"
        (name, clauses), *others = self.wanted
        single = not others and name != "q" and len(clauses) == len(clauses[0]) == 1
        return term_of(name, clauses[0][0]) if single else None

    def following(self, leads: Mapping[str, Lead]) -> Question:
        """The same question now that some of its subjects were renamed or merged."""

        def followed(name: str, values: tuple[str, ...]) -> tuple[str, ...]:
            if name != "subject":
                return values
            return tuple(lead.to if (lead := leads.get(slug)) and lead.to else slug for slug in values)

        after = replace(
            self,
            wanted=tuple((name, tuple(followed(name, clause) for clause in clauses)) for name, clauses in self.wanted),
            unwanted=tuple((name, followed(name, values)) for name, values in self.unwanted),
        )
        return self if after == self else question_in(after.written)

    @property
    def written(self) -> str:
        """The query of its address."""
        pairs = [(name, _joined(clause)) for name, clauses in self.wanted for clause in clauses]
        words = [value for name, value in pairs if name == "q"]
        pairs = [("q", "+".join(words))] * bool(words) + [pair for pair in pairs if pair[0] != "q"]
        pairs += [(f"not.{name}", _joined(values)) for name, values in self.unwanted]
        pairs += [("since", quote(_moment(self.since), safe=":"))] if self.since else []
        pairs += [("match", "any")] if self.either else []
        return "&".join(f"{name}={value}" for name, value in pairs)

    @property
    def title(self) -> str:
        """The question in words."""
        joint = " or " if self.either else ", "
        parts = [
            f"{'' if name == 'q' else name + ' '}{' or '.join(clause)}"
            for name, clauses in self.wanted
            for clause in clauses
        ]
        told = [joint.join(parts)] if parts else []
        told += [f"not {'' if name == 'q' else name + ' '}{' or '.join(values)}" for name, values in self.unwanted]
        told += [f"since {_moment(self.since)}"] if self.since else []
        return ", ".join(told)


def question_of(parameters: Iterable[tuple[str, str]]) -> Question:
    """The question that these parameters ask. Raises BadQuestion for a name or a value that means nothing."""
    given = [(name, one_line(value)) for name, value in parameters]
    if unknown := sorted({name for name, _ in given} - set(PARAMETERS)):
        raise BadQuestion("there is no such parameter", unknown=unknown[:5], known=list(PARAMETERS))
    if sum(len(value) for _, value in given) > LONGEST_QUESTION:
        raise BadQuestion("the question is too long", characters=LONGEST_QUESTION)
    wanted: dict[str, list[tuple[str, ...]]] = {name: [] for name in FIELDS}
    unwanted: dict[str, set[str]] = {name: set() for name in FIELDS}
    for name, value in given:
        field = name.removeprefix("not.")
        if name in EXCLUDED:
            unwanted[field] |= {each for clause in _clauses(field, value)[0] for each in clause}
        elif name in FIELDS:
            clauses, without = _clauses(field, value)
            wanted[field] += clauses
            unwanted[field] |= without
    either = _choice(given)
    kept = {name: _fewest(clauses, either=either) for name, clauses in wanted.items() if clauses}
    if sum(map(len, kept.values())) > MOST_CLAUSES:
        raise BadQuestion("the question has too many parts", most=MOST_CLAUSES)
    several = sum(len(clause) for clauses in kept.values() for clause in clauses) > 1
    return Question(
        wanted=tuple(kept.items()),
        unwanted=tuple((name, tuple(sorted(values))) for name, values in unwanted.items() if values),
        since=max((_since(value) for name, value in given if name == "since"), default=None),
        either=either and several and sum(map(len, kept.values())) > 1,
    )


@lru_cache(maxsize=4096)
def question_in(query: str) -> Question:
    """The question that the query of an address asks. Raises BadQuestion."""
    return question_of(parse_qsl(query, keep_blank_values=True))


def words_of(text: str) -> list[str]:
    """The words of a text: letters and digits, without case and accents."""
    if text.isascii():  # a fifth of the time, and most texts are
        return text.translate(ASCII_WORDS).split()
    return WORD.findall(MARKS.sub("", unicodedata.normalize("NFKD", text)).casefold())


def term_of(name: str, value: str) -> Term:
    """A value as what articles are known by: a word as it is, anything else by the path of its feed."""
    return value if name == "q" else PATH_OF[name](value)


def _clauses(name: str, value: str) -> tuple[list[tuple[str, ...]], set[str]]:
    """The clauses that a value says, and for `q` the words that it excludes."""
    if name == "q":
        return _words(value)
    alternatives = [slug for part in value.split(",") if (slug := _slug(name, part.strip()))]
    if not alternatives:
        raise BadQuestion("a value is empty", parameter=name)
    return [tuple(alternatives)], set()


def _words(value: str) -> tuple[list[tuple[str, ...]], set[str]]:
    parts = re.sub(r"\s+(?:OR|\|)\s+|\s*,\s*", ",", value).split()
    clauses: list[tuple[str, ...]] = []
    without: set[str] = set()
    for part in parts:
        if part.startswith("-"):
            without |= set(words_of(part))
        else:
            several = [words for each in part.split(",") if (words := words_of(each))]
            # One more is too many; all of them are two to the power of the alternatives.
            clauses += islice(product(*several), MOST_CLAUSES + 1) if several else ()
    if not clauses and not without:
        raise BadQuestion("there is no word in it", parameter="q")
    return clauses, without


def _slug(name: str, value: str) -> str:
    if name == "source":
        return host_of(value if "://" in value else f"http://{value}")
    return slug_of(value) if value else ""


def _fewest(clauses: Sequence[tuple[str, ...]], *, either: bool) -> tuple[tuple[str, ...], ...]:
    """The same said once: a clause that holds whenever another one does is left out."""
    sets = {frozenset(clause) for clause in clauses}
    if either:
        return tuple((value,) for value in sorted(frozenset().union(*sets)))
    if len(sets) > MOST_SAID:
        raise BadQuestion("the question has too many parts", most=MOST_CLAUSES)
    needed = [clause for clause in sets if not any(other < clause for other in sets)]
    return tuple(sorted(tuple(sorted(clause)) for clause in needed))


def _choice(given: Iterable[tuple[str, str]]) -> bool:
    said = {value for name, value in given if name == "match"}
    if said - {"any", "all"} or len(said) > 1:
        raise BadQuestion("match is any or all")
    return said == {"any"}


def _since(value: str) -> datetime:
    try:
        if len(value) == len("2026-01-01"):
            return datetime.combine(datetime.strptime(value, "%Y-%m-%d").date(), time(), UTC)  # noqa: DTZ007 - a day
        found = datetime.fromisoformat(value.replace(" ", "+"))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
    except (
        ValueError,
        OverflowError,
    ):  # the one of what is no moment, the other of one that is none in UTC: the year 0
        raise BadQuestion("since is a day or a moment: 2026-01-31, 2026-01-31T12:00:00Z", since=value[:40]) from None


def _moment(since: datetime) -> str:
    return since.date().isoformat() if since.time() == time() else since.isoformat().replace("+00:00", "Z")


def _joined(values: Sequence[str]) -> str:
    return ",".join(quote(value, safe="") for value in values)
