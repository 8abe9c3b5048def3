"""What cannot be read is refused with a typed problem; nothing of it is stored, and the others notice nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.end_to_end.partner import Partner
from tests.end_to_end.stack import Answer, Stack

LEVELS = 30
BOMB = (
    "---\na0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, LEVELS)) + "---\ntext"
)

BAD: dict[str, tuple[str, bytes, int, str]] = {
    "empty": ("text/markdown", b"", 422, "empty"),
    "only white space": ("text/plain", b" \n\t\n", 422, "empty"),
    "10 MB": ("text/plain", b"word " * 2_000_000, 413, "too-large"),
    "invalid UTF-8": ("text/plain", b"caf\xe9 au lait", 422, "not-utf8"),
    "broken YAML": ("text/markdown", b"---\ntitle: [unclosed\n---\ntext", 422, "bad-front-matter"),
    "YAML alias bomb": ("text/markdown", BOMB.encode(), 422, "bad-front-matter"),
    "broken JSON": ("application/json", b'{"title": ', 422, "bad-json"),
    "unknown media type": ("image/png", b"\x89PNG", 415, "unknown-media-type"),
    "nothing but a script": ("text/html", b"<script>alert(1)</script>", 422, "empty"),
}


def post(stack: Stack, media_type: str, body: bytes) -> Answer:
    return stack.ask("ingest", "POST", "/documents", body, {"Content-Type": media_type})


def stored(stack: Stack) -> tuple[list[str], int]:
    """How many events have ever been laid on the belt, and how many documents ingest knows."""
    documents = stack.redis("--scan", "--pattern", "{syndicate}:ingest:document:*")
    return stack.redis("XLEN", "{syndicate}:documents.ingested"), len(documents)


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_a_typed_problem_and_leaves_nothing(stack: Stack, case: str) -> None:
    """RFC 9457: the status, and the code that names the rule."""
    media_type, body, status, code = BAD[case]
    before = stored(stack)
    answer = post(stack, media_type, body)

    assert (status, "application/problem+json") == (answer.status, answer.headers["content-type"])
    assert (status, code) == (answer.json["status"], answer.json["code"])
    assert before == stored(stack)


def test_good_documents_get_through_among_bad_ones(stack: Stack, partner: Partner) -> None:
    """All the bad ones at once, with a good one after each."""
    good = [f"Among bad ones {number}\n\nNothing happens to number {number}.".encode() for number in range(len(BAD))]
    with ThreadPoolExecutor(4) as senders:
        bad = [senders.submit(post, stack, kind, body) for kind, body, _, _ in BAD.values()]
        taken = list(senders.map(lambda body: post(stack, "text/plain", body), good))

    assert [status for _, _, status, _ in BAD.values()] == [answer.result().status for answer in bad]
    assert {202} == {answer.status for answer in taken}
    partner.waits_for([answer.json["id"] for answer in taken])
    assert stack.healthy("ingest")


def test_a_script_in_a_document_reaches_nobody(stack: Stack, partner: Partner) -> None:
    """Neither the page nor a feed nor a partner."""
    body = b"<h1>Harmless</h1><p onclick='evil()'>Some words.<script>evil()</script><img src=x onerror='evil()'></p>"
    name = post(stack, "text/html", body).json["id"]
    told = partner.waits_for([name])[0]["signed"]["body"].encode()
    shown = [told, stack.ask("feeds", "GET", f"/documents/{name}", headers={"Accept": "text/html"}).body]
    shown += [stack.ask("feeds", "GET", f"/feeds/all.{form}").body for form in ("rss", "atom", "json")]

    assert all(b"Harmless" in body for body in shown)
    assert not any(b"evil" in body for body in shown)
