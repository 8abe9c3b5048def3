"""Pure. A name as a part of an address; the same everywhere, so that two services mean the same subject."""

from __future__ import annotations

import hashlib
import re
import unicodedata

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
SLUG_LETTERS = 60
SIGNS = ((re.compile("&"), " and "), (re.compile(r"(?<=[\w+])\+"), " plus "), (re.compile(r"(?<=\w)#"), " sharp "))
"""What is told of signs: C, C++ and C# are three things, as are CD8 and CD8+."""


def slug_of(name: str) -> str:
    """`name` as a part of an address: a-z, 0-9 and hyphens, never empty, at most 69 characters.

    Accents are taken off, SIGNS are words. What cannot be written so is told apart by a digest of the whole name.
    """
    for sign, word in SIGNS:
        name = sign.sub(word, name)
    folded = unicodedata.normalize("NFKD", name).casefold()
    letters = "".join(letter for letter in folded if not unicodedata.combining(letter))
    slug = "-".join(re.findall(r"[a-z0-9]+", letters))
    if slug and len(slug) <= SLUG_LETTERS and not re.search(r"(?![a-z0-9])[^\W_]", letters):
        return slug
    digest = hashlib.sha256(letters.encode(errors="replace")).hexdigest()[:8]
    return f"{slug[:SLUG_LETTERS].strip('-') or 'subject'}-{digest}"
