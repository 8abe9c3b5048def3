"""A whole house with a hub, spoken to over HTTP alone, and a clock that leaps while it runs."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from aiohttp import ClientSession, web

from tests.house import House
from tests.integration.hub.reading import DEADLINE_SECONDS, titles_of, told, until
from tests.integration.hub.receiver import Handler, Heard, Receiver, Subscriber, refuse

SECRET = "a secret that nobody guesses"
HOUR = 3_600
DAY = 24 * HOUR
SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]


@dataclass
class LeapingClock:
    """The machine's clock, so much ahead."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def leap(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Reply:
    """What the hub answered to a request."""

    status: int
    media_type: str
    body: str
    location: str


@dataclass(frozen=True)
class Topic:
    """A feed of its own: the articles with one keyword; or those near the article `origin`, which share some `words`."""

    url: str
    keyword: str
    origin: str = ""
    words: str = ""

    def form(self, ending: str) -> Topic:
        """The same feed in another format."""
        return replace(self, url=f"{self.url.rpartition('.')[0]}.{ending}")


@dataclass
class Room:
    """One test's way to the hub, the feeds and the subscribers."""

    house: House
    anyone: ClientSession
    """Has no operator's token: whoever subscribes has none."""
    receiver: Receiver
    clock: LeapingClock
    words: count[int] = field(default_factory=count)
    subject: str = "movies-and-cinematography"
    """A subject that one case may remove."""

    @property
    def home(self) -> str:
        return self.house.host.settings.base_url

    @property
    def hub(self) -> str:
        return f"{self.home}/hub"

    def path(self, who: Subscriber) -> str:
        """The path and the query of a callback."""
        return who.callback.removeprefix(self.receiver.origin) or "/"

    async def topic(self, form: str = "atom", keyword: str = "") -> Topic:
        """A feed that has one article already."""
        keyword = keyword or self.word()
        found = Topic(f"{self.home}/feeds/keywords/{keyword}.{form}", keyword)
        article = await self.article(found)
        await self.visible(found, article)
        return found

    async def near(self, form: str = "atom", query: str = "", title: str = "") -> Topic:
        """A feed of what is near an article, which has one neighbour already; that one is near no other that comes."""
        first, later = [" ".join(self.word() for _ in range(30)) for _ in range(2)]
        alike = Topic("", self.word(), words=later)
        origin = await self.article(replace(alike, words=f"{first} {later}"), title)
        found = replace(alike, url=f"{self.home}/feeds/documents/{origin}/related.{form}{query}", origin=origin)
        await self.visible(found, await self.article(replace(found, words=first)))
        await self.heard_of(found)
        return found

    async def kind(self, kind: str, form: str = "atom") -> Topic:
        """A feed by keyword, or of what is near an article."""
        return await (self.near(form) if kind == "near" else self.topic(form))

    async def heard_of(self, topic: Topic) -> None:
        """Wait until the hub knows of a topic: a moment after the feeds do."""
        scout = self.receiver.subscriber()
        scout.intent = refuse
        async with asyncio.timeout(DEADLINE_SECONDS):
            while (await self.request(scout, topic)).status != 202:  # noqa: ASYNC110 - what is waited for happens elsewhere
                await asyncio.sleep(0.02)
        await self.settled()

    async def choose(self, topic: Topic, *, pinned: Sequence[str] = (), banned: Sequence[str] = ()) -> None:
        """Say, as the operator, who stands on the list of a topic's article, and who does not."""
        choice = {"pinned": list(pinned), "banned": list(banned)}
        status, answer, _ = await self.house.call("PUT", f"/documents/{topic.origin}/related", json=choice)
        assert status == 200, answer

    async def article(self, topic: Topic, title: str = "", **front: Any) -> str:
        """Add an article to a feed; its id."""
        status, answer = await self.house.add(self.text(topic, title, **front), "text/markdown")
        assert status == 202, answer
        return str(answer["id"])

    def text(self, topic: Topic, title: str = "", **front: Any) -> bytes:
        """An article of invented words, so that it is like no other."""
        facts = {"title": title or self.word().title(), "keywords": f"[{topic.keyword}]"} | front
        head = "\n".join(f"{name}: {value}" for name, value in facts.items())
        body = " ".join([topic.words, *(self.word() for _ in range(60))]).strip()
        return f"---\n{head}\n---\n\n{body}.\n".encode()

    def word(self) -> str:
        """A word that was never used before."""
        number = next(self.words)
        chance = random.Random(number)
        return "".join(chance.choices(SYLLABLES, k=5)) + SYLLABLES[number % 70] + SYLLABLES[number // 70 % 70]

    async def change(self, article: str, body: bytes) -> None:
        """Give an article a new text."""
        status, answer, _ = await self.house.call(
            "PUT", f"/documents/{article}", data=body, headers={"Content-Type": "text/markdown", "If-Match": "*"}
        )
        assert status == 202, answer

    async def confirm(self, article: str, subject: str) -> None:
        """Say, as a person, that the subject of an article is right; wait until it is known."""
        status, answer, _ = await self.house.call("POST", f"/documents/{article}/subject", json={"subject": subject})
        assert status == 202, answer
        await self.house.eventually(f"/documents/{article}", lambda body: body["version"] >= answer["version"])

    async def retract(self, article: str) -> None:
        """Take an article back."""
        status, answer, _ = await self.house.call("DELETE", f"/documents/{article}", headers={"If-Match": "*"})
        assert status == 202, answer

    async def visible(self, topic: Topic, article: str) -> None:
        """Wait until an article stands in its feed."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while article not in (await self.feed(topic))[1]:  # noqa: ASYNC110 - what is waited for happens elsewhere
                await asyncio.sleep(0.02)

    async def feed(self, topic: Topic) -> tuple[dict[str, str], str]:
        """A feed's headers and body, as a reader gets them."""
        async with self.anyone.get(topic.url) as got:
            return {name.lower(): value for name, value in got.headers.items()}, await got.text()

    async def ask(self, data: Any = None, **more: Any) -> Reply:
        """POST to the hub."""
        async with self.anyone.post(self.hub, data=data, allow_redirects=False, **more) as got:
            return Reply(got.status, got.content_type, await got.text(), got.headers.get("Location", ""))

    async def request(self, who: Subscriber, topic: Topic | str, mode: str = "subscribe", **asked: Any) -> Reply:
        """Ask for or end a subscription; `lease_seconds=60` is hub.lease_seconds."""
        url = topic if isinstance(topic, str) else topic.url
        facts = {"callback": who.callback, "mode": mode, "topic": url} | asked
        return await self.ask({f"hub.{name}": str(value) for name, value in facts.items()})

    async def subscribed(self, topic: Topic | str, rest: str = "", **asked: Any) -> Subscriber:
        """A new subscriber whose subscription is verified."""
        who = self.receiver.subscriber(rest)
        await self.verified(who, topic, **asked)
        return who

    async def verified(self, who: Subscriber, topic: Topic | str, mode: str = "subscribe", **asked: Any) -> Heard:
        """Ask for something and wait until it is verified; how the hub asked for consent."""
        before = len(who.asked)
        reply = await self.request(who, topic, mode, **asked)
        assert (202, "") == (reply.status, reply.body if reply.status >= 400 else "")
        await until(lambda: len(who.asked) > before)
        await self.settled()
        return who.asked[-1]

    async def settled(self) -> None:
        """Wait until the hub has drawn its conclusion from every callback's answer."""
        await self.house.eventually("/hub/subscriptions?limit=1", lambda body: not body["asked"])

    async def pushed(self, who: Subscriber, *titles: str) -> Heard:
        """Wait until articles with these titles were pushed to a subscriber; the push with the last of them."""
        await until(lambda: set(titles) <= set(told(who)))
        return next(push for push in reversed(who.pushes) if titles[-1] in titles_of(push))

    async def told_to_all(self, topic: Topic, *whom: Subscriber) -> str:
        """Publish an article and wait until it was pushed to these subscribers; its title."""
        title = self.word().title()
        await self.article(topic, title)
        for who in whom:
            await self.pushed(who, title)
        return title

    async def nothing_for(self, who: Subscriber, topic: Topic, other: Subscriber) -> None:
        """Publish an article, and see that it comes to `other` and not to `who`; then another one, so that it had the time to."""
        before = len(who.pushes)
        for _ in range(2):
            await self.told_to_all(topic, other)
        assert before == len(who.pushes)

    async def asked_for(self, who: Subscriber, mode: str) -> Heard:
        """Wait until a callback was asked for or told something, and the hub has drawn its conclusion; how it was asked."""
        await until(lambda: any(asked.query.get("hub.mode") == mode for asked in who.asked))
        await self.settled()
        return next(asked for asked in who.asked if asked.query.get("hub.mode") == mode)

    async def pushes(self, who: Subscriber, number: int) -> None:
        """Wait until so many pushes came; the clock hurries towards the retries."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while len(who.pushes) < number:
                if who.pushes:
                    self.clock.leap(10)
                await asyncio.sleep(0.05)

    async def tries_in(self, who: Subscriber, seconds: float) -> int:
        """How many pushes come while so much time passes."""
        for _ in range(int(seconds / DAY)):
            before = len(who.pushes)
            self.clock.leap(DAY)
            with suppress(TimeoutError):
                await until(partial(_more_than, who.pushes, before), 0.3)
        return len(who.pushes)

    @asynccontextmanager
    async def holding(self, who: Subscriber) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """A callback that does not answer until the end of the block; what is given waits until it was asked."""
        answer: Handler = who.intent
        before, done = len(who.asked), asyncio.Event()

        async def hold(request: web.Request) -> web.StreamResponse:
            await done.wait()
            return await answer(request)

        async def held() -> None:
            await until(lambda: len(who.asked) > before)

        who.intent = hold
        yield held
        who.intent = answer
        done.set()

    def remove_subject(self) -> None:
        """Take the subject out of the taxonomy, which the house follows."""
        path = self.house.host.settings.taxonomy
        head, *subjects = path.read_text().split("\n  - ")
        left = [each for each in subjects if f"slug: {self.subject}" not in each]
        path.write_text("\n  - ".join([head, *left]))

    async def end(self, who: Subscriber, topic: Topic) -> None:
        """End, as the operator, a subscription that was accepted."""
        found = [each for each in await self.listed() if (each["callback"], each["topic"]) == (who.callback, topic.url)]
        status, body, _ = await self.house.call("DELETE", f"/hub/subscriptions/{found[0]['id']}")
        assert status == 204, body

    async def listed(self) -> list[dict[str, Any]]:
        """The subscriptions as the operator sees them."""
        return list((await self.house.eventually("/hub/subscriptions", lambda _: True))["subscriptions"])

    async def stored(self, word: bytes) -> bool:
        """Whether a word stands anywhere in the store."""
        redis = self.house.host.redis
        return any([word in (await redis.dump(key) or b"") for key in await redis.keys("*hub*")])


def _more_than(found: Sequence[object], number: int) -> bool:
    return len(found) > number
