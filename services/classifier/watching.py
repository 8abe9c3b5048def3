"""The taxonomy in its file, which the operator may change at any time; and how the belt is told of it.

The file is looked at every second and read once it has lain still for one look, so that half of a copy is never taken for the whole. What
cannot be used is refused with a line in the log and a warning at /health/ready, and the taxonomy that was there stays in force.
Each version is told once, by whichever process of the classifier is first: the version that was told is kept in Redis with what it said.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from services.classifier.taxonomy import Taxonomy, TaxonomyUnfit, read_taxonomy
from services.classifier.versions import Told, change_of
from shared.clock import Clock
from shared.events import TaxonomyChanged
from shared.logs import log
from shared.steps import Guard, Step
from shared.streams import Belt

Stamp = tuple[int, ...] | None


def taxonomy_at(path: Path) -> Taxonomy:
    """The taxonomy in the file at `path`; raises TaxonomyUnfit if it cannot be read or used."""
    try:
        body = path.read_bytes()
    except OSError as error:
        wrong = f"cannot read the taxonomy ({error.strerror}); set SYNDICATE_TAXONOMY to its file"
        raise TaxonomyUnfit(wrong, place=str(path)) from error
    return read_taxonomy(body)


class Watch:
    """`taxonomy` is the one in force; `fault` says why the file's newest is not, if it is not."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = self._seen = self._stamp()
        self.taxonomy = taxonomy_at(path)
        self.fault = ""

    def look(self) -> bool:
        """Whether another taxonomy is in force than before."""
        stamp, before = self._stamp(), self._seen
        self._seen = stamp
        if stamp == self._read or stamp != before:
            return False
        self._read = stamp
        try:
            found = taxonomy_at(self._path)
        except TaxonomyUnfit as error:
            self.fault = f"{error.detail}; the one before stays in force"
            log.error("taxonomy.refused", file=str(self._path), place=error.fields.get("place"), error=error.detail)
            return False
        self.fault = ""
        changed = found != self.taxonomy
        self.taxonomy = found
        log.info("taxonomy.read", file=str(self._path), subjects=len(found.subjects), changed=changed)
        return changed

    def _stamp(self) -> Stamp:
        try:
            found = self._path.stat()
        except OSError:
            return None
        # The moment of the last change of its rights as well: a file that could not be read is read once it may be.
        return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


class Teller:
    """Tells the belt of a taxonomy that differs from the one that was told last, by whomever."""

    def __init__(self, redis: Any, belt: Belt, clock: Clock) -> None:
        self._redis = redis
        self._belt = belt
        self._clock = clock
        self._key = belt.key("classifier", "taxonomy")
        self._own: Taxonomy | None = None
        self._heard = 0
        """The version that stood there when this process last had its say."""

    async def tell(self, taxonomy: Taxonomy) -> None:
        """Tell it, unless it has been told; one that this process has told already only if Redis has forgotten it.

        So two processes with different files each have their say once and do not take turns for ever.
        """
        version, told = await self._redis.hmget(self._key, "version", "told")
        before, number = Told.model_validate_json(told) if version and told else None, int(version or 0)
        if before and taxonomy is self._own and number >= self._heard:
            return
        event = change_of(taxonomy, before, number + 1, self._clock.now())
        if event is None or await self._publish(event, Told.of(taxonomy)):
            self._own, self._heard = taxonomy, event.version if event else number

    async def _publish(self, event: TaxonomyChanged, told: Told) -> bool:
        """False if another process has told a version of its own meanwhile."""
        record = ("HSET", self._key, "told", told.model_dump_json())
        guard = Guard(self._key, "version", event.version)
        done = await self._belt.publish(Step(writes=(record,), emits=(event,), guard=guard))
        if done:
            log.info("taxonomy.told", version=event.version, moved=len(event.moved), removed=list(event.removed))
        return done
