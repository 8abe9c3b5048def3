"""Partners' lives: added, asked for consent, changed, given new keys, disabled when they have failed for days."""

from __future__ import annotations

import asyncio
import json
import secrets as chance
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from services.webhooks import confirmation
from services.webhooks.confirmation import Confirmation, Consent
from services.webhooks.keyring import Keyring, new_secret, rotated
from services.webhooks.outbound import Outbound
from services.webhooks.partner import BY_OPERATOR, Batching, Partner
from services.webhooks.partners import Partners
from services.webhooks.requests import NewKey, NewPartner, PartnerChange
from shared.access import same
from shared.clock import Clock
from shared.errors import Conflict, NotFound
from shared.logs import log

TOKEN_BYTES = 24
MOST_ASKED_AT_ONCE = 64


class Registry:
    """What operators do with partners."""

    def __init__(
        self, partners: Partners, keyring: Keyring, outbound: Outbound, confirmation: Confirmation, clock: Clock
    ) -> None:
        self.partners = partners
        self._keyring = keyring
        self._outbound = outbound
        self._confirmation = confirmation
        self._clock = clock

    async def add(self, wanted: NewPartner) -> dict[str, Any]:
        """Add a partner and ask its address; the only answer that ever shows its secret and its token."""
        secret, token = wanted.secret or new_secret(wanted.signing), token_of()
        partner = self._new(wanted, secret, token)
        await self._outbound.admit(wanted.url)
        await self.partners.add(partner)
        log.info("partner.added", partner=partner.id, name=partner.name)
        told = await self.confirm(partner.id) if partner.confirmed is None else partner.shown()
        return told | self._once(partner, secret) | {"token": token}

    def _new(self, wanted: NewPartner, secret: str, token: str) -> Partner:
        name = chance.token_hex(8)
        return Partner(
            id=name,
            name=wanted.name,
            url=wanted.url,
            keys=(self._keyring.stored(secret, name),),
            events=wanted.events,
            filter=wanted.filter,
            version=wanted.version,
            full=wanted.full,
            ordered=wanted.ordered,
            batch=Batching(**wanted.batch.model_dump()) if wanted.batch else None,
            rate=wanted.rate,
            concurrency=wanted.concurrency,
            schedule=wanted.schedule,
            header_names=tuple(wanted.headers),
            sealed_headers=self._sealed(wanted.headers, name),
            token=mark_of(token),
            confirmed=BY_OPERATOR if wanted.confirmed else None,
            ask_at=None if wanted.confirmed else self._soon(),
            created_at=self._clock.now(),
        )

    def _soon(self) -> datetime:
        """When an address that is being asked is asked again, should nobody hear what it says: this process may die."""
        return self._clock.now() + timedelta(seconds=confirmation.MINUTE)

    def _sealed(self, headers: Mapping[str, str], partner: str) -> str:
        return self._keyring.seal(json.dumps(dict(headers)), partner) if headers else ""

    @staticmethod
    def _once(partner: Partner, secret: str) -> dict[str, Any]:
        public = partner.keys[0].public
        return {"secret": secret} | ({"public_key": public} if public else {})

    async def change(self, partner: str, wanted: PartnerChange) -> Partner:
        """Change what is said; a new address has to confirm anew, unless the operator vouches for it."""
        if wanted.url is not None:
            await self._outbound.admit(wanted.url)
        changed = await self.partners.revise(partner, lambda known: self._fields(known, wanted))
        log.info("partner.changed", partner=partner, fields=sorted(wanted.model_fields_set))
        if changed.confirmed is None and wanted.url is not None:
            await self.confirm(partner)
        return await self.partners.get(partner)

    def _fields(self, known: Partner, wanted: PartnerChange) -> dict[str, Any]:
        limits = ("rate", "concurrency", "schedule")
        fields = {name: getattr(wanted, name) for name in wanted.model_fields_set & set(limits)}
        given = ("name", "url", "events", "filter", "version", "full", "ordered", "enabled")
        fields |= {name: getattr(wanted, name) for name in given if getattr(wanted, name) is not None}
        if "batch" in wanted.model_fields_set:
            fields["batch"] = Batching(**wanted.batch.model_dump()) if wanted.batch else None
        if fields.get("ordered", known.ordered) and fields.get("batch", known.batch):
            raise Conflict("a partner has its messages in each document's order or several in one, not both")
        if wanted.headers is not None:
            fields |= {"header_names": tuple(wanted.headers), "sealed_headers": self._sealed(wanted.headers, known.id)}
        if wanted.enabled is not None:
            fields["disabled_reason"] = None if wanted.enabled else "by the operator"
        if wanted.url not in {None, known.url}:
            fields |= {"confirmed": None, "allowed_rate": None, "asked": 0, "ask_at": self._soon()}
        if wanted.confirmed:
            fields |= {"confirmed": BY_OPERATOR, "ask_at": None}
        return fields

    async def confirm(self, partner: str) -> dict[str, Any]:
        """Ask the partner's address whether it wants our messages; `why_not` tells what is missing."""
        known = await self.partners.get(partner)
        consent = await self._confirmation.ask(known, self._clock.now())
        changed = await self.partners.revise(partner, lambda now: self._answered(known, now, consent))
        log.info("partner.asked", partner=partner, confirmed=changed.confirmed, why_not=consent.why_not or None)
        return changed.shown() | ({"why_not": consent.why_not} if changed.confirmed is None else {})

    def _answered(self, asked: Partner, known: Partner, consent: Consent) -> dict[str, Any]:
        if asked.url != known.url:  # it was another address that answered
            return {}
        if consent.by:
            return {"confirmed": consent.by, "allowed_rate": consent.rate, "ask_at": None}
        if known.confirmed is not None:
            return {}
        waits = confirmation.WAITS
        again = self._clock.now() + timedelta(seconds=waits[known.asked]) if known.asked < len(waits) else None
        return {"asked": known.asked + 1, "ask_at": again}

    async def ask_again(self) -> None:
        """Ask the addresses that have not confirmed yet, each at its time; one that hangs holds up no other."""
        now = self._clock.now()
        due = [
            partner.id
            for partner in (await self.partners.current()).values()
            if partner.confirmed is None and partner.enabled and partner.ask_at and partner.ask_at <= now
        ]
        await asyncio.gather(*(self._ask_again(partner) for partner in due[:MOST_ASKED_AT_ONCE]))

    async def _ask_again(self, partner: str) -> None:
        with suppress(NotFound):  # it was removed meanwhile
            # Others that look at the same moment see that it is being asked.
            await self.partners.change(partner, ask_at=self._soon())
            await self.confirm(partner)

    async def consented(self, word: str) -> str:
        """An address said yes at the callback; gives the partner's id. Raises NotFound."""
        known = (await self.partners.current(at_most_seconds_old=0)).get(word.partition(".")[0])
        if known is None or not same(self._confirmation.word_of(known), word):
            raise NotFound("nobody was asked with this address")
        if known.confirmed is None:
            await self.partners.change(known.id, confirmed=confirmation.CALLED_BACK, ask_at=None)
            log.info("partner.asked", partner=known.id, confirmed=confirmation.CALLED_BACK)
        return known.id

    async def rotate(self, partner: str, wanted: NewKey) -> dict[str, Any]:
        """Give a partner its next signing key, shown now and never again; the others sign along for the overlap."""
        secret, now = wanted.secret or new_secret(wanted.signing), self._clock.now()
        new = self._keyring.stored(secret, partner)
        changed = await self.partners.revise(
            partner, lambda known: {"keys": rotated(known.keys, new, now, wanted.overlap_seconds)}
        )
        log.info("partner.rotated", partner=partner, key=new.id, keys=len(changed.keys))
        return changed.shown() | self._once(changed, secret)

    async def new_token(self, partner: str) -> dict[str, str]:
        """Give a partner another token of its own, shown now and never again; the old one is void."""
        token = token_of()
        await self.partners.change(partner, token=mark_of(token))
        log.info("partner.token_made", partner=partner)
        return {"token": token}

    def sealed_elsewhere(self, partners: Iterable[Partner]) -> list[str]:
        """The names of the partners whose secrets were sealed with another key than this process has."""
        return [partner.name for partner in partners if not self._keyring.serves(partner)]

    async def seal(self) -> None:
        """Seal the secrets that were stored before there were seals."""
        for partner in (await self.partners.current()).values():
            if self._keyring.sealed_anew(partner.keys, partner.id) != partner.keys:
                await self.partners.revise(
                    partner.id, lambda known: {"keys": self._keyring.sealed_anew(known.keys, known.id)}
                )


def token_of() -> str:
    """A fresh token."""
    return "whtok_" + chance.token_urlsafe(TOKEN_BYTES)


def mark_of(token: str) -> str:
    """What is stored of a token; it has enough chance in it to need no salt."""
    return sha256(token.encode()).hexdigest()
