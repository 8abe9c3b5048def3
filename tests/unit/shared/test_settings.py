"""Settings that would do harm are refused before anything starts."""

from __future__ import annotations

import pytest
import yaml
from pydantic import SecretStr, ValidationError

from shared.settings import ROOT, Settings


@pytest.mark.parametrize(
    "said",
    [
        "news.example",
        "ftp://news.example",
        "https://",
        "https://b\u00fccher.example",
        "https://user:word@news.example",
        "https://news.example/?a=b",
        "https://news example",
    ],
)
def test_a_public_address_that_is_none_is_refused(said: str) -> None:
    """It would stand in every link, and the entries' ids would change when it is mended."""
    with pytest.raises(ValidationError, match="is no address"):
        Settings(public_url=said)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("https://News.Example:8443/", "https://News.Example:8443"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://news.example/the/paper/", "https://news.example/the/paper"),
        ("http://feeds_1:8000", "http://feeds_1:8000"),
    ],
)
def test_a_public_address_may_have_a_port_and_a_path(said: str, meant: str) -> None:
    """A slash at its end makes no difference."""
    assert Settings(public_url=said).base_url == meant


def test_a_token_is_kept_without_the_space_around_it() -> None:
    """A file's last line end would make it another token than the one that a client can send."""
    token = Settings(token=SecretStr(" sesame\n")).token
    assert token
    assert "sesame" == token.get_secret_value()
    assert Settings(token=SecretStr(" \n")).token is None


@pytest.mark.parametrize("token", ["a\nb", "pässwort"])
def test_a_token_that_no_header_can_hold_is_refused_unseen(token: str) -> None:
    """The message shows the setting and not its value."""
    with pytest.raises(ValidationError, match="must be of printable ASCII"):
        Settings(token=SecretStr(token))


def test_compose_hands_every_setting_through() -> None:
    """But those that are the image's own: what is set in the shell or in .env is never passed over in silence."""
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["x-service"]
    own = {"host", "port", "url", "data", "inbox", "log_json"}

    assert {f"SYNDICATE_{name.upper()}" for name in Settings.model_fields.keys() - own} == set(service["environment"])
