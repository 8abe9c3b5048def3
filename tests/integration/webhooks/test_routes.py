"""Operators have the say over partners, strangers have none, and a secret is shown once."""

from __future__ import annotations

import asyncio
import json

import pytest
from pydantic import SecretStr

from shared.client import Client, ProblemReceived
from tests.integration.webhooks.process import process, settled
from tests.integration.webhooks.room import SECRET, receiver, until


async def test_a_secret_is_shown_once(redis_url: str, capfd: pytest.CaptureFixture[str]) -> None:
    """No list, no change, no error and no log line has a secret again."""
    async with receiver(500) as partner, process(redis_url) as host, Client(host.settings) as client:
        _, added = await client.request("POST", "/partners", json={"name": "A", "url": partner.url, "secret": SECRET})
        here = f"/partners/{added['id']}"
        later = [
            await client.request("GET", "/partners"),
            await client.request("GET", here),
            await client.request("PATCH", here, json={"name": "B"}),
            await client.request("POST", here + "/test"),
            await client.request("GET", here + "/deliveries"),
        ]
        for body in ({"url": "https://p.example", "secret": SECRET}, {"name": "A", "url": "x", "secret": SECRET + "!"}):
            with pytest.raises(ProblemReceived) as caught:
                await client.request("POST", "/partners", json=body)
            later.append((caught.value.status, caught.value.body))
    output = capfd.readouterr()

    assert added["secret"] == SECRET
    assert SECRET.removeprefix("whsec_") not in f"{later} {output.out} {output.err}"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/partners", {"name": "A"}, 422, "bad-field"),
        ("POST", "/partners", {"name": "A", "url": "https://p.example", "admin": True}, 422, "bad-field"),
        ("POST", "/partners", {"name": "A", "url": "https://p.example", "secret": "geheim"}, 422, "bad-secret"),
        ("POST", "/partners", {"name": "A", "url": "ftp://p.example"}, 422, "bad-url"),
        ("POST", "/partners", {"name": "A", "url": "https://10.0.0.1/"}, 422, "address-refused"),
        ("POST", "/partners", {"name": "A", "url": "http://8.8.8.8/"}, 422, "https-required"),
        ("POST", "/partners", {"name": "A" * 20_000, "url": "https://p.example"}, 422, "bad-field"),
        ("GET", "/partners/nobody", None, 404, "not-found"),
        ("PATCH", "/partners/nobody", {"name": "B"}, 404, "not-found"),
        ("DELETE", "/partners/nobody", None, 404, "not-found"),
        ("POST", "/partners/nobody/test", None, 404, "not-found"),
        ("GET", "/partners/nobody/deliveries", None, 404, "not-found"),
        ("POST", "/partners/nobody/deliveries/msg_1/resend", None, 404, "not-found"),
    ],
)
async def test_what_does_not_fit_is_a_problem(
    redis_url: str, method: str, path: str, body: object, status: int, code: str
) -> None:
    """Each with its own code, and nothing is stored."""
    async with process(redis_url) as host, Client(host.settings) as client:
        with pytest.raises(ProblemReceived) as caught:
            await client.request(method, path, json=body)
        _, found = await client.request("GET", "/partners")

    assert (caught.value.status, caught.value.code, found) == (status, code, {"partners": []})


@pytest.mark.parametrize("path", ["", "/x", "/x/deliveries"])
async def test_only_the_operator_passes(redis_url: str, path: str) -> None:
    """Partners are not shown to those without the token."""
    async with process(redis_url) as host:
        stranger = host.settings.model_copy(update={"token": SecretStr("guessed")})
        async with Client(stranger) as client:
            with pytest.raises(ProblemReceived) as caught:
                await client.request("GET", "/partners" + path)

    assert caught.value.status == 401


async def test_a_partners_life(redis_url: str) -> None:
    """Disabled, it is told nothing and cannot be tested; enabled again it is; a delivery is sent again; removed, it is gone."""
    async with receiver(200) as partner, process(redis_url) as host, Client(host.settings) as client:
        _, added = await client.request("POST", "/partners", json={"name": "A", "url": partner.url})
        here = f"/partners/{added['id']}"
        _, disabled = await client.request("PATCH", here, json={"enabled": False})
        with pytest.raises(ProblemReceived, match="disabled"):
            await client.request("POST", here + "/test")
        await client.request("PATCH", here, json={"enabled": True})
        _, tested = await client.request("POST", here + "/test")
        await settled(client, added["id"])
        _, again = await client.request("POST", f"{here}/deliveries/{tested['delivery']}/resend")
        await until(lambda: len(partner.heard) == 2)
        status, _ = await client.request("DELETE", here)
        _, left = await client.request("GET", "/partners")

    assert (disabled["enabled"], disabled["disabled_reason"]) == (False, "by the operator")
    assert (again["verdict"], status, left) == ("resent", 204, {"partners": []})
    assert partner.ids == [tested["delivery"]] * 2


async def test_a_test_that_waits_takes_the_form_of_the_day(redis_url: str) -> None:
    """Whoever changes to another version, or to the whole text, before it goes is not sent an empty body."""
    async with receiver(500, 500, 204) as partner, process(redis_url) as host, Client(host.settings) as client:
        wanted = {"name": "A", "url": partner.url, "version": 1, "full": True, "schedule": [0, 3_600, 3_600]}
        _, added = await client.request("POST", "/partners", json=wanted)
        here = f"/partners/{added['id']}"
        _, test = await client.request("POST", here + "/test")
        for heard, form in ((1, {"version": 2}), (2, {"version": 1, "full": False})):
            await until(lambda heard=heard: len(partner.heard) == heard)  # type: ignore[misc]
            await client.request("PATCH", here, json=form)
            await _hurried(client, f"{here}/deliveries/{test['delivery']}")
        await until(lambda: len(partner.heard) == 3)

    assert ["1", "2", "1"] == ["12"["specversion" in json.loads(heard.body)] for heard in partner.heard]


async def _hurried(client: Client, delivery: str) -> None:
    """Send it again as soon as its attempt is over."""
    async with asyncio.timeout(10):
        while (await client.request("POST", delivery + "/resend"))[1]["verdict"] != "hurried":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
