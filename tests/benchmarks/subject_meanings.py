"""What the documents of the subjects' benchmark mean: asked of the sentence model once for each text, and kept in a file for the next time.

The file is one row after the other: 16 bytes of a digest of the text, and its vector. A run that was broken off has lost nothing.
"""

from __future__ import annotations

import time
from hashlib import blake2b
from pathlib import Path

from services.classifier.labelled import Labelled
from services.classifier.model import Model
from services.classifier.subjects import Classification, Subjects
from services.classifier.taxonomy import Taxonomy
from shared.events import Document
from shared.semantic.model import SemanticModel

DIGEST, WIDTH = 16, 384
ROW = DIGEST + WIDTH


class Vectors:
    """The vectors of texts; `asked` were not in the file, and took `seconds` of processor time."""

    def __init__(self, file: Path | None) -> None:
        self.asked, self.seconds = 0, 0.0
        self._model = SemanticModel.installed()
        self._file = file
        body = file.read_bytes() if file and file.exists() else b""
        starts = range(0, len(body) - ROW + 1, ROW)
        self._known = {body[start : start + DIGEST]: body[start + DIGEST : start + ROW] for start in starts}

    def of(self, document: Document) -> bytes:
        """What it means."""
        digest = blake2b(f"{document.title}\n{document.text}".encode(), digest_size=DIGEST).digest()
        if digest not in self._known:
            self._known[digest] = self._asked(document)
            if self._file:
                with self._file.open("ab") as rows:
                    rows.write(digest + self._known[digest])
        return self._known[digest]

    def _asked(self, document: Document) -> bytes:
        began = time.process_time()
        vector = self._model.vector(document.title, document.text)
        self.asked, self.seconds = self.asked + 1, self.seconds + time.process_time() - began
        return vector


class Understanding(Subjects):
    """Subjects that know what each document means."""

    def __init__(self, taxonomy: Taxonomy, vectors: Vectors) -> None:
        super().__init__(taxonomy)
        self._vectors = vectors

    def best(self, document: Document, model: Model | None = None, meaning: bytes = b"") -> Classification:
        """By words and meaning."""
        return super().best(document, model, meaning or self._vectors.of(document))

    def labelled(self, document: Document, meaning: bytes = b"") -> Labelled:
        """With its meaning."""
        return super().labelled(document, meaning or self._vectors.of(document))
