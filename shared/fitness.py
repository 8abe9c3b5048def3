"""Start-up checks: can this Redis carry the belt without losing anything?"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

from redis.exceptions import AuthenticationError
from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import TimeoutError as TimedOut

from shared.errors import Unfit
from shared.logs import log

LEAST_VERSION = (6, 2)
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.2
ANSWER_SECONDS = 5.0


async def check(client: Any, *, patience_seconds: float = PATIENCE_SECONDS) -> str:
    """The server's version. Raises Unfit, naming the setting to change, if something could get lost on it.

    A server that is away or still reads its file is waited for: processes start in any order, and Redis may be on its way back.
    """
    info = await _loaded(client, time.monotonic() + patience_seconds)
    faults = [fault for fault in (_version(info), _role(info), _persistence(info), _eviction(info)) if fault]
    if faults:
        raise Unfit("this Redis would lose documents: " + "; ".join(faults))
    return str(info["redis_version"])


async def _loaded(client: Any, deadline: float) -> dict[str, Any]:
    """What the server says of itself, once it has read its file: before that it says that it keeps none (redis aof.c)."""
    told = False
    while True:
        reason = "it is still reading its file"
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                info: dict[str, Any] = await client.info("everything")
            if not info.get("loading"):
                return info
        except TimeoutError:
            reason = (
                f"no answer within {ANSWER_SECONDS:.0f} s; does it speak TLS where SYNDICATE_REDIS_URL says rediss://?"
            )
        except (Unreachable, TimedOut) as error:
            reason = str(error)
            # On a socket redis-py makes a ConnectionError of it.
            if AuthenticationError in map(type, (error, error.__cause__, error.__context__)):
                raise Unfit(f"Redis refuses the name or password in SYNDICATE_REDIS_URL ({reason})") from error
        if time.monotonic() > deadline:
            raise Unfit(f"Redis does not answer: {reason}")
        if not told:
            log.info("redis.awaited", reason=reason)
            told = True
        await asyncio.sleep(PAUSE_SECONDS)


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
