"""The read model."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.syndication.addresses import Format
from shared.syndication.article import LARGEST_CONTENT, Status
from shared.syndication.feed import BEFORE_ALL, LARGEST_FEED, within
from shared.syndication.formats import render
from tests.unit.shared.syndication.samples import SITE, article, at, feed, neighbours, retracted_article


def test_an_article_tells_what_its_document_says() -> None:
    """The facts of the document, sanitised, with the times of first publication and of the last change."""
    made = article(1, 2, html='<p onclick="x">Sea <a href="/moon">moon</a></p>')

    assert made.html == '<p>Sea <a href="https://source.example/moon" rel="noopener noreferrer nofollow">moon</a></p>'
    assert (made.id, made.version, made.status) == ("doc1", 2, Status.PUBLISHED)
    assert (made.first_published_at, made.updated_at) == (at(1), at(101))


def test_a_retracted_article_keeps_its_title_and_no_text() -> None:
    """A notice stands in place of everything that was said."""
    made = retracted_article()

    assert made.headline == "Retracted: Tides 1"
    assert (made.html, made.text, made.summary) == ("", "", "")
    assert made.abstract == "This article was retracted on 1 March 2026. Please do not rely on earlier copies of it."
    assert made.content == f"<p>{made.notice}</p>"


def test_an_article_always_has_a_title_and_an_abstract() -> None:
    """Where the document has no summary its beginning stands for it; where it has nothing, its title."""
    assert article(summary="", text="Word " * 100).abstract == "Word " * 55 + "Word…"
    assert article(summary=" ", text="\x00").abstract == "Tides 1"
    assert article(title=" \n").headline == "Untitled"


def test_an_unspeakable_language_is_english() -> None:
    """The W3C validator refuses what is no language tag."""
    assert article(language="pt-BR").language == "pt-BR"
    assert article(language="not a language").language == "en"


def test_a_long_content_gives_way_to_the_summary() -> None:
    """Whether it does depends on the document alone."""
    short = article(html=f"<p>{'x' * 40_000}</p>")
    long = article(html=f"<p>{'x' * LARGEST_CONTENT}</p>")

    assert (short.whole, long.whole) == (True, False)
    assert (short.content, long.content) == (short.html, "")
    assert long.feed_bytes < 5_000


def test_a_feed_holds_the_newest_that_fit() -> None:
    """Never more than asked for, never more than the limit, never nothing."""
    small = [article(number) for number in range(5)]
    big = [article(number, html=f"<p>{'x' * 40_000}</p>") for number in range(10)]

    assert list(within(small, entries=3)) == small[:3]
    assert len(list(within(big, entries=50))) == 5
    assert list(within(big, entries=50, size=1)) == big[:1]
    assert list(within([], entries=50)) == []


@given(st.lists(st.text(alphabet="abc <>&\"'\né€𝛼", max_size=3000), min_size=1, max_size=40))
def test_a_feed_stays_within_its_size(texts: list[str]) -> None:
    """The estimate that an article carries is enough in every format."""
    related = neighbours(*["A neighbour with a title of the usual length, or so"] * 5)
    made = [
        article(number, html=f"<p>{text}</p>", summary=text[:280], title=text[:80], related=related)
        for number, text in enumerate(texts)
    ]
    shown = feed(*within(made, entries=50, size=20_000))

    for form in Format:
        assert len(render(shown, form)) <= max(20_000, shown.articles[0].feed_bytes) + 2_000
    assert LARGEST_FEED == 250_000


def test_a_feed_was_updated_when_its_newest_change_was() -> None:
    """The clock has no part in it; an empty feed has a date too."""
    first, second = article(1, 2), article(2)

    assert feed(second, first).updated == at(101)
    assert feed().updated == BEFORE_ALL
    assert feed(first.model_copy(update={"related": neighbours("Moon")})).updated == feed(first).updated
    assert at(101) - at(1) == timedelta(minutes=100)


def test_a_feed_speaks_the_language_of_most_articles() -> None:
    """And English when it is empty."""
    german, english = article(1, language="de"), article(2)

    assert feed(german, german, english).language == "de"
    assert feed(german, english).language == "de"
    assert feed().language == "en"
    assert feed(german).id == SITE.tag("feeds/subjects/medicine")
