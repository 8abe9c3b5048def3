"""No form of an address, no name, no header and no message gets a partner further than it may go."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
from ipaddress import ip_network
from typing import Any

import pytest
from pydantic import ValidationError

from services.webhooks.outbound import Outbound
from services.webhooks.requests import NewPartner
from shared.addresses import AddressRejected
from tests.integration.webhooks.room import LOOPBACK, Room, receiver, turn_until_settled

V4 = """
127.0.0.1 127.1 127.0.1 0x7f.1 0x7f000001 2130706433 017700000001 0177.0.0.1 0x7f.0x0.0x0.0x1 127.0.0.1. 0 0.0.0.0 0x0
127.255.255.254 10.0.0.1 10.255.255.255 0xa.1 167772161 100.64.0.1 169.254.169.254 0xa9fea9fe 2852039166 172.16.0.1
172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.3 192.168.0.1 0xc0a80001 3232235521 198.18.0.1 198.51.100.7 203.0.113.9
224.0.0.1 240.0.0.1 255.255.255.255 168.63.129.16 localhost localhost. LOCALHOST ip6-localhost
""".split()  # noqa: SIM905 - a table is read better than a list
V6 = """
::1 :: ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1 64:ff9b::7f00:1
64:ff9b::a00:1 64:ff9b:1::7f00:1 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 2002:7f00:1:: 2002:a00:1::
3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 febf::1 fec0::1 ff02::1 ff0e::1
""".split()  # noqa: SIM905 - as above
FORMS = [
    *V4,
    *(f"[{address}]" for address in V6),
    "reader@127.0.0.1",
    "example.com@127.0.0.1",
    "127.0.0.1%2f@127.0.0.1",
]


@pytest.mark.parametrize("allowed", [(), (ip_network("198.51.100.0/24"),)], ids=["none", "another"])
async def test_no_form_reaches_the_canary(allowed: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty and more forms, dialled at the canary's port; no socket is connected at all."""
    connected: list[object] = []

    async def connect(_: object, __: socket.socket, address: object) -> None:
        connected.append(address)
        raise ConnectionRefusedError

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(type(loop), "sock_connect", connect)
    outbound = Outbound(allowed, total_seconds=5)
    # A network that is allowed on purpose is none of these forms' business.
    forms = [form for form in FORMS if not (allowed and "198.51.100" in form)]
    told = {form: await outbound.post(f"http://{form}:9/", b"", {}) for form in forms}
    await outbound.close()

    assert len(set(FORMS)) >= 60
    assert [] == connected
    assert {None} == {answer.status for answer in told.values()}


async def test_a_name_that_flips_is_judged_at_the_dial(monkeypatch: pytest.MonkeyPatch) -> None:
    """Public when it is looked up for registration, loopback when it is dialled."""
    answers = ["8.8.8.8", "127.0.0.1", "127.0.0.1"]

    def flips(host: str, port: int | None, *_: object, **__: object) -> list[Any]:
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port or 0))]

    async with receiver(200) as canary:
        monkeypatch.setattr(socket, "getaddrinfo", flips)
        outbound = Outbound((), total_seconds=5)
        await outbound.admit("https://rebinding.example/")
        answers[:] = ["127.0.0.1"]
        answer = await outbound.post(canary.url.replace("127.0.0.1", "rebinding.example"), b"", {})
        await outbound.close()

    assert (None, "address refused: loopback", []) == (answer.status, answer.error, canary.heard)


