"""shared/semantic/model.py; the last tests are of the real model, which `make test` installs."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from shared.errors import Unfit
from shared.semantic import model
from shared.semantic.model import SemanticModel, kept, weights_in
from shared.settings import ROOT
from tests.semantic_model import WIDTH, weights, write_model


def test_weights_are_read_as_they_were_written(tmp_path: Path) -> None:
    """All tensors of single precision, and no others."""
    found = weights_in(write_model(tmp_path) / "model.safetensors")

    assert {name: each.tolist() for name, each in weights().items()} == {n: each.tolist() for n, each in found.items()}


def test_a_small_model_tells_a_vector(tmp_path: Path) -> None:
    """One byte for each component, the largest 127; the beginning of a text decides, and the title belongs to it."""
    small = SemanticModel(write_model(tmp_path))
    vector = np.frombuffer(small.vector("The moon", "and the tides"), np.int8)

    assert (WIDTH, 127) == (len(vector), int(np.abs(vector.astype(int)).max()))
    assert small.vector("moon", "the sea" + " law" * 1000) == small.vector("moon", "the sea" + " law" * 2000)
    assert small.vector("moon", "") != small.vector("", "law")


def test_bytes_keep_the_direction() -> None:
    """To four places; nothing at all stays nothing."""
    vector = np.random.default_rng(3).normal(0, 1, 384).astype(np.float32)
    again = np.frombuffer(kept(vector), np.int8).astype(float)

    assert float(again @ vector / np.linalg.norm(again) / np.linalg.norm(vector)) > 0.9999
    assert bytes(8) == kept(np.zeros(8, np.float32))


@pytest.mark.parametrize("name", ["config.json", "vocab.txt", "model.safetensors"])
def test_a_model_that_is_not_whole_is_refused(tmp_path: Path, name: str) -> None:
    """With a sentence that names it, at the start."""
    (write_model(tmp_path) / name).unlink()

    with pytest.raises(Unfit, match="the semantic model cannot be read"):
        SemanticModel(tmp_path)


def test_without_the_extra_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command as it can be copied."""
    monkeypatch.setattr(model, "PACKAGE", "no_such_package_here")

    with pytest.raises(Unfit, match="--no-deps --require-hashes"):
        SemanticModel.installed()


@pytest.fixture(scope="module")
def installed() -> SemanticModel:
    return SemanticModel.installed()


def test_the_real_model_says_what_its_makers_say(installed: SemanticModel) -> None:
    """The cosines that https://sbert.net/docs/sentence_transformer/usage/semantic_textual_similarity.html shows."""
    network, pieces = installed._network, installed._pieces
    ours = ["The new movie is awesome", "The cat sits outside", "A man is playing guitar"]
    theirs = ["The dog plays in the garden", "The new movie is so great", "A woman watches TV"]
    one, other = (np.stack([network.vector(pieces.of(text, 128)) for text in texts]) for texts in (ours, theirs))
    expected = [[0.0543, 0.8939, -0.0502], [0.2838, -0.0029, 0.1310], [0.2277, -0.0136, -0.0327]]

    assert float(np.abs(expected - one @ other.T).max()) < 1e-3


def test_it_finds_what_shares_no_word(installed: SemanticModel) -> None:
    """Asked by several threads at once, it says the same as asked by one."""
    texts = [
        ("Tides", "The moon pulls the sea."),
        ("Lunar gravity", "It moves oceans."),
        ("Contract law", "A promise binds."),
    ]
    with ThreadPoolExecutor(3) as threads:
        vectors = list(threads.map(lambda text: installed.vector(*text), texts))
    tides, lunar, law = (np.frombuffer(vector, np.int8).astype(float) for vector in vectors)

    assert [installed.vector(*text) for text in texts] == vectors
    assert tides @ lunar / np.linalg.norm(lunar) > 2 * (tides @ law / np.linalg.norm(law))


def test_a_process_of_ours_computes_with_one_thread() -> None:
    """Threads that wait for each other by turning cost ten times the processor time where cores are shared."""
    told = "import services.__main__, numpy, threadpoolctl; print(*(each['num_threads'] for each in threadpoolctl.threadpool_info()))"
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, cwd=ROOT, env=environment, check=True, text=True
    )

    assert ["1"] == done.stdout.split()
