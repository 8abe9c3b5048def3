"""The atomic steps: what stands in shared/lua, by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from redis.exceptions import OutOfMemoryError, ResponseError

from shared.steps import Command, Word

FOLDER = Path(__file__).parent / "lua"
FULL = "-OOM "
"""In an error that Redis 6.2 gives of a script; from 7.0 on the error of the command itself comes through."""


class Scripts:
    """Every script of the belt, registered with one client; a server that has forgotten one is given it again."""

    def __init__(self, client: Any) -> None:
        self._scripts = {path.stem: client.register_script(path.read_text()) for path in sorted(FOLDER.glob("*.lua"))}

    async def run(self, name: str, keys: Sequence[str], args: Sequence[Word]) -> Any:
        """Run shared/lua/<name>.lua; its header says what the keys, the arguments and the answer are.

        Raises OutOfMemoryError where Redis is full, of every version.
        """
        try:
            return await self._scripts[name](keys=keys, args=args)
        except ResponseError as error:
            if FULL in str(error):
                raise OutOfMemoryError(str(error)) from error
            raise

    async def read(self, *questions: Command) -> list[Any]:
        """The answers of Redis to commands of a key that change nothing, as of one moment, while it is full too; scores are bytes."""
        keys = [str(key) for _, key, *_ in questions]
        words = [word for question in questions for word in (len(question), *question)]
        return list(await self.run("read", keys, words))
