"""Pure. Mutants of the topics of what is near an article."""

from __future__ import annotations

from tests.benchmarks.mutants.mutant import DESK, DISTRIBUTING, EDITION, NEARBY, NEWSROOM, Mutant, mutant

RELATING = "services/related/relating.py"

NEARNESS = (
    mutant(
        "test_nearness.py::test_a_newcomer_is_pushed_once_as_the_feed_shows_it",
        "who joins a list is not told of",
        NEWSROOM,
        "            told += self.wait(name, said, topics, place - rank, sheet.now)",
        "            told += ()",
    ),
    mutant(
        "test_nearness.py::test_a_newcomer_is_pushed_once_as_the_feed_shows_it",
        "a list that changes is told of whole",
        "services/feeds/nearness.py",
        '"joined": dict.fromkeys([name for name in after if name not in before], "")',
        '"joined": dict.fromkeys(after, "")',
    ),
    mutant(
        "test_nearness.py::test_an_older_article_that_joins_is_pushed_as_the_feed_shows_it",
        "an older article is told of as it was when it came",
        "services/feeds/recalling.py",
        '"" if recent else',
        '"" if recent or found else',
    ),
    mutant(
        "test_nearness.py::test_those_that_join_at_once_stand_as_in_the_feed",
        "neighbours stand by their age",
        EDITION,
        "        if topic.near:",
        "        if not topic.url:",
    ),
    Mutant(
        "test_nearness.py::test_a_neighbour_that_goes_is_no_news",
        "who leaves a list is told of all the same",
        (
            (RELATING, "before = before & self._index.standing.beside(event.document_id)", "before = set(before)"),
            (NEARBY, "if move is not None and not move % 2}", "if move is not None and not move}"),
        ),
    ),
    mutant(
        "test_nearness.py::test_a_neighbour_that_was_there_before_is_corrected",
        "corrections of neighbours are not told of",
        NEWSROOM,
        "            topics += beside(event, self.subscribed.near, self.seen)",
        "            topics += []",
    ),
    mutant(
        "test_nearness.py::test_whoever_was_told_of_a_neighbour_is_told_of_its_retraction",
        "the retraction of a neighbour is its leaving alone",
        DISTRIBUTING,
        "    return news.record.retracted or news.document not in gone",
        "    return news.document not in gone",
    ),
    mutant(
        "test_nearness.py::test_whoever_was_told_of_a_neighbour_is_told_of_its_retraction",
        "who has left a list is forgotten",
        NEARBY,
        "    return [*topics, *(topic for topic in seen.left.get(event.document_id, ()) if topic not in topics)]",
        "    return topics",
    ),
    mutant(
        "test_nearness.py::test_an_article_that_is_taken_back_takes_its_topic_along",
        "nobody is denied when an article is taken back",
        DESK,
        " | await self._withdrawn(view.topics)",
        "",
    ),
    mutant(
        "test_nearness.py::test_an_article_that_there_is_not_is_no_topic",
        "every article that somebody can think of has a topic",
        DESK,
        "if topic.near and not await self.newsroom.known([topic.near]):",
        "if topic.near and not topic.url:",
    ),
)
