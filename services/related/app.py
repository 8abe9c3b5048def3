"""documents.classified → documents.related"""

from __future__ import annotations

from services.related.backend import Backend
from services.related.closeness import Weights
from services.related.replica import Replica
from services.related.routes import add_routes
from services.related.upkeep import Upkeep
from services.related.vectors.store import Vectors
from services.related.vectors.upkeep import VectorUpkeep
from shared.events import DocumentClassified
from shared.host import Host, Loop
from shared.semantic.model import SemanticModel


def install(host: Host) -> None:
    """Relate every document that was classified, and send on the neighbours whose lists changed."""
    backend, turn = _in_vectors(host) if host.settings.related_backend == "vectors" else _in_memory(host)
    host.belt.consume_batches(DocumentClassified.stream, group="related", work=backend.relate)
    add_routes(host, backend)
    host.background("related.upkeep", turn)


def _in_memory(host: Host) -> tuple[Backend, Loop]:
    settings = host.settings
    model = SemanticModel.installed() if settings.semantic else None
    meaning = settings.related_semantic_weight if model else 0.0
    weights = Weights(settings.related_date_weight, settings.related_subject_weight, meaning)
    replica = Replica(host.redis, host.key, weights, host.clock, model)
    return replica, Upkeep(replica, host.belt.publish).turn


def _in_vectors(host: Host) -> tuple[Backend, Loop]:
    """By the words alone; `meaning` has no part in it."""
    weights = Weights(host.settings.related_date_weight, host.settings.related_subject_weight)
    vectors = Vectors(host.redis, host.key, weights, host.clock)
    host.prepare(vectors.ready)
    return vectors, VectorUpkeep(vectors, host.belt.publish).turn
