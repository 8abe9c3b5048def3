"""What a user would take instead, on the same texts: scikit-learn, PubMed's related articles, bm25s, Redis 8 vector sets alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from services.related.corpus import Corpus
from services.related.terms import WORD, Terms, terms_of
from tests.redis_servers import RedisServer, binaries

if TYPE_CHECKING:
    from tests.benchmarks.related import Page

PLACES = 5
DIMENSIONS = 512
LAMBDA, MU = 0.022, 0.013
"""Of J. Lin and W. J. Wilbur, PubMed related articles, BMC Bioinformatics 8:423, 2007."""

Told = str | tuple[dict[str, list[str]], dict[str, Any]]


def all_of(corpus: Sequence[Page]) -> dict[str, Told]:
    """For each peer its lists and what they took, or why it is not there."""
    return {
        "scikit-learn TF-IDF, brute force": _scikit(corpus),
        "PMRA": _pmra(corpus),
        "Redis 8 vector set, hashed projection": _redis(corpus),
        "bm25s": _bm25s(corpus),
    }


def _best(scores: Any, corpus: Sequence[Page]) -> dict[str, list[str]]:
    np.fill_diagonal(scores, -1)
    places = np.argsort(-scores, axis=1, kind="stable")[:, :PLACES]
    return {page.id: [corpus[other].id for other in row] for page, row in zip(corpus, places.tolist(), strict=True)}


def _scikit(corpus: Sequence[Page]) -> Told:
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - a peer may be missing
    except ImportError:
        return "not installed"
    began = time.process_time()
    vectorizer = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), stop_words="english", min_df=2)
    vectors = vectorizer.fit_transform([f"{page.title}\n{page.text}" for page in corpus])
    lists = _best((vectors @ vectors.T).toarray(), corpus)
    return lists, {"ms_per_document": round(1000 * (time.process_time() - began) / len(corpus), 2)}


def _pmra(corpus: Sequence[Page]) -> Told:
    try:
        from sklearn.feature_extraction.text import CountVectorizer  # noqa: PLC0415 - only its counting is used
    except ImportError:
        return "not installed"
    began = time.process_time()
    counts = CountVectorizer(token_pattern=WORD.pattern, stop_words="english").fit_transform(
        [f"{page.title}\n{page.text}" for page in corpus]
    )
    counts.sort_indices()  # a copy of another type comes sorted, and its places must be those of the original
    lengths = np.asarray(counts.sum(axis=1)).ravel()
    rarity = np.sqrt(np.log(len(corpus) / np.diff(counts.tocsc().indptr)))
    owners = np.repeat(np.arange(len(corpus)), np.diff(counts.indptr))
    odds = (MU / LAMBDA) ** (counts.data - 1.0) * np.exp(-(MU - LAMBDA) * lengths[owners])
    weights = counts.astype(np.float64)
    weights.data = rarity[counts.indices] / (1 + odds)
    lists = _best((weights @ weights.T).toarray(), corpus)
    return lists, {"ms_per_document": round(1000 * (time.process_time() - began) / len(corpus), 2)}


def _bm25s(corpus: Sequence[Page]) -> Told:
    """Each whole text as a question to all."""
    try:
        import bm25s  # noqa: PLC0415 - a peer may be missing
    except ImportError:
        return "not installed"
    began = time.process_time()
    tokens = bm25s.tokenize([f"{page.title}\n{page.text}" for page in corpus], stopwords="en", show_progress=False)
    peer = bm25s.BM25()
    peer.index(tokens, show_progress=False)
    found, _ = peer.retrieve(tokens, k=PLACES + 1, show_progress=False)
    spent = {"ms_per_document": round(1000 * (time.process_time() - began) / len(corpus), 2)}
    rows = [[corpus[place].id for place in row] for row in found.tolist()]
    lists = {
        page.id: [name for name in row if name != page.id][:PLACES] for page, row in zip(corpus, rows, strict=True)
    }
    return lists, spent


def _redis(corpus: Sequence[Page]) -> Told:
    """VADD and VSIM with vectors from our own terms, each thrown into `DIMENSIONS` by its number, with a sign."""
    if (binary := binaries().get("image")) is None:
        return "no Redis 8 here"
    server = RedisServer(binary)
    server.start()
    try:
        with server.client() as client:
            vectors = projected(corpus)
            began = time.perf_counter()
            for page, vector in zip(corpus, vectors, strict=True):
                client.execute_command("VADD", "pages", "FP32", vector.tobytes(), page.id)
            added, lists = time.perf_counter(), {}
            for page in corpus:
                found: Any = client.execute_command("VSIM", "pages", "ELE", page.id, "COUNT", PLACES + 1)
                lists[page.id] = [name.decode() for name in found if name.decode() != page.id][:PLACES]
            asked = time.perf_counter()
            size: Any = client.execute_command("MEMORY", "USAGE", "pages")
    finally:
        server.remove()
    many = len(corpus)
    return lists, {
        "insert_wall_ms": round(1000 * (added - began) / many, 3),
        "query_wall_ms": round(1000 * (asked - added) / many, 3),
        "bytes_per_document": int(size) // many,
    }


def projected(corpus: Sequence[Page]) -> list[Any]:
    """The tf-idf vector of each page in `DIMENSIONS` dimensions."""
    found, terms = Corpus(), [terms_of(page.title, page.text) for page in corpus]
    found.add_all(np.arange(len(corpus)), terms)
    vectors = []
    for each in terms:
        numbers = each.numbers.astype(np.int64)
        signs = np.where(numbers * 0x9E3779B1 >> 16 & 1, 1.0, -1.0)
        known = Terms(found._vocabulary.small(each.numbers.astype(np.uint32)), each.strengths)
        weights = found._weights(known) * signs
        vectors.append(np.bincount(numbers % DIMENSIONS, weights, DIMENSIONS).astype("<f4"))
    return vectors
