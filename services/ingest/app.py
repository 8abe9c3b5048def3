"""the operator's documents → documents.ingested"""

from __future__ import annotations

from services.ingest.registry import Registry
from services.ingest.routes import open_door
from shared.host import Host


def install(host: Host) -> None:
    """Take documents in over HTTP and lay them on the belt."""
    open_door(host, Registry(host.redis, host.belt))
