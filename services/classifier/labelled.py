"""Pure. A document whose subject a person set, as it is kept and as it is learned from.

What was in force when it came travels with it: the subjects, and what the keywords said for each. So what a model is depends on the
documents it learned from and their order alone, whatever taxonomy a process has at the moment.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

QUICKLY = 1
ENCODE = json.JSONEncoder(separators=(",", ":")).encode
"""Made once: json.dumps would make an encoder for each document."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """`subject`: as the person wrote it. `slug`: what it is in the taxonomy; empty if it is unknown there, and then it teaches nothing.

    `slugs`: the taxonomy's subjects. `prior`: for each, what the keywords say. `moved`: former slugs and what they are now.
    `guessed`: no person set the subject; the model was sure of it by itself. `meaning`: what it means, as a vector (shared/semantic); empty if
    that was not asked for when it came.
    """

    document: str
    version: int
    subject: str
    title: str
    text: str
    slug: str = ""
    slugs: tuple[str, ...] = ()
    prior: tuple[float, ...] = ()
    moved: Mapping[str, str] = field(default_factory=dict)
    guessed: bool = False
    meaning: bytes = b""

    @property
    def event(self) -> str:
        """What tells it from every other one."""
        return f"{self.document}/{self.version}"

    def pack(self) -> bytes:
        """JSON, deflated: about 1.5 kB for an article of 2.5 kB, and 0.4 kB for its meaning."""
        facts = {each.name: getattr(self, each.name) for each in fields(self)}
        meaning = facts.pop("meaning")
        if meaning:
            facts["meaning"] = b64encode(meaning).decode()
        return zlib.compress(ENCODE(facts).encode(), QUICKLY)

    @classmethod
    def unpack(cls, packed: bytes) -> Labelled:
        facts = json.loads(zlib.decompress(packed))
        meaning = b64decode(facts.get("meaning", ""))
        return cls(**facts | {"slugs": tuple(facts["slugs"]), "prior": tuple(facts["prior"]), "meaning": meaning})
