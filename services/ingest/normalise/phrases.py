"""Pure. The words and pairs of words that a text is about, for a source that names no keywords."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

from services.ingest.normalise.languages import PROFILES

MOST = 12
SAMPLE = 20_000
TITLE_WEIGHT = 3
LEAST_LETTERS = 4
LONGEST_WORD = 40
LEAST_COUNT = 2
PAIR_WEIGHT = 2.0
SUBSUMED = 0.5
"""A word of which at least this part stands within chosen pairs adds nothing to them."""

WORD = re.compile(r"[^\W\d_](?:[\w'’-]*\w)?")
WORD_OR_BREAK = re.compile(WORD.pattern + r"|[.,;:!?()\[\]\n“”\"|/]")
"""A word, or what ends a piece of text, across which two words are no pair."""
PLURAL = re.compile(r"s(?<![sui]s)(?=[ \n]|\Z)")
"""The last letter of a word in plural, as most have it; `ss`, `us` and `is` end others."""
COMMON_WORDS = """
about above according across after again against allow allows almost along already also although always among another any anyone around away
back became because become becomes becoming before began being below best better between beyond bring brings called came cannot case cases
cause causes certain clear come comes common commonly compared consider considered could crucial depending despite different does doing done
down during each early easily effective either else enough especially essential even every example examples experience fact factor factors
find first following form found four from full further gave general generally give given gives goes going good great group groups hand
happen have having help helps hence here high higher highly however important include included includes including increase increased
increasing indeed instance instead into involve involved involves involving itself just keep kind know known large largely last later lead
leading leads least less level levels like likely long longer look made main mainly make makes making many material matter maybe might more
moreover most much must near nearly necessary need needed needs never nevertheless next none nothing number often once only onto order other
others otherwise outcome over overall part particular particularly parts perhaps play plays point points possible potential potentially
present provide provides providing quite range rather reach read really recent recently reduce reduces regarding related remain remains
result results role same seem seems several shall should show shown shows significant significantly similar simply since small some someone
something sometimes soon specific specifically still such suggest take taken takes taking tell tend than that their them themselves then
there therefore these they thing things think this those though three through throughout thus time times together took toward towards true
truly turn type types typically ultimately under understand understanding unless until upon used useful uses using usually various very want
well went were what whatever when where whereas whether which while whole whom whose wide will with within without work works would year
years your yours involvement one two you our its way ways new old use may can the and for are was not but has had his her him she who how
why did get got put see say says said
"""
COMMON = frozenset(COMMON_WORDS.split())


class _Tally:
    """How often each phrase was said, one in singular and in plural as the same, and which spelling is the usual one."""

    def __init__(self, said: Counter[str]) -> None:
        self.counts: dict[str, int] = {}
        self._spelled: dict[str, list[str]] = {}
        # All in one: phrase by phrase it took a third of finding the keywords.
        keys = PLURAL.sub("", "\n".join(said)).split("\n")
        for key, (phrase, count) in zip(keys, said.items(), strict=False):
            self.counts[key] = self.counts.get(key, 0) + count
            self._spelled.setdefault(key, []).append(phrase)
        self._said = said

    def spelling(self, key: str) -> str:
        return min(self._spelled[key], key=lambda each: (-self._said[each], each))


def keywords_of(title: str, text: str, language: str) -> tuple[str, ...]:
    """At most MOST words and pairs, in small letters, the most telling first; those of the title count TITLE_WEIGHT times."""
    small = PROFILES.get(language, frozenset()) | (COMMON if language == "en" else frozenset())
    # A title is one piece, whatever stands between its words.
    found = [*[*WORD.findall(title.lower()), "\n"] * TITLE_WEIGHT, *WORD_OR_BREAK.findall(text[:SAMPLE].lower())]
    told = {each: _told(each, small) for each in set(found)}
    said = [told[each] for each in found]
    words = _Tally(Counter(word for word in said if word))
    pairs = _Tally(Counter(f"{one} {after}" for one, after in pairwise(said) if one and after and one != after))
    return tuple((pairs if " " in each else words).spelling(each) for each in _chosen(words.counts, pairs.counts))


def _told(found: str, small: frozenset[str]) -> str:
    """A word as it counts; empty if it says nothing, or is what ends a piece."""
    if len(found) < LEAST_LETTERS:
        return ""
    word = found[:LONGEST_WORD].removesuffix("'s").removesuffix("’s")
    return "" if len(word) < LEAST_LETTERS or word in small else word


def _chosen(words: Mapping[str, int], pairs: Mapping[str, int]) -> list[str]:
    ranked = [(count * PAIR_WEIGHT, pair) for pair, count in pairs.items() if count >= LEAST_COUNT]
    ranked += [(float(count), word) for word, count in words.items() if count >= LEAST_COUNT]
    chosen: list[str] = []
    held: Counter[str] = Counter()
    for _, phrase in sorted(ranked, key=lambda each: (-each[0], each[1])):
        if len(chosen) == 2 * MOST:
            break
        if not (_said_by_chosen(phrase, held, pairs) if " " in phrase else held[phrase] >= SUBSUMED * words[phrase]):
            chosen.append(phrase)
            for word in phrase.split() if " " in phrase else ():
                held[word] += pairs[phrase]
    return [each for each in chosen if " " in each or held[each] < SUBSUMED * words[each]][:MOST]


def _said_by_chosen(pair: str, held: Counter[str], pairs: Mapping[str, int]) -> bool:
    """Whether a pair that is rare hangs on to a word that stands in a chosen pair already."""
    known = [word for word in pair.split() if held[word]]
    return bool(known) and (pairs[pair] <= LEAST_COUNT or len(known) == len(pair.split()))
