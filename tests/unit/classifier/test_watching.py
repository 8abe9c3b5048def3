"""The taxonomy's file under the hands of its operator."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from services.classifier.watching import Watch
from tests.unit.classifier.samples import SMALL

CHANGED = SMALL.replace("name: Sky", "name: Heaven")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "subjects.yaml"
    path.write_text(SMALL)
    return path


def names(watch: Watch) -> list[str]:
    return [subject.name for subject in watch.taxonomy.subjects]


def test_a_changed_file_is_read_once_it_lies_still(file: Path) -> None:
    """At the second look at the same state: a copy that is under way is left alone."""
    watch = Watch(file)
    file.write_text(CHANGED[:200])
    looks = [watch.look()]
    file.write_text(CHANGED)
    looks += [watch.look() for _ in range(4)]

    assert [False, False, True, False, False] == looks
    assert ["Sea & Shore", "Heaven", "Rest"] == names(watch)


def test_the_same_again_is_no_change(file: Path) -> None:
    """Saved without a change, or with one in a comment."""
    watch = Watch(file)
    file.write_text(SMALL + "# the end\n")

    assert [False] * 3 == [watch.look() for _ in range(3)]
    assert "" == watch.fault


@pytest.mark.parametrize("broken", [CHANGED.replace("slug: sky", "slug: sea"), "", None])
def test_a_broken_file_leaves_the_old_one_in_force(file: Path, broken: str | None) -> None:
    """The fault says what and where, until the file is mended; a file that is gone is broken too."""
    watch = Watch(file)
    if broken is None:
        file.unlink()
    else:
        file.write_text(broken)
    looks = [watch.look(), watch.look()]
    fault = watch.fault
    file.write_text(CHANGED)
    mended = [watch.look(), watch.look()]

    assert [False, False] == looks
    assert "the one before stays in force" in fault
    assert [False, True] == mended
    assert ("", "Heaven") == (watch.fault, names(watch)[1])


def test_a_file_that_is_put_in_place_of_the_other_is_seen(file: Path) -> None:
    """As editors and configuration tools do it."""
    watch = Watch(file)
    other = file.with_name("new.yaml")
    other.write_text(CHANGED)
    other.replace(file)

    assert [False, True] == [watch.look(), watch.look()]


def test_a_file_that_keeps_its_size_and_date_is_seen(file: Path) -> None:
    """As when a copy keeps the dates; and a file that could not be read is read once its rights are mended, which changes neither."""
    watch = Watch(file)
    before = file.stat()
    file.write_text(SMALL.replace("name: Sky", "name: Air"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert before.st_size == file.stat().st_size
    assert [False, True] == [watch.look(), watch.look()]


def test_a_file_that_is_nested_too_deeply_is_told_of(file: Path) -> None:
    """It is refused like any other that cannot be used."""
    watch = Watch(file)
    file.write_text("[" * 5000)

    assert [False, False] == [watch.look(), watch.look()]
    assert "nested too deeply" in watch.fault
