"""documents.classified → documents.related"""

from __future__ import annotations

from services.related.replica import Replica
from shared.events import DocumentClassified
from shared.host import Host


def install(host: Host) -> None:
    """Relate every document that was classified, and send on the neighbours whose lists changed."""
    replica = Replica(host.redis, host.key)
    host.belt.consume_batches(DocumentClassified.stream, group="related", work=replica.relate)
