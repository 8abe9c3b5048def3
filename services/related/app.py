"""documents.classified → documents.related"""

from __future__ import annotations

from services.related.closeness import Weights
from services.related.replica import Replica
from services.related.routes import add_routes
from services.related.upkeep import Upkeep
from shared.events import DocumentClassified
from shared.host import Host
from shared.semantic.model import SemanticModel


def install(host: Host) -> None:
    """Relate every document that was classified, and send on the neighbours whose lists changed."""
    settings = host.settings
    model = SemanticModel.installed() if settings.semantic else None
    meaning = settings.related_semantic_weight if model else 0.0
    weights = Weights(settings.related_date_weight, settings.related_subject_weight, meaning)
    replica = Replica(host.redis, host.key, weights, host.clock, model)
    host.belt.consume_batches(DocumentClassified.stream, group="related", work=replica.relate)
    add_routes(host, replica)
    host.background("related.upkeep", Upkeep(replica, host.belt.publish).turn)
