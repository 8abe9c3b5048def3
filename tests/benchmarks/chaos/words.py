"""Documents for chaos: texts of a seeded word model, or those of a file; the same number always gives the same document."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from shared.settings import ROOT

THEMES = 400
WORDS_OF_A_THEME = 40
WORDS_OF_A_TEXT = 60
SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]

Documents = Callable[[int], dict[str, Any]]


def synthetic(seed: int) -> Documents:
    """Each text speaks of one theme, by the theme's own words and a subject's keywords, so that it has neighbours and a subject."""
    themes = [_theme(random.Random(f"{seed}/theme/{number}")) for number in range(THEMES)]

    def document(number: int) -> dict[str, Any]:
        chance = random.Random(f"{seed}/{number}")
        words = themes[chance.randrange(THEMES)]
        title = " ".join(chance.sample(words, 4)).capitalize()
        text = " ".join(chance.choices(words, k=WORDS_OF_A_TEXT))
        return {"id": f"chaos-{number}", "title": f"{title} {number}", "text": text}

    return document


def from_file(path: Path) -> Documents:
    """The documents of a .jsonl.gz, in its order and from its beginning again when it ends."""
    with gzip.open(path, "rt") as lines:
        rows = [json.loads(line) for line in lines]

    def document(number: int) -> dict[str, Any]:
        row = rows[number % len(rows)]
        return {"id": f"chaos-{number}", "title": row["title"][:200], "answer": row["answer"] or row["title"]}

    return document


def _theme(chance: random.Random) -> list[str]:
    invented = ["".join(chance.choices(SYLLABLES, k=3)) for _ in range(WORDS_OF_A_THEME)]
    return invented + chance.sample(chance.choice(_keywords()), 8)


@cache
def _keywords() -> list[list[str]]:
    taxonomy = yaml.safe_load((ROOT / "seeds" / "subjects.yaml").read_text())
    every = [list(map(_word, subject.get("keywords") or ())) for subject in taxonomy["subjects"]]
    return [keywords for keywords in every if len(keywords) >= 8]


def _word(keyword: object) -> str:
    return str(next(iter(keyword))) if isinstance(keyword, dict) else str(keyword)
