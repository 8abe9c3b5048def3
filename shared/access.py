"""What proves the operator, and what else must stay secret: from the environment, else a file that is made at the first start."""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from shared.errors import Unfit
from shared.settings import Settings


def operator_token(settings: Settings) -> str:
    """The token; made and written down, readable by its owner only, if there is none yet."""
    if settings.token:
        return settings.token.get_secret_value()
    return kept_secret(token_file(settings), lambda: secrets.token_urlsafe(32))


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """What stands in the file; made and written down, readable by its owner only, if there is none yet."""
    with writable(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_down(make(), path)
        secret = path.read_text().strip()
    if not secret:
        raise Unfit(f"{path} is empty; remove it, and the next start makes a new one")
    return secret


@contextmanager
def writable(data: Path) -> Iterator[None]:
    """What is done within is done in the data directory. Raises Unfit, with the reason, where that cannot be."""
    try:
        yield
    except OSError as error:
        raise Unfit(
            f"{error.filename or data}: {error.strerror}; SYNDICATE_DATA must be a directory that can be written"
        ) from error


def _write_down(token: str, path: Path) -> None:
    """Make the file, whole and at once: of several processes that start together one wins, and the others read what it wrote."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(token + "\n")
    with suppress(FileExistsError):
        path.hardlink_to(draft)
    draft.unlink()


def known_token(settings: Settings) -> str | None:
    """The token if there is one; the command line asks for it and makes none."""
    if settings.token:
        return settings.token.get_secret_value()
    path = token_file(settings)
    with writable(path.parent):
        return path.read_text().strip() if path.exists() else None


def token_file(settings: Settings) -> Path:
    """Where the token is written down."""
    return settings.data / "operator.token"


def same(left: str, right: str) -> bool:
    """Whether two tokens are equal, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(left.encode(errors="replace"), right.encode(errors="replace"))
