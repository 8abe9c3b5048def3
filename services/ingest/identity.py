"""Pure. Which document it is, and whether it is still the same."""

from __future__ import annotations

import json
import re
from base64 import b32encode
from hashlib import blake2b
from unicodedata import normalize
from urllib.parse import urlsplit, urlunsplit

from services.ingest.characters import folded
from services.ingest.draft import Draft

PARAGRAPH = re.compile("</?p>|<br>")
DEFAULT_PORTS = {"http": 80, "https": 443}


def document_id(draft: Draft) -> str:
    """16 characters of base32 (80 bits), the same for every sending of one document.

    Taken from the first that is there: the source's own id within its host, the canonical address, the text itself.
    """
    if draft.given_id:
        return _short("id", urlsplit(draft.url or "").hostname or "", draft.given_id)
    if draft.url:
        return _short("url", canonical(draft.url))
    return _short("text", folded(normalize("NFC", draft.whole_text or draft.text)))


def canonical(address: str) -> str:
    """An absolute http(s) address in its one spelling (RFC 3986, section 6.2): small letters, no default port, no fragment."""
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    port = parts.port if parts.port != DEFAULT_PORTS.get(parts.scheme) else None
    return urlunsplit((parts.scheme, f"{host}:{port}" if port else host, parts.path or "/", parts.query, ""))


def content_hash(draft: Draft) -> str:
    """32 hexadecimal digits of all that the source says; white space makes no difference, nor does how well we read.

    What follows from the words alone (a title that was found in them, a summary) changes with the words and needs no counting.
    """
    seen = draft.model_dump(mode="json", exclude={"html", "text", "given_id", "inferred", *draft.derived})
    # Paragraphs are white space here.
    seen["html"] = PARAGRAPH.sub(" ", draft.whole or draft.html)
    plain = json.dumps(_folded(seen), ensure_ascii=False, sort_keys=True)
    return blake2b(plain.encode(), digest_size=16).hexdigest()


def _folded(value: object) -> object:
    if isinstance(value, str):
        return folded(normalize("NFC", value))
    if isinstance(value, list | tuple):
        return [_folded(each) for each in value]
    if isinstance(value, dict):
        return {name: _folded(each) for name, each in value.items()}
    return value


def _short(*parts: str) -> str:
    return b32encode(blake2b("\n".join(parts).encode(), digest_size=10).digest()).decode().lower()
