"""the operator's documents → documents.ingested"""

from __future__ import annotations

from services.ingest.fetching import Fetcher
from services.ingest.folder import install_folder
from services.ingest.inbox import install_inbox
from services.ingest.intake import Intake
from services.ingest.records import open_records
from services.ingest.registry import Registry
from services.ingest.revisiting import Revisiting
from services.ingest.routes import open_door
from shared.host import Host


def install(host: Host) -> None:
    """Take documents in by every door, and lay them on the belt."""
    settings = host.settings
    registry = Registry(host.redis, host.belt)
    most = max(settings.max_document_bytes, settings.max_batch_bytes)
    intake = Intake(host, registry, Fetcher(settings.fetch_networks, most_bytes=most))
    open_door(host, intake, registry)
    open_records(host, intake, registry)
    install_inbox(host, intake)
    host.background("ingest.revisiting", Revisiting(host.belt, registry, host.clock).turn)
    if settings.inbox:
        install_folder(host, intake, settings.inbox)
