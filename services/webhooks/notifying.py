"""Events in, planned deliveries out: each batch is one step for each event, with the partners as they are at that moment."""

from __future__ import annotations

from collections.abc import Collection

from services.webhooks.deliveries import Deliveries
from services.webhooks.hub.newsroom import Newsroom
from services.webhooks.items import place_of
from services.webhooks.ledger import Ledger
from services.webhooks.partner import Partner
from services.webhooks.partners import Partners
from services.webhooks.planning import announce
from services.webhooks.pump import Pump
from shared.batch import Batch
from shared.clock import Clock
from shared.events import Event, TaxonomyPublished
from shared.notices import RETRACTED, kind_of
from shared.steps import Step


class Notifier:
    """Plans what partners and subscribers are told. `base_url`: the address of our own pages; `partners` look at the newsroom's revisions too."""

    def __init__(
        self,
        partners: Partners,
        deliveries: Deliveries,
        ledger: Ledger,
        pump: Pump,
        newsroom: Newsroom,
        clock: Clock,
        base_url: str,
    ) -> None:
        self._partners = partners
        self._deliveries = deliveries
        self._ledger = ledger
        self._pump = pump
        self._newsroom = newsroom
        self._clock = clock
        self._base_url = base_url

    async def notify(self, batch: Batch) -> None:
        """Do what follows from a batch of events, and send it off."""
        known = list((await self._partners.current(at_most_seconds_old=0)).values())
        documents = list(dict.fromkeys(event.document_id for event in batch.events if event.document_id))
        heard = await self._ledger.heard(known, documents)
        sheet = await self._newsroom.sheet(batch.events, self._partners.beside)
        steps: list[Step | Exception] = []
        for event, entry in zip(batch.events, batch.entries, strict=True):
            try:
                step, also = self._announced(event, entry, known, heard), sheet.commands(event, entry)
                if isinstance(event, TaxonomyPublished) and sheet.directory:
                    also = (*also, self._partners.rearranged())
                    known = [partner.following(sheet.directory.leads) for partner in known]
                steps.append(step.then(*also) if also else step)
            except Exception as fault:
                steps.append(fault)
        await batch.commit(steps)
        self._pump.wake()

    def _announced(self, event: Event, entry: str, known: Collection[Partner], heard: dict[str, set[str]]) -> Step:
        clock, plan = self._clock, self._deliveries.planned
        step, listeners = announce(
            event,
            place_of(entry),
            known,
            heard,
            self._base_url,
            lambda notice, lanes, ordered: plan(notice, lanes, clock.now(), ordered),
        )
        verb = "SREM" if kind_of(event) == RETRACTED else "SADD"
        for partner in listeners:
            heard.setdefault(partner, set()).add(event.document_id)
            step = step.then((verb, f"{self._deliveries.base}:told:{partner}", event.document_id))
        return step
