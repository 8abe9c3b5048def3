"""documents.ingested → documents.classified"""

from __future__ import annotations

import asyncio

from services.classifier.classifying import Classifying
from services.classifier.routes import add_routes
from services.classifier.study import Study
from services.classifier.watching import Teller, Watch
from shared.events import DocumentIngested
from shared.host import Host
from shared.semantic.model import SemanticModel

LOOK_SECONDS = 1.0


def install(host: Host) -> None:
    """Give each document that comes its subject, learn from those that have one; follow the taxonomy's file, and tell what changed."""
    watch = Watch(host.settings.taxonomy)
    teller = Teller(host.redis, host.belt, host.clock)
    study = Study(host.redis, host.belt)
    semantic = SemanticModel.installed() if host.settings.semantic else None
    classifying = Classifying(watch.taxonomy, study, review_below=host.settings.review_confidence, semantic=semantic)

    async def follow() -> None:
        if await asyncio.to_thread(watch.look):
            classifying.follow(watch.taxonomy)
        host.warn("taxonomy", watch.fault)
        await teller.tell(watch.taxonomy)
        await asyncio.sleep(LOOK_SECONDS)

    host.belt.consume_batches(DocumentIngested.stream, group="classifier", work=classifying.work)
    host.background("classifier.taxonomy", follow)
    host.background("classifier.study", study.keep_up)
    add_routes(host, study, classifying)
