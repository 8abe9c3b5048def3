"""Pure. Conditional requests (RFC 9110, section 13): has the reader got these bytes already?"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b

ENTITY_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
LIST_OF_TAGS = re.compile(rf"\s*(?:{ENTITY_TAG.pattern}\s*(?:,\s*)*)+")


def entity_tag(body: bytes) -> str:
    """A strong entity tag: equal exactly if the bytes are."""
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


def http_date(time: datetime) -> str:
    """RFC 9110, section 5.6.7: whole seconds, GMT."""
    return format_datetime(time.astimezone(UTC).replace(microsecond=0), usegmt=True)


def unchanged(*, tag: str, modified: datetime, if_none_match: str | None, if_modified_since: str | None) -> bool:
    """Whether 304 is the answer to a GET or HEAD.

    If-None-Match is compared weakly (13.1.2); where it stands, If-Modified-Since is not looked at (13.2.2). A header
    that cannot be read does not hold the reader back: it gets the whole.
    """
    if if_none_match is not None:
        return tag in tags_in(if_none_match) or if_none_match.strip() == "*"
    return if_modified_since is not None and _not_since(modified, if_modified_since)


def tags_in(header: str) -> list[str]:
    """The tags that If-None-Match names, in quotes and without W/; none if it cannot be read."""
    return ENTITY_TAG.findall(header) if LIST_OF_TAGS.fullmatch(header) else []


def _not_since(modified: datetime, header: str) -> bool:
    try:
        since = parsedate_to_datetime(header)
    except ValueError:
        return False
    since = since if since.tzinfo else since.replace(tzinfo=UTC)
    return modified.replace(microsecond=0) <= since
