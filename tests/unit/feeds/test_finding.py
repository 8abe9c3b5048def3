"""The index, held against looking at every article."""

from __future__ import annotations

import random
from array import array
from dataclasses import replace
from typing import Any

from services.feeds.finding import Finder, words_in
from shared.syndication.article import Article
from shared.syndication.facets import facets_of, subject_path
from shared.syndication.questions import FIELDS, Question, question_of, words_of
from tests.unit.shared.syndication.samples import LAW, MEDICINE, SCIENCE, article, at, retracted_article

WORDS = ["sea", "moon", "sand", "tide", "Ebb", "Café", "wind"]
NAMES = ["Ann Author", "Ben Writer", "Zoe"]
SUBJECTS = [LAW, MEDICINE, SCIENCE]


def some_article(number: int, version: int, chance: random.Random) -> tuple[Article, str]:
    """A random article and its text."""
    text = " ".join(chance.choices(WORDS, k=4))
    facts: dict[str, Any] = {
        "title": chance.choice(WORDS),
        "summary": "",
        "authors": tuple(chance.sample(NAMES, chance.randint(0, 2))),
        "keywords": tuple(chance.sample(WORDS, 2)),
        "language": chance.choice(["en", "de"]),
        "subject": chance.choice(SUBJECTS),
        "second": chance.choice([None, *SUBJECTS]),
        "place": number,
        "sequence": version,
    }
    return article(number).model_copy(update=facts), text


def some_question(chance: random.Random) -> Question:
    """A random question, some with alternatives, exclusions, a date."""
    values = {
        "q": WORDS,
        "subject": [each.slug for each in SUBJECTS],
        "keyword": WORDS,
        "author": NAMES,
        "lang": ["en", "de"],
        "source": ["source.example", "else.example"],
    }
    pairs = []
    for _ in range(chance.randint(1, 4)):
        name = chance.choice(FIELDS)
        pairs.append(
            (chance.choice(["", "", "not."]) + name, ",".join(chance.sample(values[name], chance.randint(1, 2))))
        )
    if chance.random() < 0.2:
        pairs.append(("since", f"{at(chance.randint(0, 300)):%Y-%m-%dT%H:%M:%SZ}"))
    if chance.random() < 0.3:
        pairs.append(("match", "any"))
    return question_of(pairs)


def answers(question: Question, article: Article, text: str) -> bool:
    """Whether the article answers the question, found out from the question's own words."""
    terms = {*words_of(f"{article.title} {article.summary} {text}"), *facets_of(article)}
    terms |= {subject_path(subject.slug) for subject in article.subjects}
    return (
        all(clause & terms for clause in question.clauses)
        and not question.excluded & terms
        and (question.since is None or article.first_published_at >= question.since)
    )


def test_the_index_finds_what_a_look_at_every_article_finds() -> None:
    """1,000 random questions to 300 articles, a third of them corrected, some forgotten; order and archives too."""
    chance = random.Random(6)
    finder, shelf = Finder(), {}
    for number in [*range(300), *chance.sample(range(300), 100)]:
        made, text = some_article(number, chance.randint(1, 10**9), chance)
        shelf[number] = (made, text)
        finder.put(made, words_in(made, text))
    for number in chance.sample(range(300), 20):
        finder.drop(shelf.pop(number)[0].id)
    newest_first = [shelf[number] for number in sorted(shelf, reverse=True)]

    for _ in range(1_000):
        question = some_question(chance)
        below = chance.choice([None, chance.randint(0, 300)])
        expected = [
            (made.id, made.score)
            for made, text in newest_first
            if answers(question, made, text) and (below is None or made.score < below)
        ]
        assert finder.found(question, below=below, most=20) == (len(expected), expected[:20]), question.written


def test_a_version_is_known_again() -> None:
    """So that a new list of neighbours costs no reading of the text."""
    finder, made = Finder(), article().model_copy(update={"sequence": 7})
    finder.put(made, words_in(made, "sea"))

    assert finder.has(made.id, made.sequence)
    assert not finder.has(made.id, 8)
    assert len(finder) == 1


def test_a_retracted_article_is_found_by_what_it_said() -> None:
    """Its words are kept as numbers alone."""
    before = article().model_copy(update={"title": "Tides"})
    words = array("Q", words_in(before, "the moon pulls"))
    finder = Finder()
    finder.put(retracted_article(), words)

    assert finder.found(question_of([("q", "moon tides")]), below=None, most=9)[0] == 1
    assert b"moon" not in words.tobytes()
    assert replace(question_of([("q", "sun")])).clauses == [frozenset({"sun"})]
