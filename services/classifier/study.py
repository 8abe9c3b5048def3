"""The model in memory as a replica of a log in Redis.

given   hash    document → the slug that it was last learned under      } written in the same atomic step
labels  hash    document → its Labelled, packed; all that was given      } as the document's event
log     stream  each Labelled to be learned from, packed, in the order   }
model   string  the model, packed, as it was after each 500th document of the log
era     string  grows when the model is replaced by another one

A document's event and its entry of the log are one step, so each is learned from once, whichever process handles the event; the log gives
the order, and every process follows it, so all have the same model and no update is lost. The log is cut only behind the packed model. Who
finds its own place in the log goes on from there; anyone else (a new process, or Redis lost its last second, or the model was replaced)
reads the packed model first. An entry that an interrupted step laid down twice is told by its document and version.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

from services.classifier.labelled import Labelled
from services.classifier.model import Model, ModelUnfit, number_of
from services.classifier.reading import Reader
from shared.logs import log
from shared.steps import Command, Guard, Step, Swap
from shared.streams import Belt

PAGE = 200
YIELD_AFTER_SECONDS = 0.01


class Study:
    """This process's model, and what a labelled document makes it learn."""

    def __init__(self, redis: Any, belt: Belt) -> None:
        self.model = Model()
        self._redis = redis
        self._belt = belt
        key: Callable[[str], str] = lambda name: belt.key("classifier", name)  # noqa: E731 - a name for five lines
        self.given_key, self.labels_key, self.log_key = key("given"), key("labels"), key("log")
        self.model_key, self.era_key, self._versions_key = key("model"), key("era"), key("versions")
        self.reader = Reader()
        self._rounded: Model | None = None
        """What is to be kept."""
        self._sound = False
        self._alone = asyncio.Lock()

    async def catch_up(self) -> None:
        """Learn what is in the log and has not been learned here."""
        async with self._alone:
            while not await self._follow():
                await self._load()

    async def given(self, documents: Iterable[str]) -> dict[str, str]:
        """The slugs under which these were last learned."""
        names = list(documents)
        found = await self._redis.hmget(self.given_key, names) if names else []
        return {name: slug.decode() for name, slug in zip(names, found, strict=True) if slug}

    def lesson(self, labelled: Labelled, slug: str, *, again: bool) -> tuple[Command, ...]:
        """The writes by which a labelled document is kept, and learned from if the taxonomy knows its subject.

        `again`: it has been learned under this slug before, in another version, and teaches nothing new.
        """
        packed = labelled.pack()
        kept: tuple[Command, ...] = (
            ("HSET", self.labels_key, labelled.document, packed),
            ("HSET", self.given_key, labelled.document, slug),
        )
        return kept if again or not labelled.slug else (*kept, ("XADD", self.log_key, "*", "labelled", packed))

    def guess(self, labelled: Labelled) -> tuple[Command, ...]:
        """The writes by which a document is learned from that no person labelled: it is not kept to train from."""
        return (("XADD", self.log_key, "*", "labelled", labelled.pack()),)

    def forgetting(self, document: str) -> tuple[Command, ...]:
        """The writes by which a document is kept no longer: it was retracted, or its subject taken back."""
        return ("HDEL", self.labels_key, document), ("HDEL", self.given_key, document)

    async def keep_up(self) -> None:
        """One turn of learning what others wrote, also while nothing is to be classified here, and of keeping the model."""
        await asyncio.sleep(1)
        await self.catch_up()
        await self.save()

    async def save(self) -> None:
        """Keep the model as it was when all rounded last, unless as new a one is kept; and cut the log behind it.

        Beside the work: to pack and write the model takes a quarter of a second, which documents had to wait for.
        """
        if (model := self._rounded) is None:
            return
        packed = await asyncio.to_thread(model.pack)
        writes: tuple[Command, ...] = (
            ("SET", self.model_key, packed),
            ("XTRIM", self.log_key, "MINID", model.position),
            ("HSET", self._versions_key, "cut", model.position),
        )
        if await self._belt.publish(Step(writes=writes, guard=self._guard(model))):
            log.info("model.kept", version=model.version, bytes=len(packed))
        if self._rounded is model:
            self._rounded = None

    async def cut(self) -> bytes:
        """Behind which entry the log was cut last; b"" if never."""
        return bytes(await self._redis.hget(self._versions_key, "cut") or b"")

    async def replace(self, model: Model, *, uncut_since: bytes) -> bool:
        """Put another model in the place of everyone's. False: someone else was faster, or the log has been cut since it was `uncut_since`.

        Then what the model would have to learn next may be gone from the log.
        """
        model.era = int(await self._redis.get(self.era_key) or 0) + 1
        packed = await asyncio.to_thread(model.pack)
        writes: tuple[Command, ...] = (("SET", self.model_key, packed), ("SET", self.era_key, model.era))
        uncut = Swap(self._versions_key, "cut", uncut_since, uncut_since)
        done = await self._belt.publish(Step(writes=writes, guard=self._guard(model), swaps=(uncut,)))
        log.info("model.replaced", version=model.version, bytes=len(packed), done=done)
        await self.catch_up()
        return done

    async def last_entry(self) -> str:
        """Where the log ends now."""
        rows = await self._redis.xrevrange(self.log_key, count=1)
        return rows[0][0].decode() if rows else self.model.position

    async def all_labelled(self) -> AsyncIterator[tuple[int, Labelled]]:
        """How many are kept, and each of them, in an order that is always the same and has nothing to do with their coming."""
        names = sorted(await self._redis.hkeys(self.labels_key), key=lambda name: number_of(name.decode()))
        for start in range(0, len(names), PAGE):
            for packed in await self._redis.hmget(self.labels_key, names[start : start + PAGE]):
                if packed:
                    yield len(names), Labelled.unpack(packed)

    async def laid_after(self, entry: str) -> list[Labelled]:
        """What was laid on the log behind an entry."""
        rows = await self._redis.xrange(self.log_key, f"({entry}")
        return [Labelled.unpack(fields[b"labelled"]) for _, fields in rows]

    def _guard(self, model: Model) -> Guard:
        return Guard(self._versions_key, "model", model.number)

    async def _follow(self) -> bool:
        """Learn from the entries behind our place. False if it is not in the log: what is kept is to be read first."""
        place = self.model.position
        while True:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.get(self.era_key)
                pipe.xrange(self.log_key, "-" if place == "0-0" else place, count=PAGE)
                era, rows = await pipe.execute()
            if not self._sound or int(era or 0) != self.model.era:
                return False
            if place != "0-0" and (not rows or rows[0][0].decode() != place):
                return False
            if fresh := rows if place == "0-0" else rows[1:]:
                place = await self._learn(fresh)
            if len(rows) < PAGE:
                return True

    async def _learn(self, rows: Iterable[tuple[bytes, dict[bytes, bytes]]]) -> str:
        """Learn from entries in their order, and let others on this loop have their turn now and then."""
        resumed = time.monotonic()
        for entry, fields in rows:
            taught = self.model.learn(Labelled.unpack(fields[b"labelled"]), self.reader)
            self.model.position = entry.decode()
            if taught and self.model.rounded:
                self._rounded = self.model.snapshot()
            if time.monotonic() - resumed > YIELD_AFTER_SECONDS:
                await asyncio.sleep(0)
                resumed = time.monotonic()
        return self.model.position

    async def _load(self) -> None:
        """Read the kept model, or begin with none."""
        began = time.monotonic()
        packed = await self._redis.get(self.model_key)
        try:
            self.model = await asyncio.to_thread(Model.unpack, packed) if packed else Model()
        except ModelUnfit as error:
            self.model = Model()
            self.model.era = int(await self._redis.get(self.era_key) or 0)
            log.error("model.unfit", error=str(error), way_out="syndicate subjects train")
        if not await self._redis.xrange(self.log_key, self.model.position, self.model.position):
            self.model.position = "0-0"  # the log is younger than the model: all that it holds comes next
        self._sound = True
        log.info("model.loaded", version=self.model.version, seconds=round(time.monotonic() - began, 3))
