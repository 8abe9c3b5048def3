"""Pages are read as they stream by: their article, their title, what their head says."""

from __future__ import annotations

import pytest

from services.ingest.fields import Given
from services.ingest.page import MAX_OPEN_TAGS, read_page
from shared.errors import DocumentRejected

PAGE = """<!doctype html><html lang="en-GB"><head><title>The heart | Site</title>
<meta name="description" content="How it  beats."><link rel="canonical" href="https://example.org/heart"></head>
<body><header><h1>Site</h1></header><nav><ul><li><a href="https://example.org">Home</a></ul></nav>
<main><header><h1>The <em>heart</em></h1></header><p>It beats.<aside>Advert</aside><p>All day.</main>
<form><p>Subscribe</p></form><footer><h1>Imprint</h1></footer><script>alert("<p>no</p>")</script></body></html>"""


def test_a_page_gives_its_article_and_its_head() -> None:
    """What stands around the article is left out; a heading in its own header is its title."""
    page = read_page(PAGE)

    assert "".join(page.html.split()) == "<p>Itbeats.</p><p>Allday.</p>"
    assert (page.title, page.language, page.said().summary) == ("The heart", "en-GB", "How it beats.")
    assert page.url == "https://example.org/heart"


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<title>T</title><h1>H</h1><article><h1>A</h1></article>", "A"),
        ("<title>T</title><h1>H</h1><h1>I</h1>", "H"),
        ("<title>T</title><nav><h1>N</h1></nav><svg><title>S</title></svg>", "T"),
        ("<svg><title>S</title></svg><p>x", None),
        ("<title>&lt;b&gt; &amp;\u202e co</title>", "<b> & co"),
    ],
)
def test_the_nearest_heading_is_the_title(html: str, title: str | None) -> None:
    """The article's heading, else the page's, else its title."""
    assert read_page(html).title == title


def test_one_article_is_the_article_and_many_are_a_list() -> None:
    """A page of several articles is taken as a whole."""
    assert read_page("<p>a</p><article><p>b</p></article><p>c</p>").html == "<p>b</p>"
    assert read_page("<article><p>a</p></article><article><p>b</p></article>").html == "<p>a</p><p>b</p>"


def test_links_that_lead_nowhere_are_unlinked() -> None:
    """Relative and unsafe ones lose the link and keep the words; pictures of that kind go."""
    html = '<a href="/x">a</a><a href="javascript:alert(1)">b</a><a href="https://e.org/?a=1&amp;b=2">c</a><img src="x.png">'

    assert read_page(html).html == 'ab<a href="https://e.org/?a=1&amp;b=2">c</a>'


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<details><summary>More</summary>of it</details>after", "More of it after"),
        ("<section>One.</section><section><b>Two.</b></section><section>Three.</section>", "One. <b>Two.</b> Three."),
        ("A <b>b</b>c<section> d</section>", "A <b>b</b>c d"),
        ("<ul><li>a</li></ul><section><h2>b</h2></section>", "<ul><li>a</li></ul><h2>b</h2>"),
    ],
)
def test_words_do_not_run_together_where_a_tag_is_left_out(html: str, text: str) -> None:
    """Of one that begins a line in a browser a space stays, unless they are apart already."""
    assert " ".join(read_page(html, whole=True).html.split()) == text


def test_what_is_written_is_closed_and_escaped() -> None:
    """Broken markup comes out whole; text stays text."""
    assert read_page("<p>a <b>b<ul><li>c &lt;script&gt;", whole=True).html == (
        "<p>a <b>b<ul><li>c &lt;script&gt;</li></ul></b></p>"
    )


@pytest.mark.parametrize("html", ["", " ", "<!-- only -->", "<", "</", "&", "<a", "\x00"])
def test_next_to_nothing_is_nothing(html: str) -> None:
    """Scraps give an empty page or a scrap of text, and no error."""
    assert len(read_page(html).html) <= 5


@pytest.mark.parametrize("tag", ["div", "b", "span", "table", "i></b"])
def test_deep_nesting_is_refused(tag: str) -> None:
    """10,000 levels end at once, and in a typed way."""
    with pytest.raises(DocumentRejected) as refused:
        read_page(f"<{tag}>" * 10_000 + "text")

    assert (refused.value.code, refused.value.fields["limit"]) == ("too-deep", MAX_OPEN_TAGS)


@pytest.mark.parametrize("html", ["", "<p>Words.</p>", "<html><head><title>T</title></head><p>Words.</html>"])
def test_a_head_without_tags_says_nothing(html: str) -> None:
    """The title of the page is none of them."""
    assert Given() == read_page(html).head
