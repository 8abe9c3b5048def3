"""Route (pump.py) to subscribers: the signed content at the exact callback, as long as the lease lasts, and what follows from a 410."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from types import MappingProxyType

from services.webhooks.hub import metrics
from services.webhooks.hub.subscription import Subscription, signature
from services.webhooks.hub.subscriptions import Subscriptions, View
from services.webhooks.items import Taken
from services.webhooks.keyring import Keyring
from services.webhooks.outbound import Answer, Outbound
from services.webhooks.pump import Terms
from shared.clock import Clock
from shared.logs import log
from shared.syndication.addresses import Site

TERMS = Terms(most=1)
"""One after the other, so that a subscriber who takes what it gets gets it in order."""
NOBODY: Mapping[str, Terms] = MappingProxyType({})


class HubRoute:
    """Whom the hub sends to."""

    def __init__(
        self, subscriptions: Subscriptions, keyring: Keyring, outbound: Outbound, clock: Clock, site: Site
    ) -> None:
        self._subscriptions = subscriptions
        self._keyring = keyring
        self._outbound = outbound
        self._clock = clock
        self._site = site
        self._view = View()
        self._version = -1
        self._terms: Mapping[str, Terms] = NOBODY

    async def lanes(self) -> Mapping[str, Terms]:
        view = await self._subscriptions.current()
        if view is not self._view or view.version != self._version:
            self._view, self._version = view, view.version
            metrics.SUBSCRIPTIONS.set(len(view.by_id))
            metrics.TOPICS.set(len(view.topics))
            self._terms = dict.fromkeys(view.by_lane, TERMS)
        return self._terms

    async def send(self, taken: Taken, at: datetime) -> Answer:
        subscription = self._view.by_lane.get(taken.lane)
        # Looked at here, not where deliveries are taken: between the two a lease may end.
        if subscription is None or not subscription.live(at):
            return Answer(HTTPStatus.GONE, "the lease is over")
        headers = self._headers(subscription, taken)
        answer = await self._outbound.post(subscription.callback, taken.body, headers, taken.kind)
        metrics.ATTEMPTS.labels(f"{answer.status // 100}xx" if answer.status else "none").inc()
        return answer

    def _headers(self, subscription: Subscription, taken: Taken) -> dict[str, str]:
        headers = {"Link": self._site.announced(subscription.topic), "webhook-id": taken.id}
        if subscription.secret:
            secret = self._keyring.secret(subscription.secret, subscription.id).encode("latin-1")
            headers["X-Hub-Signature"] = signature(secret, subscription.algorithm, taken.body)
        return headers

    async def ended(self, lane: str, reason: str) -> None:
        """The callback is gone, or the lease is over; one that was renewed meanwhile goes on."""
        seen = self._view.by_lane.get(lane)
        if seen is None:
            return
        before, after = await self._subscriptions.revise(seen.id, lambda now: None if now == seen else now)
        if before and after is None:
            log.info("subscription.ended", subscription=seen.id, topic=seen.topic, reason=reason)
