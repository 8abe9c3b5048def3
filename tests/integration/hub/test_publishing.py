"""Section 6: a hub for what others publish, if it was allowed to; they say that something is new, and it is fetched and pushed as it is."""

from __future__ import annotations

from itertools import count

from aiohttp import web

from tests.integration.hub.reading import HEADER_LINK, signature, until
from tests.integration.hub.receiver import Receiver, Subscriber
from tests.integration.hub.room import SECRET, Reply, Room

PAGE = "Größe".encode("utf-16")
KIND = "text/plain; charset=utf-16"
NUMBERS = count()


def published(publisher: Receiver, folder: str = "published") -> Subscriber:
    """A new page of the other site."""
    page = publisher.at(f"/{folder}/{next(NUMBERS)}")
    show(page, PAGE)
    return page


def show(page: Subscriber, body: bytes) -> None:
    """Let a page say this from now on."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body, headers={"Content-Type": KIND, "ETag": f'"{len(body)}"'})

    page.intent = answer


async def ping(room: Room, *pages: Subscriber) -> Reply:
    """Say that pages have something new."""
    return await room.ask([("hub.mode", "publish"), *(("hub.url", page.callback) for page in pages)])


async def test_what_others_publish_is_pushed_as_it_is(room: Room, publisher: Receiver) -> None:
    """MUST 14 and 15 (6, 7): the full contents of the topic, its own Content-Type, its own address as rel=self."""
    page = published(publisher)
    who = await room.subscribed(page.callback)
    reply = await ping(room, page)
    await until(lambda: bool(who.pushes))
    push = who.pushes[0]

    assert (202, PAGE, KIND) == (reply.status, push.body, push.headers["content-type"])
    assert {(room.hub, "hub"), (page.callback, "self")} == set(HEADER_LINK.findall(push.links[0]))


async def test_what_others_publish_is_signed(room: Room, publisher: Receiver) -> None:
    """MUST 19 (8): the bytes as they are, whatever encoding they have."""
    page = published(publisher)
    who = await room.subscribed(page.callback, secret=SECRET)
    await ping(room, page)
    await until(lambda: bool(who.pushes))

    assert signature(who.pushes[0], SECRET, "sha256") == who.pushes[0].headers["x-hub-signature"]


async def test_a_ping_without_news_pushes_nothing(room: Room, publisher: Receiver) -> None:
    """MUST 14 (7): sent when new content is available; a ping is no content."""
    page = published(publisher)
    who = await room.subscribed(page.callback)
    await ping(room, page)
    await until(lambda: bool(who.pushes))
    await ping(room, page)
    await until(lambda: len(page.asked) == 2)
    show(page, b"new")
    await ping(room, page)
    await until(lambda: len(who.pushes) > 1)

    assert [PAGE, b"new"] == [push.body for push in who.pushes]


async def test_a_page_is_asked_for_conditionally(room: Room, publisher: Receiver) -> None:
    """Section 6, of the manners of whoever fetches: with the tag that was seen last (RFC 9110, 13.1.2)."""
    page = published(publisher)
    who = await room.subscribed(page.callback)
    await ping(room, page)
    await until(lambda: bool(who.pushes))
    await ping(room, page)
    await until(lambda: len(page.asked) == 2)

    assert [None, f'"{len(PAGE)}"'] == [asked.headers.get("if-none-match") for asked in page.asked]


async def test_one_ping_fetches_once(room: Room, publisher: Receiver) -> None:
    """Section 6: a page that is named twice, and another one beside it, are fetched once each."""
    page, beside = published(publisher), published(publisher)
    who, other = await room.subscribed(page.callback), await room.subscribed(beside.callback)
    await ping(room, page, page, beside)
    await until(lambda: bool(who.pushes and other.pushes))

    assert (1, 1) == (len(page.asked), len(beside.asked))


async def test_pages_that_were_not_allowed_are_not_pushed(room: Room, publisher: Receiver) -> None:
    """Section 9, and 5.1.2's policies: neither by a ping nor by a subscription is the hub made to fetch from anywhere else."""
    page, allowed = published(publisher, "private"), published(publisher)
    replies = [await ping(room, page), await ping(room, allowed, page)]
    replies.append(await room.request(room.receiver.subscriber(), page.callback))
    who = await room.subscribed(allowed.callback)
    await ping(room, allowed)
    await until(lambda: bool(who.pushes))

    assert [(404, "text/plain")] * 3 == [(reply.status, reply.media_type) for reply in replies]
    assert ([], 1) == (page.asked, len(allowed.asked))
