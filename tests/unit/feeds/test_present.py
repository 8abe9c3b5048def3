"""What there is of a document, read as far as somebody asks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.feeds.places import card_of
from services.feeds.present import RELATED, Present
from shared.events import RelatedArticle
from tests.unit.shared.syndication.samples import article

TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from('{"id":\\'))
NAMES = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=1, max_size=16)


@given(st.lists(st.builds(RelatedArticle, id=NAMES, title=TEXTS, score=st.just(0.5), why=st.tuples(TEXTS))))
def test_the_ids_are_those_of_the_neighbours(near: list[RelatedArticle]) -> None:
    """Whatever the neighbours' titles say."""
    present = Present(listed=RELATED.dump_json(tuple(near)))

    assert [each.id for each in near] == present.neighbours == [each.id for each in present.related]


def test_the_heading_is_the_articles() -> None:
    """Id, title and whether it was retracted; of nothing there is none."""
    whole = article()
    heading = Present(card=card_of(whole).encode()).heading

    assert heading
    assert (whole.id, whole.title, whole.status) == (heading.id, heading.title, heading.status)
    assert (None, None, []) == (Present().heading, Present().article, Present().neighbours)
