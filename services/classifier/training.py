"""Learning all over again from all documents that are kept with their subject, beside the belt's work."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from services.classifier.labelled import Labelled
from services.classifier.model import Model
from services.classifier.study import Study
from services.classifier.subjects import Subjects
from shared.errors import Conflict
from shared.logs import log
from shared.semantic.model import SemanticModel

YIELD_AFTER_SECONDS = 0.01


@dataclass(slots=True)
class Progress:
    """`state`: idle, running, done or failed."""

    state: str = "idle"
    done: int = 0
    total: int = 0
    learned: int = 0
    version: str = ""

    def facts(self) -> dict[str, object]:
        return asdict(self)


class Training:
    """One training at a time in this process."""

    def __init__(self, study: Study, subjects: Callable[[], Subjects], semantic: SemanticModel | None = None) -> None:
        self.progress = Progress()
        self._study = study
        self._subjects = subjects
        self._semantic = semantic
        self._task: asyncio.Task[None] | None = None

    def start(self) -> Progress:
        """Begin; raises Conflict if one is running."""
        if self._task and not self._task.done():
            raise Conflict("a training is running already", **self.progress.facts())
        self.progress = Progress("running")
        self._task = asyncio.create_task(self._train(self.progress), name="classifier.training")
        return self.progress

    async def _train(self, progress: Progress) -> None:
        try:
            model = await self._trained(progress)
            replaced = progress.learned > 0 and await self._study.replace(model)
            progress.version = model.version
            progress.state = "done" if replaced or not progress.learned else "failed"
        except Exception as error:
            progress.state = "failed"
            log.error("training.failed", error=f"{type(error).__name__}: {error}"[:300])

    async def _trained(self, progress: Progress) -> Model:
        """A model that has learned from all that is kept, each document once, by the taxonomy in force.

        What a document means that came before the extra `semantic` is asked now, if this process has it.
        """
        model, subjects, trained = Model(), self._subjects(), set()
        model.position = await self._study.last_entry()
        resumed = time.monotonic()
        async for progress.total, labelled in self._study.all_labelled():
            if model.learn(subjects.judged_anew(await self._with_meaning(labelled)), subjects.reader):
                progress.learned += 1
                trained.add(labelled.event)
            progress.done += 1
            if time.monotonic() - resumed > YIELD_AFTER_SECONDS:
                await asyncio.sleep(0)
                resumed = time.monotonic()
        for later in await self._study.laid_after(model.position):
            if later.event in trained:
                model.remember(later.event)
        return model

    async def _with_meaning(self, labelled: Labelled) -> Labelled:
        if labelled.meaning or not self._semantic:
            return labelled
        return replace(labelled, meaning=await asyncio.to_thread(self._semantic.vector, labelled.title, labelled.text))
