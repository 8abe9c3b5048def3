"""Pure. A hub with one fault."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """`case`: file::test that has to fail; `old` stands once in the file at `path`, and `new` in its place is the `fault`."""

    case: str
    fault: str
    path: str
    old: str
    new: str = ""

    def applied(self, text: str) -> str:
        """The file with the fault in it. Raises ValueError if the old text does not stand there once."""
        if text.count(self.old) != 1:
            raise ValueError(f"{self.path}: {text.count(self.old)} times there is {self.old!r}")
        return text.replace(self.old, self.new)
