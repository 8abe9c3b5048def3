"""The operator's token: from the environment, else a file that is made at the first start."""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path

from shared.settings import Settings


def operator_token(settings: Settings) -> str:
    """The token; made and written down, readable by its owner only, if there is none yet."""
    if settings.token:
        return settings.token.get_secret_value()
    path = token_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        token = secrets.token_urlsafe(32)
        file.write(token + "\n")
    return token


def known_token(settings: Settings) -> str | None:
    """The token if there is one; the command line asks for it and makes none."""
    if settings.token:
        return settings.token.get_secret_value()
    path = token_file(settings)
    return path.read_text().strip() if path.exists() else None


def token_file(settings: Settings) -> Path:
    """Where the token is written down."""
    return settings.data / "operator.token"


def same(left: str, right: str) -> bool:
    """Whether two tokens are equal, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(left.encode(errors="replace"), right.encode(errors="replace"))
