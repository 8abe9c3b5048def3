"""Pure. Documents that nobody wrote: 2.5 kB of Markdown each, from a seeded model of words.

The model has what makes real work for classifier and related: every subject of the taxonomy is a topic with the taxonomy's keywords among
its frequent words, every topic has themes, a document has one theme, and words are as frequent as in a language (Zipf's law).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import accumulate

import yaml

CHARACTERS = 1_900
COMMON_WORDS = 2_000
TOPIC_WORDS = 1_000
THEMES = 40
THEME_WORDS = 60
SHARES = (0.5, 0.3, 0.2)
"""Of a document's words so many are everybody's, its topic's and its theme's."""
SYLLABLES = [
    first + vowel + last for first in "bcdfglmnprstv" for vowel in "aeiou" for last in ("", "n", "r", "s", "l")
]
SECTIONS = 5
SENTENCE_WORDS = (8, 22)


class Words:
    """Some words, the first the most frequent."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = words
        self.weights = list(accumulate(1 / (rank + 2) for rank in range(len(words))))

    def some(self, chance: random.Random, count: int) -> list[str]:
        return chance.choices(self.words, cum_weights=self.weights, k=count)


class Model:
    """Everybody's words, and for each topic its own and its themes'; the same `seed` always gives the same documents."""

    def __init__(self, taxonomy: bytes, seed: int = 1) -> None:
        self.seed = seed
        chance = random.Random(seed)
        fresh = _fresh_words(chance)
        self.common = Words([next(fresh) for _ in range(COMMON_WORDS)])
        self.topics = []
        for subject in yaml.safe_load(taxonomy)["subjects"]:
            keywords = [word if isinstance(word, str) else next(iter(word)) for word in subject.get("keywords", ())]
            own = [word for pair in zip(keywords, fresh, strict=False) for word in pair]
            words = [*own, *(next(fresh) for _ in range(TOPIC_WORDS - len(own)))]
            themes = [Words(chance.sample(words, THEME_WORDS)) for _ in range(THEMES)]
            self.topics.append((Words(words), themes))

    @property
    def vocabulary(self) -> int:
        """How many words there are."""
        return len(self.common.words) + sum(len(words.words) for words, _ in self.topics)

    def documents(self, count: int) -> Iterator[bytes]:
        """So many documents, each another one."""
        chance = random.Random(self.seed + 1)
        for number in range(count):
            yield self._document(chance, number).encode()

    def _document(self, chance: random.Random, number: int) -> str:
        topic, themes = chance.choice(self.topics)
        sources = (self.common, topic, chance.choice(themes))
        title = " ".join((*sources[1].some(chance, 2), *sources[2].some(chance, 4))).capitalize()
        head = f"---\ntitle: {title} ({number})\nkeywords: [{', '.join(sources[2].some(chance, 3))}]\n---\n\n"
        sections = (f"{place}. **{_name(chance, sources)}**: {{}}" for place in range(1, SECTIONS + 1))
        return head + "\n\n".join(["{}", *sections, "{}"]).format(
            *(_paragraph(chance, sources, CHARACTERS // (SECTIONS + 2)) for _ in range(SECTIONS + 2))
        )


def _name(chance: random.Random, sources: Sequence[Words]) -> str:
    return " ".join(sources[2].some(chance, 2)).title()


def _paragraph(chance: random.Random, sources: Sequence[Words], characters: int) -> str:
    sentences: list[str] = []
    while sum(map(len, sentences)) < characters:
        length = chance.randint(*SENTENCE_WORDS)
        words = [
            word
            for source, share in zip(sources, SHARES, strict=True)
            for word in source.some(chance, round(length * share))
        ]
        chance.shuffle(words)
        sentences.append(" ".join(words).capitalize() + ".")
    return " ".join(sentences)


def _fresh_words(chance: random.Random) -> Iterator[str]:
    known: set[str] = set()
    while True:
        word = "".join(chance.choices(SYLLABLES, k=chance.randint(1, 3)))
        if word not in known:
            known.add(word)
            yield word
