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
TURNS = 20
"""Times that the log may be cut under a training, which each takes 500 documents more."""


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
            done = await self._put_in_place(progress)
            progress.version = self._study.model.version
            progress.state = "done" if done else "failed"
        except Exception as error:
            progress.state = "failed"
            log.error("training.failed", error=f"{type(error).__name__}: {error}"[:300])

    async def _put_in_place(self, progress: Progress) -> bool:
        """Train a model and make it everyone's, unless nothing is kept to learn from.

        Should the log be cut meanwhile, where the model was to go on from there, it learns what was kept since and is offered again.
        """
        model, subjects, trained = Model(), self._subjects(), set[str]()
        for _ in range(TURNS):
            cut = await self._study.cut()
            await self._learn(model, subjects, trained, progress)
            if not trained or await self._study.replace(model, uncut_since=cut):
                return True
        return False

    async def _learn(self, model: Model, subjects: Subjects, trained: set[str], progress: Progress) -> None:
        """Learn from all that is kept and was not `trained` on, each document once, by these subjects.

        What a document means that came before the extra `semantic` is asked now, if this process has it.
        """
        model.position = await self._study.last_entry()
        resumed, progress.done = time.monotonic(), 0
        async for progress.total, labelled in self._study.all_labelled():
            if labelled.event not in trained and model.learn(await self._anew(labelled, subjects), subjects.reader):
                progress.learned += 1
                trained.add(labelled.event)
            progress.done += 1
            if time.monotonic() - resumed > YIELD_AFTER_SECONDS:
                await asyncio.sleep(0)
                resumed = time.monotonic()
        for later in await self._study.laid_after(model.position):
            if later.event in trained:
                model.remember(later.event)

    async def _anew(self, labelled: Labelled, subjects: Subjects) -> Labelled:
        return subjects.judged_anew(await self._with_meaning(labelled))

    async def _with_meaning(self, labelled: Labelled) -> Labelled:
        if labelled.meaning or not self._semantic:
            return labelled
        return replace(labelled, meaning=await asyncio.to_thread(self._semantic.vector, labelled.title, labelled.text))
