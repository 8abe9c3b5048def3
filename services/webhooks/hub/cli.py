"""The operator's commands for WebSub subscriptions."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

import typer

from services.webhooks.asking_cli import AsJson, ask, print_json, print_table

subscriptions = typer.Typer(help="Who is subscribed to feeds by WebSub.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="Its id, as `subscriptions list` shows it.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many, the oldest first.")]


@subscriptions.command(name="list")
def list_subscriptions(limit: Limit = 1_000, as_json: AsJson = False) -> None:
    """All subscriptions, oldest first."""
    found = ask("GET", f"/hub/subscriptions?limit={limit}")
    if as_json:
        return print_json(found)
    print_table(
        ["Id", "Topic", "Callback", "Until", "Signed", "Waiting"], [_row(each) for each in found["subscriptions"]]
    )
    return print(f"{found['count']} in all, {found['asked']} callbacks to be asked.")


@subscriptions.command()
def show(subscription: Id, as_json: AsJson = False) -> None:
    """One subscription."""
    found = ask("GET", _at(subscription))
    if as_json:
        return print_json(found)
    return print_table(
        ["Field", "Value"], [[name, "" if value is None else str(value)] for name, value in found.items()]
    )


@subscriptions.command()
def remove(subscription: Id, as_json: AsJson = False) -> None:
    """End a subscription; its callback is told (hub.mode=denied)."""
    ask("DELETE", _at(subscription))
    return print_json({"removed": subscription}) if as_json else print(f"Subscription {subscription} is ended.")


def _at(subscription: str) -> str:
    return f"/hub/subscriptions/{quote(subscription, safe='')}"


def _row(each: dict[str, Any]) -> list[str]:
    signed = each["algorithm"] if each["signed"] else "no"
    return [each["id"], each["topic"], each["callback"], each["until"], signed, str(each["waiting"])]
