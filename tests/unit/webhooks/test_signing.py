"""Signatures are those of Standard Webhooks 1.0.0, and a second implementation agrees."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from services.webhooks.signing import (
    SecretRejected,
    SignatureRejected,
    headers,
    key_of,
    secret_of,
    sign,
    verify,
)

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"
NOW = 1_614_265_330
BODY = b'{"test": 2432232314}'

keys = st.binary(min_size=24, max_size=64)


def test_the_reference_vector_is_reproduced() -> None:
    """The example of the specification's libraries gives their signature."""
    assert sign(key_of(SECRET), MESSAGE, NOW, BODY) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(key=keys, text=st.text(), message=st.from_regex(r"msg_[0-9a-zA-Z]{1,40}", fullmatch=True))
def test_the_independent_verifier_accepts_every_body(key: bytes, text: str, message: str) -> None:
    """Whatever the body, `standardwebhooks` verifies what we sign, and we what it signs."""
    now = int(datetime.now(UTC).timestamp())
    body = text.encode()
    ours = headers([key], message, now, body)
    Webhook(secret_of(key)).verify(body, ours, json_parse=False)

    theirs = Webhook(secret_of(key)).sign(message, datetime.fromtimestamp(now, UTC), text)

    assert theirs == ours["webhook-signature"]


@given(key=keys)
def test_a_secret_and_its_key_are_the_same_thing(key: bytes) -> None:
    """Key to secret and back loses nothing."""
    assert key_of(secret_of(key)) == key


@given(old=keys, new=keys, body=st.binary())
def test_each_of_several_secrets_is_enough_to_verify(old: bytes, new: bytes, body: bytes) -> None:
    """During a rotation both the old and the new secret fit."""
    both = headers([old, new], "msg_1", NOW, body)

    assert [verify([key], both, body, now=NOW) for key in (old, new)] == ["msg_1", "msg_1"]


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAA", "whsec_" + "A" * 88, "whsec_***", "whsec_é"],
)
def test_what_is_no_secret_is_refused_and_not_repeated(secret: str) -> None:
    """Wrong prefix, wrong alphabet, too short and too long are refused without the text."""
    with pytest.raises(SecretRejected) as caught:
        key_of(secret)

    assert len(secret) < 10 or secret not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"webhook-id": ""}, "missing-header"),
        ({"webhook-id": "msg_other"}, "no-match"),
        ({"webhook-timestamp": str(NOW + 1)}, "no-match"),
        ({"webhook-timestamp": "1e9"}, "bad-timestamp"),
        ({"webhook-timestamp": "-5"}, "bad-timestamp"),
        ({"webhook-timestamp": "²"}, "bad-timestamp"),
        ({"webhook-timestamp": "9" * 4000}, "bad-timestamp"),
        ({"webhook-timestamp": str(NOW - 301)}, "too-old"),
        ({"webhook-timestamp": str(NOW + 301)}, "too-new"),
        ({"webhook-signature": "v1"}, "no-match"),
        ({"webhook-signature": "v1,a,b"}, "no-match"),
        ({"webhook-signature": "v1a,é v2,"}, "no-match"),
    ],
)
def test_a_message_that_proves_nothing_is_refused(change: dict[str, str], code: str) -> None:
    """Each way of being wrong has its own code."""
    good = headers([key_of(SECRET)], MESSAGE, NOW, BODY)

    with pytest.raises(SignatureRejected) as caught:
        verify([key_of(SECRET)], good | change, BODY, now=NOW)

    assert caught.value.code == code


def test_another_body_does_not_verify() -> None:
    """One byte more is another message."""
    good = headers([key_of(SECRET)], MESSAGE, NOW, BODY)

    with pytest.raises(SignatureRejected, match="no signature fits"):
        verify([key_of(SECRET)], good, BODY + b" ", now=NOW)
