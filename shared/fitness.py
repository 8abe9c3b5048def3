"""Start-up checks: can this Redis carry the belt without losing anything?"""

from __future__ import annotations

import re
from typing import Any

from shared.errors import Unfit

LEAST_VERSION = (6, 2)


async def check(client: Any) -> str:
    """The server's version. Raises Unfit, naming the setting to change, if something could get lost on it."""
    info = await client.info("everything")
    faults = [fault for fault in (_version(info), _role(info), _persistence(info), _eviction(info)) if fault]
    if faults:
        raise Unfit("this Redis would lose documents: " + "; ".join(faults))
    return str(info["redis_version"])


def _version(info: dict[str, Any]) -> str:
    numbers = tuple(int(part) for part in re.findall(r"\d+", str(info["redis_version"]))[:2])
    return "" if numbers >= LEAST_VERSION else f"its version is {info['redis_version']}, it must be 6.2 or newer"


def _role(info: dict[str, Any]) -> str:
    return "" if info.get("role", "master") == "master" else "it is a replica; give the address of the primary"


def _persistence(info: dict[str, Any]) -> str:
    return "" if info.get("aof_enabled") else "it keeps no append-only file; start it with --appendonly yes"


def _eviction(info: dict[str, Any]) -> str:
    policy = info.get("maxmemory_policy", "noeviction")
    return "" if policy == "noeviction" else f"its maxmemory-policy is {policy}; it must be noeviction"
