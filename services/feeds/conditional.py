"""Pure. Conditional requests (RFC 9110, section 13): has the reader got these bytes already?"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
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


def unchanged(tag: str, if_none_match: str) -> bool:
    """Whether a reader that sends this If-None-Match has what this tag is of; compared weakly (13.1.2).

    A header that cannot be read does not hold the reader back: it gets the whole.
    """
    return tag in tags_in(if_none_match) or if_none_match.strip() == "*"


def tags_in(header: str) -> list[str]:
    """The tags that If-None-Match names, in quotes and without W/; none if it cannot be read."""
    return ENTITY_TAG.findall(header) if LIST_OF_TAGS.fullmatch(header) else []


def second_after(time: datetime) -> datetime:
    """The first whole second after `time`: the date of what was made then, so that nothing that is made later has the same (8.8.2.2)."""
    return time.replace(microsecond=0) + timedelta(seconds=1)


def unchanged_since(modified: datetime, if_modified_since: str, now: datetime) -> bool:
    """Whether a reader that sends this If-Modified-Since has what is of this date (13.1.3).

    Not, if it cannot be read, nor if it is still to come: then it was told while the clock was ahead.
    """
    try:
        since = parsedate_to_datetime(if_modified_since)
    except ValueError:
        return False
    since = since if since.tzinfo else since.replace(tzinfo=UTC)
    return modified <= since <= now
