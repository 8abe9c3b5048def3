"""Pure. The model: what was learned, how sure to be of it, and how both are kept in bytes.

Weights are kept as whole 64ths, and the sample's features as the steps between them. Whoever learns on rounds to the same at the same
documents (every `ROUND_EVERY`), so a model that was read from bytes and one that never stopped are the same.
What was learned of meanings stands at the end, if there is any.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections import deque
from hashlib import blake2b
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.classifier.arrays import Arrays, apart, deflated
from services.classifier.calibration import Calibration
from services.classifier.labelled import Labelled
from services.classifier.learner import KEPT, Example, Floats, Learner, prior_weight
from services.classifier.meanings import Meanings
from services.classifier.reading import FEATURES, Reader
from shared.errors import Rejected

MAGIC_OF_ANY, MAGIC = b"syndicate-model-", b"syndicate-model-3\n"
"""How any model's bytes begin, and how those that are read here do. Version 2 had a quarter of the places: no key tells which is which now."""
HEADER = struct.Struct("<I")
ROUND_EVERY = 500
REMEMBERED = 5000
"""Events that are known to have been learned from: one that an interrupted write laid on the log twice is learned from once."""
GUESSES, LABELS_ENOUGH = 4000, 500
"""Unlabelled documents that are learned from, and labelled ones after which none is: beyond either the gain is nought."""
OTHER_VERSION = (
    "the model is of another version; `syndicate subjects train` learns it anew from all documents that are kept"
)
GRAIN = np.float32(1 / 64)
"""What a weight is a multiple of, once rounded: over 22,000 articles that costs nothing (1/16 costs 0.002), and deflates to half of half precision."""
MIDDLE = np.int16(128)
"""Added to kept weights, so that nearly all are a byte, and the other byte 0."""


class ModelUnfit(Rejected):
    """Bytes that are no model, or one of another version."""

    code = "bad-model"
    title = "This is no model"


