"""Pure. From bytes to text that is legal everywhere: in XML, in JSON, in a terminal."""

from __future__ import annotations

import re

from shared.errors import DocumentRejected

UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")
"""What XML 1.0 forbids (section 2.2) or discourages; lone surrogates; byte order marks inside a text; and what turns the direction of
reading around, so that a reader sees something else than a machine (CVE-2021-42574)."""


def decoded(body: bytes) -> str:
    """The text of `body`, UTF-8 with or without a byte order mark, with plain line ends; rejects any other encoding."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentRejected("not-utf8", "the document is not in UTF-8", at_byte=error.start) from None
    return legal(text.replace("\r\n", "\n").replace("\r", "\n"))


def legal(text: str) -> str:
    """`text` without characters that are illegal or that turn the direction of reading around."""
    return UNWANTED.sub("", text)


def folded(text: str) -> str:
    """`text` in one line, every run of white space as one space."""
    return " ".join(text.split())


def cut(text: str, limit: int) -> str:
    """`text` in at most `limit` characters, cut between words; the cut shows as an ellipsis."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    whole, space, _ = kept.rpartition(" ")
    return (whole if space and len(whole) > limit // 2 else kept).rstrip(" ,;:–-") + "…"
