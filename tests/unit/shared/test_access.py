"""The operator's token is made once, is never empty, and is for its owner's eyes only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared.access import known_token, operator_token, same, token_file
from shared.errors import Unfit
from shared.settings import Settings

STARTS = 16


def test_processes_that_start_together_share_one_token(tmp_path: Path) -> None:
    """None of them sees a file that is not yet written."""
    settings = Settings(data=tmp_path / "data")
    with ThreadPoolExecutor(STARTS) as starts:
        tokens = set(starts.map(lambda _: operator_token(settings), range(STARTS)))

    assert {known_token(settings)} == tokens
    assert "" not in tokens


def test_the_file_is_its_owners_alone_and_nothing_else_stays(tmp_path: Path) -> None:
    """Mode 600, and no draft beside it."""
    settings = Settings(data=tmp_path)
    operator_token(settings)

    assert 0o600 == token_file(settings).stat().st_mode & 0o777
    assert [token_file(settings)] == list(tmp_path.iterdir())


def test_an_empty_file_is_no_token(tmp_path: Path) -> None:
    """An empty token would let everybody in who sends none."""
    settings = Settings(data=tmp_path)
    token_file(settings).touch()

    with pytest.raises(Unfit, match=r"operator\.token is empty"):
        operator_token(settings)


def test_tokens_are_compared_whole() -> None:
    """Also where a foreign text is no text at all."""
    assert same("token", "token")
    assert not same("token", "tokem")
    assert not same("\udcff", "token")
