"""Keys are sealed where they rest, and a rotation never leaves a partner without one that it knows."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from services.webhooks.keyring import MOST_KEYS, Keyring, new_secret, rotated
from services.webhooks.partner import StoredKey
from services.webhooks.signing import key_of
from shared.errors import Conflict, Unfit
from shared.settings import Settings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = 86_400.0


def ring(number: int = 0) -> Keyring:
    """A keyring whose key is known."""
    return Keyring(bytes([number]) * 32)


@pytest.mark.parametrize("kind", ["hmac", "ed25519"])
def test_what_rests_says_nothing(kind: str) -> None:
    """Neither the secret nor a part of it; opened again it signs."""
    secret = new_secret(kind)  # type: ignore[arg-type]
    stored = ring().stored(secret, "p")

    assert secret[6:40] not in stored.model_dump_json()
    assert kind == stored.kind
    assert type(key_of(secret)) is type(ring().signers([stored], "p", NOW)[0])
    assert (kind == "ed25519") == (stored.public is not None)


def test_a_seal_is_bound_to_its_key_and_its_partner() -> None:
    """Copied to another partner, or read with another key, it does not open, and the error says nothing of it."""
    stored = ring().stored(new_secret("hmac"), "p")
    for keyring, partner in ((ring(), "q"), (ring(1), "p")):
        with pytest.raises(Unfit) as caught:
            keyring.signers([stored], partner, NOW)

        assert stored.sealed not in str(caught.value)


def test_a_secret_from_before_there_were_seals_signs_and_is_sealed() -> None:
    """It stood there as it is."""
    secret = new_secret("hmac")
    plain = StoredKey(id="first", kind="hmac", sealed=secret)
    (sealed,) = ring().sealed_anew([plain], "p")

    assert [key_of(secret)] * 2 == [ring().signers([key], "p", NOW)[0] for key in (plain, sealed)]
    assert secret not in sealed.sealed


def test_old_keys_sign_along_for_the_overlap_and_no_longer() -> None:
    """The new one stands in front; who rotates twice shortens nothing and lengthens nothing."""
    first, second, third = (ring().stored(new_secret("hmac"), "p") for _ in range(3))
    keys = rotated([first], second, NOW, DAY)
    keys = rotated(keys, third, NOW + timedelta(hours=12), 7 * DAY)
    good = {hours: [key.id for key in keys if key.good(NOW + timedelta(hours=hours))] for hours in (13, 25, 200)}

    assert {13: [third.id, second.id, first.id], 25: [third.id, second.id], 200: [third.id]} == good


def test_without_an_overlap_the_new_key_signs_alone() -> None:
    """Zero seconds are zero."""
    first, second = (ring().stored(new_secret("hmac"), "p") for _ in range(2))

    assert (second,) == rotated([first], second, NOW, 0)


def test_there_are_ten_keys_at_most_and_none_twice() -> None:
    """Then one has to wait until one runs out."""
    keys: tuple[StoredKey, ...] = (ring().stored(new_secret("hmac"), "p"),)
    for _ in range(MOST_KEYS - 1):
        keys = rotated(keys, ring().stored(new_secret("hmac"), "p"), NOW, DAY)

    assert MOST_KEYS == len([key for key in keys if key.good(NOW)])
    with pytest.raises(Conflict, match="at most 10"):
        rotated(keys, ring().stored(new_secret("hmac"), "p"), NOW, DAY)
    with pytest.raises(Conflict, match="already"):
        rotated(keys, keys[3], NOW, DAY)


def test_the_sealing_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    """Two processes have the same one; in the environment it goes before the file; nonsense stops the start."""
    settings = Settings(data=tmp_path)
    stored = Keyring.of(settings).stored(new_secret("hmac"), "p")
    path = tmp_path / "webhooks.key"

    assert Keyring.of(settings).signers([stored], "p", NOW)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    for nonsense in ("short", "!" * 44, "QUFB", "A" * 22 + "=="):
        with pytest.raises(Unfit):
            Keyring.of(settings.model_copy(update={"webhooks_key": SecretStr(nonsense)}))
