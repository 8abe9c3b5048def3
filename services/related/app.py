"""documents.classified → documents.related"""

from __future__ import annotations

from functools import partial

from services.related.backend import Backend
from services.related.closeness import Weights
from services.related.partitions.holder import Holder
from services.related.partitions.store import Partitions
from services.related.partitions.upkeep import PartitionUpkeep, PartitionWatch
from services.related.replica import Replica
from services.related.routes import add_routes
from services.related.upkeep import Upkeep
from services.related.vectors.store import Vectors
from services.related.vectors.upkeep import VectorUpkeep
from shared.errors import Unfit
from shared.events import DocumentClassified
from shared.host import Host, Loop
from shared.semantic.model import SemanticModel
from shared.settings import Settings


def install(host: Host) -> None:
    """Relate every document that was classified, and send on the neighbours whose lists changed."""
    backend, turn = _backend(host)
    host.belt.consume_batches(DocumentClassified.stream, group="related", work=backend.relate)
    add_routes(host, backend)
    host.background("related.upkeep", turn)


def _backend(host: Host) -> tuple[Backend, Loop]:
    settings = host.settings
    if settings.related_partitions > 1:
        host.prepare(partial(_check, settings))
        return _in_partitions(host)
    return _in_vectors(host) if settings.related_backend == "vectors" else _in_memory(host)


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


def _in_partitions(host: Host) -> tuple[Backend, Loop]:
    """By the words alone, as in vectors; each process holds one partition, or stands by for one."""
    weights = Weights(host.settings.related_date_weight, host.settings.related_subject_weight)
    count, publish = host.settings.related_partitions, host.belt.publish
    partitions = Partitions(host.redis, host.key, count, publish, weights, host.clock)
    holder = Holder(host.redis, partitions.keys, count, partitions.weighings, weights, host.settings.lease_seconds)
    host.background("related.partition", holder.turn)
    host.background("related.lease", holder.keep)
    host.background("related.watch", PartitionWatch(host, partitions).turn)
    return partitions, PartitionUpkeep(partitions, holder, publish).turn


async def _check(settings: Settings) -> None:
    if settings.related_backend == "vectors":
        raise Unfit(
            "SYNDICATE_RELATED_PARTITIONS splits an index in memory, and SYNDICATE_RELATED_BACKEND=vectors keeps none there; "
            "set SYNDICATE_RELATED_BACKEND to memory, or SYNDICATE_RELATED_PARTITIONS to 1"
        )
    if settings.semantic:
        raise Unfit(
            "partitions relate by the words alone; set SYNDICATE_SEMANTIC to false, or SYNDICATE_RELATED_PARTITIONS to 1"
        )
