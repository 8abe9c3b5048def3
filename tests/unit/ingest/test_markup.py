"""Markup becomes safe HTML, and that becomes text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from services.ingest.markup import paragraphs, rendered, sanitised, text_of, without_title
from services.ingest.page import ATTRIBUTES, TAGS, read_page
from shared.errors import DocumentRejected

HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '<a href="javascript:alert(1)">x</a>',
    '<a href=" java&#115;cript:alert(1)">x</a>', '<a href="java\x00script:alert(1)">x</a>', "<svg onload=alert(1)>",
    "<iframe src=https://e.org></iframe>", "<form action=https://e.org><input name=a></form>", "<style>p{}</style>",
    '<math><mtext><table><mglyph><style><img src=x onerror="alert(1)">', "<p style='position:fixed' onclick=x>t</p>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">', "<base href=https://e.org>", "<meta http-equiv=refresh>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>", "<template><script>1</script></template>",
    '<img src="https://e.org/a.png" onload="x">', '<a href="vbscript:x">x</a>', "<object data=x></object><embed src=x>",
]  # fmt: skip


class _Audit(HTMLParser):
    """Notes every tag and attribute that is not one of ours."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.foreign: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        allowed = ATTRIBUTES.get(tag, set()) | ({"rel"} if tag == "a" else set())
        self.foreign += [tag] * (tag not in TAGS)
        self.foreign += [f"{tag}.{name}" for name, _ in attrs if name not in allowed]
        safe = ("http://", "https://", "mailto:")
        self.foreign += [
            f"{name}={value}"
            for name, value in attrs
            if name in {"href", "src"} and not (value or "").lower().startswith(safe)
        ]


def cleaned(html: str) -> str:
    """As documents go: read, rewritten, sanitised."""
    return sanitised(read_page(html, whole=True).html)


@pytest.mark.parametrize("html", HOSTILE)
def test_nothing_that_acts_gets_through(html: str) -> None:
    """Scripts, handlers, frames, forms and their disguises are gone; also for one who brings them in Markdown."""
    assert _Audit(cleaned(html)).foreign == []
    assert _Audit(cleaned(rendered(html))).foreign == []


@given(
    st.lists(
        st.sampled_from([*HOSTILE, "<p>", "</p>", "<b>", "<table>", "<!--", "-->", "'", '"', ">", "<", "&#0;", "a"])
    ).map("".join)
)
def test_nothing_that_acts_gets_through_in_any_mixture(html: str) -> None:
    """Pieces of attacks in any order give only our own tags and attributes."""
    assert _Audit(cleaned(html)).foreign == []


@given(st.text(alphabet="<>&\"'ab \n/=", max_size=60))
def test_plain_text_is_never_markup(text: str) -> None:
    """A paragraph of anything comes back as the same text."""
    line = " ".join(text.split())

    assert text_of(paragraphs([line])) == line


def test_text_has_a_line_for_each_block() -> None:
    """White space folds, cells are apart, entities are letters."""
    html = (
        "<h2>A</h2><p>b  \n<em>c</em><br>d &amp; e</p><ul><li>f</li></ul><table><tr><td>g</td><td>h</td></tr></table>"
    )

    assert text_of(html) == "A\nb c\nd & e\nf\ng h"
    assert text_of('<p><a href="https://e.org/?a>b" title="x > y">z</a></p>') == "z"


def test_a_repeated_title_is_dropped_once() -> None:
    """The page shows the title anyway; a document that is only its title stays."""
    assert without_title("<h1>The <b>heart</b></h1>\n<p>Beats.</p>", "the heart") == "<p>Beats.</p>"
    assert without_title("<p>The heart</p>", "The heart") == "<p>The heart</p>"


@pytest.mark.parametrize(
    "piece", ["[", "![", "=\n*-|-\n> ", "|a|b|\n|-|-|\n", "# a\n", "*a ", "[a]: b\n", "- a\n", "`a"]
)
def test_tangled_markdown_is_refused_in_time(piece: str) -> None:
    """The parser's work is counted, so that the square of 300 KB never happens."""
    with pytest.raises(DocumentRejected) as refused:
        rendered(piece * (2_000_000 // len(piece)))

    assert refused.value.code == "too-deep"


@given(st.text(alphabet="ab \n!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~1", max_size=80))
def test_markdown_is_what_commonmark_says(text: str) -> None:
    """Where the parser stops makes no difference to what it reads."""
    plain = MarkdownIt("commonmark", {"html": True}).enable("table")

    assert plain.render(text) == rendered(text)


def test_markdown_of_a_long_book_is_read() -> None:
    """The limit is far from what people write."""
    chapter = (
        "## Chapter\n\nSome *words* and a [link](https://example.org), then `code`.\n\n- one\n- two\n\n"
        + "Prose. " * 100
    )

    assert rendered((chapter + "\n\n") * 1_000).count("<h2>") == 1_000


def test_too_many_paragraphs_are_refused() -> None:
    """A million lines of one letter would become eight times their size."""
    with pytest.raises(DocumentRejected) as refused:
        paragraphs(["a"] * 1_000_000)

    assert refused.value.code == "too-large"
