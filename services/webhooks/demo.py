"""A partner to look at: an inbox of our own at /demo/inbox, told like any other partner."""

from __future__ import annotations

import asyncio
import secrets as chance

from pydantic import SecretStr

from services.webhooks.partners import Partner, Partners
from services.webhooks.receiver import Inbox
from services.webhooks.signing import SECRET_BYTES, secret_of
from shared.errors import NotFound
from shared.host import Host
from shared.notices import EVENTS

ID = "demo-inbox"
NAME = "Demo inbox"
PATH = "/demo/inbox"


def install_demo(host: Host) -> None:
    """Put up the inbox and make it a partner; 127.0.0.0/8 must be among the partners' networks."""
    partners = Partners(host.redis, host.key)

    async def keys() -> list[bytes]:
        known = (await partners.current()).get(ID)
        return known.keys() if known else []

    async def register() -> None:
        await ensure(partners, host)
        await asyncio.Event().wait()

    inbox = Inbox(keys)
    host.web.add_route(PATH, inbox.take, methods=["POST"], include_in_schema=False)
    host.web.add_route(PATH, inbox.show, methods=["GET"], include_in_schema=False)
    host.background("webhooks.demo", register)


async def ensure(partners: Partners, host: Host) -> None:
    """Make the partner if it is not there, and see that it points at this port."""
    url = f"http://127.0.0.1:{host.settings.port}{PATH}"
    try:
        if (await partners.get(ID)).url != url:
            await partners.change(ID, url=url)
    except NotFound:
        secret = SecretStr(secret_of(chance.token_bytes(SECRET_BYTES)))
        created = host.clock.now()
        await partners.add(Partner(id=ID, name=NAME, url=url, secrets=(secret,), events=EVENTS, created_at=created))
