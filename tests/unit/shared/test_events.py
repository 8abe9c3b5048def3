"""Events: their identities."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from shared.events import EVENT_IDS, event_id

TEXT = st.text()


@given(TEXT, TEXT, TEXT)
def test_an_event_id_is_a_uuid_of_version_5(cause: str, stream: str, document: str) -> None:
    """Made by hand for speed, it is what the standard library makes."""
    assert str(uuid.uuid5(EVENT_IDS, f"{cause}/{stream}/{document}")) == event_id(cause, stream, document)
