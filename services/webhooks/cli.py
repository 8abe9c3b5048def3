"""The operator's commands for partners; those for deliveries stand in delivery_cli.py."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from services.webhooks.asking_cli import AsJson, Id, ask, print_json, print_table
from services.webhooks.delivery_cli import dead, deliveries, ledger, receive, recover, replay, resend
from services.webhooks.hub.cli import subscriptions
from shared.notices import DEFAULT_EVENTS

partners = typer.Typer(help="Who is told of what is published.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to `syndicate`."""
    app.add_typer(partners, name="partners")
    app.add_typer(subscriptions, name="subscriptions")
    for command in (deliveries, receive):
        app.command()(command)
    for more in (resend, recover, replay, dead, ledger):
        partners.command()(more)


@partners.command()
def add(
    url: Annotated[str, typer.Argument(help="Where to POST; https, unless it is within SYNDICATE_PARTNER_NETWORKS.")],
    name: Annotated[str, typer.Option(help="What you call the partner.")],
    events: Annotated[str, typer.Option(help="Event types, by commas.")] = ",".join(DEFAULT_EVENTS),
    secret: Annotated[str | None, typer.Option(help="whsec_… or whsk_…; without it one is made.")] = None,
    signing: Annotated[str, typer.Option(help="hmac or ed25519, for a secret that is made.")] = "hmac",
    subject: Annotated[list[str] | None, typer.Option(help="Only this subject; again for another.")] = None,
    keyword: Annotated[list[str] | None, typer.Option(help="Only with this keyword; again for another.")] = None,
    author: Annotated[list[str] | None, typer.Option(help="Only by this author; again for another.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="Only in this language; again for another.")] = None,
    query: Annotated[str, typer.Option(help='Only with these words: tides "high water" -sailing')] = "",
    full: Annotated[bool, typer.Option("--full", help="With the whole text.")] = False,
    ordered: Annotated[bool, typer.Option("--ordered", help="What concerns one document strictly in order.")] = False,
    rate: Annotated[float | None, typer.Option(help="Deliveries a second at most.")] = None,
    concurrency: Annotated[int | None, typer.Option(help="Deliveries at once at most.")] = None,
    confirmed: Annotated[bool, typer.Option("--confirmed", help="Vouch for the address; it is not asked.")] = False,
    as_json: AsJson = False,
) -> None:
    """Add a partner, and ask its address whether it wants messages. Secret and token are shown now and never again."""
    kinds = [kind.strip() for kind in events.split(",") if kind.strip()]
    sieve = {"subjects": subject, "keywords": keyword, "authors": author, "languages": language, "query": query}
    wanted: dict[str, Any] = {"name": name, "url": url, "events": kinds, "signing": signing, "secret": secret}
    wanted |= {"filter": {field: value for field, value in sieve.items() if value}, "full": full, "ordered": ordered}
    wanted |= {"rate": rate, "concurrency": concurrency, "confirmed": confirmed}
    partner = ask("POST", "/partners", {field: value for field, value in wanted.items() if value not in (None, {})})
    if as_json:
        return print_json(partner)
    print(f"Partner {partner['id']} ({partner['name']}) is told of {', '.join(partner['events'])}.")
    _tell_secret(partner)
    print(f"Its own token, shown only this once: {partner['token']}")
    return _tell_consent(partner)


def _tell_secret(partner: dict[str, Any]) -> None:
    print(f"Secret, shown only this once: {partner['secret']}")
    if "public_key" in partner:
        print(f"Public key: {partner['public_key']}")


def _tell_consent(partner: dict[str, Any]) -> None:
    if partner["confirmed"]:
        return print(f"Its address is confirmed ({partner['confirmed']}).")
    return print(f"Its address is not confirmed and gets nothing yet: {partner['why_not']}")


@partners.command()
def confirm(partner: Id, as_json: AsJson = False) -> None:
    """Ask a partner's address once more whether it wants messages."""
    asked = ask("POST", f"/partners/{quote(partner, safe='')}/confirm")
    return print_json(asked) if as_json else _tell_consent(asked)


@partners.command()
def rotate(
    partner: Id,
    signing: Annotated[str, typer.Option(help="hmac or ed25519.")] = "hmac",
    overlap: Annotated[
        float, typer.Option(min=0, max=604_800, help="Seconds that the present secrets stay good.")
    ] = 86_400,
    as_json: AsJson = False,
) -> None:
    """Give a partner its next secret, shown now and never again; until the overlap ends the present ones sign along."""
    wanted = {"signing": signing, "overlap_seconds": overlap}
    rotated = ask("POST", f"/partners/{quote(partner, safe='')}/secret", wanted)
    return print_json(rotated) if as_json else _tell_secret(rotated)


@partners.command(name="list")
def list_partners(as_json: AsJson = False) -> None:
    """All partners, oldest first."""
    found = ask("GET", "/partners")["partners"]
    if as_json:
        return print_json(found)
    rows = [[each["id"], each["name"], each["url"], _state(each), str(each["waiting"])] for each in found]
    return print_table(["Id", "Name", "URL", "State", "Waiting"], rows)


@partners.command()
def remove(partner: Id, as_json: AsJson = False) -> None:
    """Remove a partner, and all that was to be sent to it."""
    ask("DELETE", f"/partners/{quote(partner, safe='')}")
    if as_json:
        return print_json({"removed": partner})
    return print(f"Partner {partner} is removed.")


@partners.command(name="test")
def send_test(partner: Id, as_json: AsJson = False) -> None:
    """Send a test to a partner, the way every event goes."""
    sent = ask("POST", f"/partners/{quote(partner, safe='')}/test")
    if as_json:
        return print_json(sent)
    return print(f"Test {sent['delivery']} is on its way; see `syndicate deliveries {partner}`.")


def _state(partner: dict[str, Any]) -> str:
    if not partner["enabled"]:
        return f"disabled: {partner['disabled_reason']}"
    return "enabled" if partner["confirmed"] else "not confirmed"