async def test_strangers_names_are_looked_up_by_nobody_elses_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names whose servers do not answer hold up neither Redis nor reading; where no http is allowed none is looked up at all."""
    asked: list[tuple[str, str]] = []

    def note(host: str, port: int | None, *_: object, **__: object) -> list[Any]:
        asked.append((host, threading.current_thread().name))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port or 0))]

    monkeypatch.setattr(socket, "getaddrinfo", note)
    outside, inside = Outbound(()), Outbound(LOOPBACK)
    with pytest.raises(AddressRejected, match="needs https"):
        await outside.admit("http://slow.example/")
    await inside.admit("http://here.example/")
    for outbound in (outside, inside):
        await outbound.close()

    assert [("here.example", "lookup")] == [(host, thread.partition("_")[0]) for host, thread in asked]


async def test_a_public_address_is_dialled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard blocks nothing that is public; no packet leaves."""
    dialled: list[str] = []

    async def connect(_: object, __: socket.socket, address: tuple[str, int]) -> None:
        dialled.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(type(asyncio.get_running_loop()), "sock_connect", connect)
    public = [
        "1.1.1.1",
        "8.8.8.8",
        "11.0.0.1",
        "100.63.255.255",
        "172.32.0.1",
        "192.169.0.1",
        "198.20.0.1",
        "223.255.255.255",
    ]
    public += ["2001:4860:4860::8888", "2606:4700:4700::1111", "2620:fe::fe", "2a00:1450:4001:81b::200e"]
    outbound = Outbound((), total_seconds=5)
    for address in public:
        await outbound.post(f"https://{f'[{address}]' if ':' in address else address}/", b"", {})
    await outbound.close()

    assert public == dialled


RESERVED = [
    "webhook-id",
    "Webhook-Signature",
    "svix-id",
    "ce-type",
    "Host",
    "content-length",
    "Transfer-Encoding",
    "user-agent",
]


@pytest.mark.parametrize("name", RESERVED)
def test_a_partners_own_headers_override_nothing(name: str) -> None:
    """Those of the protocols are ours."""
    with pytest.raises(ValidationError):
        NewPartner(name="A", url="https://p.example/", headers={name: "x"})


def test_ten_thousand_random_headers_are_refused_or_one_line() -> None:
    """What gets through can end no line and begin no other header."""
    chance = random.Random(1)
    alphabet = "aZ09-_: \r\n\t\0\x7fé\u2028"
    for _ in range(10_000):
        name = "".join(chance.choices(alphabet, k=chance.randrange(1, 6)))
        value = "".join(chance.choices(alphabet, k=chance.randrange(6)))
        try:
            made = NewPartner(name="A", url="https://p.example/", headers={name: value})
        except ValidationError:
            continue
        line = "".join(f"{key}: {text}" for key, text in made.headers.items())

        assert line.isascii()
        assert not set("\r\n\0") & set(line)


async def test_own_headers_are_sent_and_rest_sealed(room: Room) -> None:
    """A partner behind a gateway gets the word that it wants, and Redis does not know it."""
    partner = await room.receiver(204)
    sealed = room.keyring.seal('{"Authorization": "Bearer geheim"}', "harbour")
    await room.partner(partner.url, sealed_headers=sealed, header_names=("Authorization",))
    await room.notify("harbour")
    await turn_until_settled(room.pump(), room)
    stored = await room.redis.hgetall(room.key("webhooks", "partners"))

    assert "Bearer geheim" == partner.heard[0].headers["authorization"]
    assert b"geheim" not in stored[b"harbour"]


@pytest.mark.parametrize("path", ["/a?b=c&d=%20e", "/ü/ñ?q=é", "/%2e%2e/x", "/a;b,c=1"])
async def test_a_path_arrives_as_it_was_meant(path: str) -> None:
    """Query and all, percent-encoded where the wire wants it."""
    async with receiver(200) as partner:
        outbound = Outbound(LOOPBACK, total_seconds=5)
        answer = await outbound.post(partner.url.replace("/hook", path), b"x", {})
        await outbound.close()

    assert (200, 1) == (answer.status, len(partner.heard))


@pytest.mark.parametrize("url", ["https://p.example/\r\nX: y", "https://p.example/ x", "http://a\x00b/"])
async def test_an_address_injects_nothing(url: str) -> None:
    """It is refused before it is dialled."""
    with pytest.raises(AddressRejected):
        await Outbound(LOOPBACK).admit(url)
