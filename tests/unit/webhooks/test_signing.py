"""Signatures are those of Standard Webhooks 1.0.0, and a second implementation agrees."""

from __future__ import annotations

import json
import random
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook
from svix.webhooks import Webhook as SvixWebhook

from services.webhooks.signing import (
    SecretRejected,
    SignatureRejected,
    headers,
    key_of,
    pair_of,
    proof_of,
    public_of,
    secret_of,
    sign,
    verify,
)

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"
PAIR = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
PUBLIC = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
NOW = 1_614_265_330
BODY = b'{"test": 2432232314}'

keys = st.binary(min_size=24, max_size=64)


def test_the_reference_vector_is_reproduced() -> None:
    """The example of the specification's libraries gives their signature."""
    assert sign(key_of(SECRET), MESSAGE, NOW, BODY) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_reference_vector_of_ed25519_is_reproduced() -> None:
    """Svix's example of v1a gives its signature, and its public key verifies it."""
    signature = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
    signed = headers([key_of(PAIR)], MESSAGE, NOW, BODY)

    assert (signature, PUBLIC) == (signed["webhook-signature"], public_of(PAIR))
    assert [MESSAGE] * 2 == [verify([proof_of(text)], signed, BODY, now=NOW) for text in (PUBLIC, PAIR)]


def test_ten_thousand_random_bodies_verify_with_both_packages() -> None:
    """`standardwebhooks` and `svix` accept every one of them, and signatures by HMAC and Ed25519 stand side by side."""
    chance = random.Random(1)
    now = int(datetime.now(UTC).timestamp())
    ours, theirs, pair = Webhook(SECRET), SvixWebhook(SECRET), key_of(PAIR)
    for number in range(10_000):
        text = "".join(chr(chance.choice(ALPHABETS)(chance)) for _ in range(chance.randrange(200)))
        signing = [key_of(SECRET), pair] if number % 100 == 0 else [key_of(SECRET)]
        signed = headers(signing, f"msg_{number}", now, text.encode())
        ours.verify(text, signed, json_parse=False)
        theirs.verify(json.dumps({"text": text}), headers(signing, "msg_1", now, json.dumps({"text": text}).encode()))
        verify([proof_of(PUBLIC if number % 100 == 0 else SECRET)], signed, text.encode(), now=now)


ALPHABETS: tuple[Callable[[random.Random], int], ...] = (
    lambda chance: chance.randrange(0x20, 0x7F),
    lambda chance: chance.randrange(0xA0, 0x2000),
    lambda chance: chance.randrange(0x1F300, 0x1F600),
    lambda chance: chance.randrange(0x20),
)


def test_openssl_alone_verifies_both(tmp_path: Path) -> None:
    """The commands of the documentation: an HMAC that is the same, and an Ed25519 signature that is verified."""
    content = f"{MESSAGE}.{NOW}.".encode() + BODY
    signatures = [sign(key_of(secret), MESSAGE, NOW, BODY).partition(",")[2] for secret in (SECRET, PAIR)]
    (tmp_path / "content").write_bytes(content)
    (tmp_path / "signature").write_bytes(b64decode(signatures[1]))
    (tmp_path / "key.der").write_bytes(SPKI + b64decode(PUBLIC.removeprefix("whpk_")))
    key = b64decode(SECRET.removeprefix("whsec_")).hex()
    words = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{key}", "-binary", "content"]
    by_openssl = subprocess.run(words, cwd=tmp_path, capture_output=True, check=True).stdout
    words = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-pubin",
        "-keyform",
        "DER",
        "-inkey",
        "key.der",
        "-rawin",
        "-in",
        "content",
    ]
    verdict = subprocess.run([*words, "-sigfile", "signature"], cwd=tmp_path, capture_output=True, check=False)

    assert signatures[0] == b64encode(by_openssl).decode()
    assert (0, b"Signature Verified Successfully\n") == (verdict.returncode, verdict.stdout)


SPKI = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of an Ed25519 public key in DER (RFC 8410, section 4)."""


@given(seed=st.binary(min_size=32, max_size=32))
def test_a_pair_and_its_key_are_the_same_thing(seed: bytes) -> None:
    """Seed to secret to key loses nothing, and half of a pair is refused."""
    secret = pair_of(seed)
    key = key_of(secret)

    assert not isinstance(key, bytes)
    assert seed == key.private_bytes_raw()
    with pytest.raises(SecretRejected):
        key_of("whsk_" + b64encode(seed).decode())


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
        verify([proof_of(SECRET)], good | change, BODY, now=NOW)

    assert caught.value.code == code


def test_another_body_does_not_verify() -> None:
    """One byte more is another message."""
    good = headers([key_of(SECRET)], MESSAGE, NOW, BODY)

    with pytest.raises(SignatureRejected, match="no signature fits"):
        verify([proof_of(SECRET)], good, BODY + b" ", now=NOW)