class Model:
    """A learner with its calibration. `position`: the entry of the log that it learned last; `era`: grows when it is replaced."""

    def __init__(self) -> None:
        self.learner = Learner()
        self.calibration = Calibration()
        self.meanings = Meanings()
        self.position = "0-0"
        self.era = 0
        self._events: deque[str] = deque(maxlen=REMEMBERED)
        self._known: set[str] = set()

    @property
    def version(self) -> str:
        """Its era, the labelled documents that it learned from, and the unlabelled ones: `2.1500+300`; empty if it has learned nothing."""
        guessed = f"+{self.learner.guessed}" if self.learner.guessed else ""
        return f"{self.era}.{self.learner.learned}{guessed}" if self.learner.met else ""

    @property
    def number(self) -> int:
        """The version as one number, the larger the newer; it stays below 2^53, as far as Lua counts."""
        return self.era << 32 | self.learner.met

    @property
    def curious(self) -> bool:
        """Whether it learns from its own guesses: while few labels are known, and up to a number; afterwards they teach nothing."""
        return self.learner.learned < LABELS_ENOUGH and self.learner.guessed < GUESSES

    def learn(self, labelled: Labelled, reader: Reader) -> bool:
        """Learn from a document. False: it teaches nothing, or has been learned from already."""
        if not labelled.slug or labelled.event in self._known:
            return False
        self.remember(labelled.event)
        learner = self.learner
        learner.know((*labelled.slugs, labelled.slug), labelled.moved)
        columns = [learner.slugs.index(slug) for slug in labelled.slugs]
        prior = np.zeros(len(learner.slugs), np.float32)
        prior[columns] = np.array(labelled.prior, np.float16)  # as the bytes hold it
        label = learner.slugs.index(labelled.slug)
        reading = reader.read(labelled.title, labelled.text)
        example = Example(reading.ids, reading.counts, prior, label, number_of(labelled.document))
        if labelled.guessed:
            learner.guess(example)
        else:
            self._learn(example)
            self.meanings.learn(labelled.meaning, label)
        if self.rounded:
            self.round()
        return True

    def _learn(self, example: Example) -> None:
        learner = self.learner
        scores = learner.scores(example.ids, example.counts) + prior_weight(learner.learned) * example.prior
        confidences = self.calibration.confidences(scores, learner.learned, learner.guessed)
        if learner.learn(example):
            self.calibration.observe(float(confidences.max()), right=bool(confidences.argmax() == example.label))

    @property
    def rounded(self) -> bool:
        """Whether it is at a document at which all round, and packs without loss."""
        return self.learner.met % ROUND_EVERY == 0

    def remember(self, event: str) -> None:
        """Know that this event has been learned from."""
        if len(self._events) == REMEMBERED:
            self._known.discard(self._events[0])
        self._events.append(event)
        self._known.add(event)

    def round(self) -> None:
        """Round to what the bytes hold."""
        weights = self.learner.weights
        np.rint(np.multiply(weights, 1 / GRAIN, out=weights), out=weights)
        weights *= GRAIN
        self.learner.squares = self.learner.squares.astype(np.float16).astype(np.float32)

    def snapshot(self) -> Model:
        """What `pack` takes of it as it is now, whatever this one learns meanwhile."""
        other = Model()
        other.learner = self.learner.snapshot()
        other.calibration = Calibration(self.calibration.gap, self.calibration.correction)
        other.meanings = self.meanings.snapshot()
        other.position, other.era = self.position, self.era
        other._events = self._events.copy()
        return other

    def pack(self) -> bytes:
        """All of it; read again it classifies and learns on as this one does once rounded."""
        learner, kept = self.learner, self.learner.kept
        meanings = self.meanings.kept()
        head = {
            "slugs": learner.slugs,
            "learned": learner.learned,
            "guessed": learner.guessed,
            "times": learner.times.tolist(),
            "lately": learner.lately.tolist(),
            "gap": self.calibration.gap,
            "correction": self.calibration.correction,
            "position": self.position,
            "era": self.era,
            "events": list(self._events),
            "sizes": [[len(each.ids), len(each.prior), each.label, each.document] for each in kept],
        } | ({"meanings": self.meanings.sums.shape} if meanings else {})
        written = json.dumps(head, separators=(",", ":")).encode()
        arrays: list[NDArray[Any]] = [
            apart(_grains(learner.weights).T),
            apart(learner.squares.astype("<f2")),
            apart(learner.seen_in.astype("<u4")),
            apart(np.concatenate([np.diff(each.ids, prepend=np.uint32(0)) for each in kept] or [np.zeros(0, "<u4")])),
            *(each.counts for each in kept),
            *(each.prior.astype("<f2") for each in kept),
            *map(apart, meanings),
        ]
        packed = deflated(chain([HEADER.pack(len(written)), written], (array.tobytes() for array in arrays)))
        return MAGIC + blake2b(packed, digest_size=8).digest() + packed

    @classmethod
    def unpack(cls, packed: bytes) -> Model:
        """The model that `pack` packed; raises ModelUnfit if it is none."""
        start = len(MAGIC) + 8
        if not packed.startswith(MAGIC):
            known = packed.startswith(MAGIC_OF_ANY)
            raise ModelUnfit(OTHER_VERSION if known else "these bytes do not begin as a model of this version does")
        if blake2b(packed[start:], digest_size=8).digest() != packed[len(MAGIC) : start]:
            raise ModelUnfit("the model is damaged: its digest does not fit")
        body = zlib.decompress(packed[start:])
        (size,) = HEADER.unpack_from(body)
        return cls._made_of(json.loads(body[HEADER.size : HEADER.size + size]), Arrays(body, HEADER.size + size))

    @classmethod
    def _made_of(cls, head: dict[str, Any], arrays: Arrays) -> Model:
        model = cls()
        learner = model.learner
        learner.know(head["slugs"], {})
        grains = arrays.together("<i2", FEATURES * len(learner.slugs)).reshape(-1, FEATURES)
        learner.weights = np.ascontiguousarray((grains - MIDDLE).T, np.float32) * GRAIN
        learner.squares = arrays.together("<f2", FEATURES).astype(np.float32)
        learner.seen_in = arrays.together("<u4", FEATURES).astype(np.float32)
        learner.learned, learner.guessed = head["learned"], head["guessed"]
        learner.times, learner.lately = np.array(head["times"], float), np.array(head["lately"], float)
        sizes = head["sizes"][:KEPT]
        ends = np.cumsum([size for size, *_ in sizes], dtype=np.int64)
        steps = np.split(arrays.together("<u4", int(ends[-1]) if sizes else 0), ends)[: len(sizes)]
        ids = [np.cumsum(each, dtype=np.uint32) for each in steps]
        counts = [arrays.take("u1", size) for size, *_ in sizes]
        for (_, size, label, document), its_ids, its_counts in zip(sizes, ids, counts, strict=True):
            prior = arrays.take("<f2", size).astype(np.float32)
            learner.put(Example(its_ids, its_counts, prior, label, document))
        model.calibration = Calibration(head["gap"], head["correction"])
        if "meanings" in head:
            columns, width = head["meanings"]
            model.meanings = Meanings.read(columns, width, arrays)
        model.position, model.era = head["position"], head["era"]
        for event in head["events"]:
            model.remember(event)
        return model


def _grains(weights: Floats) -> NDArray[np.int16]:
    grains: NDArray[np.int16] = np.rint(weights * (1 / GRAIN)).astype("<i2")
    return grains + MIDDLE


def number_of(document: str) -> int:
    """A number by which a document is known in the sample."""
    return int.from_bytes(blake2b(document.encode(errors="replace"), digest_size=6).digest(), "little")
