"""The atomic steps: what stands in shared/lua, by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shared.steps import Word

FOLDER = Path(__file__).parent / "lua"


class Scripts:
    """Every script of the belt, registered with one client; a server that has forgotten one is given it again."""

    def __init__(self, client: Any) -> None:
        self._scripts = {path.stem: client.register_script(path.read_text()) for path in sorted(FOLDER.glob("*.lua"))}

    async def run(self, name: str, keys: Sequence[str], args: Sequence[Word]) -> Any:
        """Run shared/lua/<name>.lua; its header says what the keys, the arguments and the answer are."""
        return await self._scripts[name](keys=keys, args=args)
