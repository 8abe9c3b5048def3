"""A partner to look at: an inbox of our own at /demo/inbox, told like any other partner."""

from __future__ import annotations

import asyncio

from services.webhooks.keyring import Keyring, new_secret
from services.webhooks.partner import Partner
from services.webhooks.partners import Partners
from services.webhooks.receiver import Inbox
from services.webhooks.signing import Proof, proof_of
from shared.errors import NotFound
from shared.host import Host
from shared.notices import EVENTS, VERSION

ID = "demo-inbox"
NAME = "Demo inbox"
PATH = "/demo/inbox"


def install_demo(host: Host) -> None:
    """Put up the inbox and make it a partner; 127.0.0.0/8 must be among the partners' networks."""
    partners, keyring = Partners(host.redis, host.key), Keyring.of(host.settings)

    async def keys() -> list[Proof]:
        known = (await partners.current()).get(ID)
        return [proof_of(keyring.secret(key.sealed, ID)) for key in known.keys] if known else []

    async def register() -> None:
        await ensure(partners, keyring, host)
        await asyncio.Event().wait()

    inbox = Inbox(keys)
    host.web.add_route(PATH, inbox.take, methods=["POST"], include_in_schema=False)
    host.web.add_route(PATH, inbox.show, methods=["GET"], include_in_schema=False)
    host.background("webhooks.demo", register)


async def ensure(partners: Partners, keyring: Keyring, host: Host) -> None:
    """Make the partner if it is not there, and see that it points at this port."""
    url = f"http://127.0.0.1:{host.settings.port}{PATH}"
    try:
        if (await partners.get(ID)).url != url:
            await partners.change(ID, url=url)
    except NotFound:
        key, created = keyring.stored(new_secret("hmac"), ID), host.clock.now()
        # It is ourselves: nobody has to be asked.
        await partners.add(
            Partner(id=ID, name=NAME, url=url, keys=(key,), events=EVENTS, version=VERSION, created_at=created)
        )
