"""What the operator's subjects are called, from the file of the taxonomy; the classifier alone knows what speaks for them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from shared.errors import Overloaded, Rejected
from shared.slugs import slug_of

NAMES = ("slug", "name", "alternatives", "formerly")


class SubjectUnknown(Rejected):
    """No subject is called so."""

    code = "unknown-subject"
    title = "There is no such subject"


class SubjectNames:
    """The names in the file, read again when it has changed; a broken file leaves the names as they were."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, ...] | None = None
        self._names: dict[str, str] = {}

    async def check(self, words: str) -> None:
        """Raise SubjectUnknown, with what it may have been meant for, if nothing is called `words`."""
        await self._refresh()
        slug = slug_of(words)
        if slug not in self._names:
            alike = [self._names[near] for near in get_close_matches(slug, self._names, n=3)]
            told = 'no subject is called so; {"new": true} beside it makes it one'
            raise SubjectUnknown(told, subject=words, alike=list(dict.fromkeys(alike)))

    async def _refresh(self) -> None:
        try:
            found = self._path.stat()
            stamp = (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)
            if stamp != self._stamp:
                self._names = await asyncio.to_thread(_names_in, self._path)
                self._stamp = stamp
        except (OSError, yaml.YAMLError, LookupError, TypeError, AttributeError, RecursionError) as error:
            if not self._names:
                raise Overloaded(
                    "the file of the subjects cannot be read just now", error=type(error).__name__
                ) from None


def _names_in(path: Path) -> dict[str, str]:
    """Everything that a subject is or was called, as a slug, and the name that it has."""
    told = yaml.load(path.read_bytes(), Loader=yaml.BaseLoader)  # noqa: S506 - it makes text only
    return {slug_of(called): entry["name"] for entry in told["subjects"] for called in _called(entry)}


def _called(entry: dict[str, Any]) -> Iterator[str]:
    for field in NAMES:
        value = entry.get(field, ())
        yield from [value] if isinstance(value, str) else value
