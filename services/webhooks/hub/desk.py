"""What can be asked of the hub: to subscribe somebody, to end it, to look, to hear of what others have published."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from services.webhooks.deliveries import Deliveries
from services.webhooks.hub.asking import BadRequest, Ping, Wish
from services.webhooks.hub.newsroom import Newsroom
from services.webhooks.hub.pinging import Pinging
from services.webhooks.hub.subscription import Mode, Request, Subscription, place_of
from services.webhooks.hub.subscriptions import Subscriptions, by_topic
from services.webhooks.hub.topics import UnknownTopic, topic_of, within
from services.webhooks.hub.verifying import Verifying
from services.webhooks.keyring import Keyring
from services.webhooks.outbound import Outbound
from shared.errors import Overloaded
from shared.logs import log
from shared.settings import Settings
from shared.syndication.addresses import Site
from shared.syndication.directory import Directory

MOST_TOPICS_SHOWN = 1_000


@dataclass
class Desk:
    """The hub, as its routes and its commands know it."""

    settings: Settings
    site: Site
    subscriptions: Subscriptions
    deliveries: Deliveries
    newsroom: Newsroom
    verifying: Verifying
    pinging: Pinging
    keyring: Keyring
    outbound: Outbound
    _looked: tuple[int, int, int] = (-1, -1, -1)

    async def take(self, wish: Wish) -> None:
        """Have the callback asked whether it wants this. Raises BadRequest, UnknownTopic, AddressRejected, Overloaded."""
        await self.outbound.admit(wish.callback)
        place = place_of(wish.callback, wish.topic)
        if wish.mode is Mode.SUBSCRIBE:
            topic = topic_of(wish.topic, self.site, await self.newsroom.directory(), self.settings.hub_topics)
            if topic.near and not await self.newsroom.known([topic.near]):
                raise UnknownTopic("there is no such article")
            await self._have_room(place)
        number = await self.verifying.number()
        secret = self.keyring.seal(wish.secret.decode("latin-1"), place) if wish.secret else ""
        request = Request(
            number=number,
            mode=wish.mode,
            callback=wish.callback,
            topic=wish.topic,
            lease_seconds=wish.lease_seconds,
            secret=secret,
            algorithm=wish.algorithm,
        )
        await self.verifying.ask(request)
        log.info("subscription.asked", subscription=place, mode=wish.mode, topic=wish.topic)

    async def _have_room(self, place: str) -> None:
        most = self.settings.hub_subscriptions
        if await self.subscriptions.count() < most:
            return
        if place not in (await self.subscriptions.current()).by_id:
            raise Overloaded("there are as many subscriptions as there can be", retry_after=3_600)

    async def ping(self, ping: Ping) -> None:
        """Fetch what somebody says is new. Raises UnknownTopic for what this hub was not allowed to push."""
        beginnings = self.settings.hub_topics
        if not all(any(within(topic, each) for each in beginnings) for topic in ping.topics):
            if not beginnings:
                raise BadRequest("this hub takes no pings; its own feeds are pushed by themselves")
            raise UnknownTopic("this hub does not push that topic for others")
        await self.pinging.ask(ping.topics)

    async def shown(self, limit: int) -> dict[str, Any]:
        """The subscriptions for operators, and the counts."""
        found = await self.subscriptions.all()
        view = await self.subscriptions.current()
        topics = [{"topic": topic, "subscriptions": count} for topic, count in by_topic(view.topics, MOST_TOPICS_SHOWN)]
        shown = await self._with_waiting(found[:limit])
        asked = await self.verifying.waiting()
        return {"count": len(found), "asked": asked, "topics": topics, "subscriptions": shown}

    async def one(self, name: str) -> dict[str, Any]:
        """One subscription for operators. Raises NotFound."""
        return (await self._with_waiting([await self.subscriptions.get(name)]))[0]

    async def deny(self, name: str, reason: str) -> None:
        """End a subscription, and tell its callback. Raises NotFound."""
        ended = await self.subscriptions.remove(name)
        log.info("subscription.denied", subscription=name, topic=ended.topic, reason=reason)
        await self._tell(ended, reason)

    async def _tell(self, ended: Subscription, reason: str) -> None:
        number = await self.verifying.number()
        await self.verifying.ask(
            Request(number=number, mode=Mode.DENIED, callback=ended.callback, topic=ended.topic, reason=reason)
        )

    async def _with_waiting(self, subscriptions: Sequence[Subscription]) -> list[dict[str, Any]]:
        standing = await self.deliveries.standing([each.lane for each in subscriptions])
        return [
            each.shown() | {"waiting": waiting, "failing_since": failing}
            for each, (waiting, failing) in zip(subscriptions, standing, strict=True)
        ]

    async def gone(self) -> Sequence[Subscription]:
        """The subscriptions to feeds that there are no more: their subject was renamed, merged or removed, their article retracted."""
        directory, view = await self.newsroom.directory(), await self.subscriptions.current()
        looked = directory.version, view.kinds, await self.newsroom.nearby.withdrawn()
        if self._looked == looked:
            return []
        self._looked = looked
        lost = {topic for topic in view.topics if self._is_lost(topic, directory)} | await self._withdrawn(view.topics)
        return [each for each in view.by_id.values() if each.topic in lost] if lost else []

    async def _withdrawn(self, urls: Collection[str]) -> set[str]:
        """Those of the topics that are of what is near an article that there is no more."""
        topics = [topic for url in urls if (topic := self.newsroom.topic(url))]
        near = {topic.url: topic.near for topic in topics if topic.near}
        known = await self.newsroom.known(list(set(near.values())))
        return {url for url, name in near.items() if name not in known}

    def _is_lost(self, url: str, directory: Directory) -> bool:
        if not url.startswith(f"{self.site.home}/"):  # another installation's, or the same one's under another name
            return False
        try:
            topic_of(url, self.site, directory)
        except UnknownTopic:
            return True
        return False
