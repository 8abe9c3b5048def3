"""The subject that an operator sets outlives every sending of the same source, and yields to a new word of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from services.ingest.subject_names import SubjectNames, SubjectUnknown
from shared.errors import Overloaded
from tests.integration.ingest.room import Answer, Room
from tests.unit.classifier.samples import SMALL

SOURCE = b"---\nid: 7\ntitle: The heart\nsubject: Medicine\n---\nIt beats."
CORRECTED = SOURCE + b" All day."


async def pinned(room: Room, subject: str | None, path: str = "") -> Answer:
    """Send the source, and set its subject."""
    path = path or f"/documents/{(await room.post(SOURCE)).body['id']}"
    return await room.ask(
        "POST", f"{path}/subject", json.dumps({"subject": subject}).encode(), content_type="application/json"
    )


async def subjects(room: Room) -> list[str | None]:
    """The subject of each version that went onto the belt."""
    return [event.document.subject for event in await room.events()]


async def test_a_subject_is_set_by_a_new_version(room: Room) -> None:
    """Once; setting it again changes nothing."""
    first, again = await pinned(room, "Nursing"), await pinned(room, "Nursing")

    assert (first.status, first.body["version"], first.body["change"]) == (202, 2, "updated")
    assert (again.status, again.body["change"]) == (200, "unchanged")
    assert await subjects(room) == ["Medicine", "Nursing"]


async def test_sending_the_same_source_again_does_not_undo_it(room: Room) -> None:
    """The very same is nothing; a corrected text keeps the subject that was set; a trial run shows it."""
    await pinned(room, "Nursing")
    same, corrected = await room.post(SOURCE), await room.post(CORRECTED)
    trial = await room.ask("POST", "/documents?dry_run=true", CORRECTED)

    assert [same.body["change"], corrected.body["change"], trial.body["change"]] == [
        "unchanged",
        "updated",
        "unchanged",
    ]
    assert trial.body["document"]["subject"] == "Nursing"
    assert await subjects(room) == ["Medicine", "Nursing", "Nursing"]


async def test_a_new_word_of_the_source_counts(room: Room) -> None:
    """Somebody changed the subject in the source after it was set here: the later word wins, and stays."""
    await pinned(room, "Nursing")
    await room.post(SOURCE.replace(b"Medicine", b"Physics"))
    await room.post(SOURCE)

    assert await subjects(room) == ["Medicine", "Nursing", "Physics", "Medicine"]


async def test_letting_it_go_brings_the_sources_own_back(room: Room) -> None:
    """Null is no subject but the wish to have none set."""
    await pinned(room, "Nursing")
    cleared, again = await pinned(room, None), await pinned(room, None)

    assert [cleared.status, again.status] == [202, 200]
    assert await subjects(room) == ["Medicine", "Nursing", "Medicine"]


async def test_it_outlives_a_retraction(room: Room) -> None:
    """While it is retracted there is nothing to set; brought back, it stands as before."""
    path = f"/documents/{(await pinned(room, 'Nursing')).body['id']}"
    await room.ask("DELETE", path, if_match="*")
    gone = await pinned(room, "Physics", path)
    await room.ask("PUT", path, SOURCE, if_match="*")

    assert (gone.status, await subjects(room)) == (410, ["Medicine", "Nursing", "Nursing", "Nursing"])


async def test_nonsense_is_refused(room: Room) -> None:
    """An unknown document, no subject at all, an empty one, an old version, and no token."""
    path = f"/documents/{(await room.post(SOURCE)).body['id']}"
    refused = [
        await pinned(room, "Nursing", "/documents/unknown"),
        await room.ask("POST", f"{path}/subject", b"{}", content_type="application/json"),
        await room.ask("POST", f"{path}/subject", b'{"subject": " "}', content_type="application/json"),
        await room.ask(
            "POST", f"{path}/subject", b'{"subject": "Law"}', content_type="application/json", if_match='"9"'
        ),
        await room.ask("POST", f"{path}/subject", b'{"subject": "X"}', token="wrong"),
    ]

    assert [answer.status for answer in refused] == [404, 422, 422, 412, 401]


async def test_a_subject_that_there_is_not_must_be_meant(room: Room) -> None:
    """The problem tells what it may have been meant for; whoever means it says so."""
    path = f"/documents/{(await room.post(SOURCE)).body['id']}/subject"
    refused = await room.ask("POST", path, b'{"subject": "Phisics"}', content_type="application/json")
    body = b'{"subject": "Basket Weaving", "new": true}'
    taken = await room.ask("POST", path, body, content_type="application/json")

    assert (422, "unknown-subject", "Physics") == (refused.status, refused.body["code"], refused.body["alike"][0])
    assert 202 == taken.status
    assert ["Medicine", "Basket Weaving"] == await subjects(room)


async def test_the_names_follow_the_file(tmp_path: Path) -> None:
    """Slugs, names, alternatives and former slugs count; a broken file changes nothing, and one that never was fit says so."""
    file = tmp_path / "subjects.yaml"
    names = SubjectNames(file)
    with pytest.raises(Overloaded):
        await names.check("Sky")
    file.write_text(SMALL.replace("slug: sky", "slug: sky\n    formerly: [air, wind]"))
    for called in ("the deep", "Sea & Shore", "AIR", "wind"):
        await names.check(called)
    file.write_text("subjects: [{]")
    await names.check("Sky")
    with pytest.raises(SubjectUnknown) as caught:
        await names.check("Skyy")

    assert ["Sky"] == caught.value.fields["alike"]
