"""The operator's and the partner's commands for deliveries: look, send again, replay, export, receive."""

from __future__ import annotations

import json
import secrets as chance
import sys
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

import typer
import uvicorn

from services.webhooks.asking_cli import AsJson, Id, ask, print_json, print_table
from services.webhooks.receiver import Inbox, receiver
from services.webhooks.signing import SECRET_BYTES, Proof, proof_of, secret_of

Since = Annotated[datetime, typer.Option(help="A moment in UTC: 2026-01-31T12:00:00.")]


def deliveries(
    partner: Id,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """A partner's newest deliveries: what became of each attempt, and when the next one is due."""
    found = ask("GET", f"/partners/{quote(partner, safe='')}/deliveries?limit={limit}")["deliveries"]
    if as_json:
        return print_json(found)
    return print_table(["Delivery", "Type", "Created", "State", "Attempts", "Last", "Next"], list(map(_row, found)))


def resend(
    partner: Id, delivery: Annotated[str, typer.Argument(help="The delivery's id.")], as_json: AsJson = False
) -> None:
    """Send one delivery again, under the same id."""
    sent = ask("POST", f"{_at(partner)}/deliveries/{quote(delivery, safe='')}/resend")
    return print_json(sent) if as_json else print(f"Delivery {delivery}: {sent['verdict']}.")


def recover(partner: Id, since: Since, as_json: AsJson = False) -> None:
    """Send again everything that was given up since a moment."""
    sent = ask("POST", f"{_at(partner)}/recover", {"since": _moment(since)})
    return print_json(sent) if as_json else print(f"{sent['resent']} deliveries are on their way again.")


def replay(
    partner: Id,
    since: Annotated[datetime | None, typer.Option(help="A moment in UTC: 2026-01-31T12:00:00.")] = None,
    until: Annotated[datetime | None, typer.Option(help="A moment in UTC.")] = None,
    events: Annotated[str, typer.Option(help="Event types, by commas.")] = "",
    subject: Annotated[list[str] | None, typer.Option(help="Only this subject; again for another.")] = None,
    query: Annotated[str, typer.Option(help="Only with these words.")] = "",
    rate: Annotated[float, typer.Option(help="Events a second.")] = 100,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send events of the ledger again, by a query; `--dry-run` tells how many."""
    wanted: dict[str, Any] = {"rate": rate, "dry_run": dry_run}
    wanted |= {name: _moment(at) for name, at in (("since", since), ("until", until)) if at}
    sieve = {"subjects": subject, "query": query}
    wanted["filter"] = {name: value for name, value in sieve.items() if value}
    if kinds := [kind.strip() for kind in events.split(",") if kind.strip()]:
        wanted["events"] = kinds
    told = ask("POST", f"{_at(partner)}/replays", wanted)
    if as_json:
        return print_json(told)
    return print(f"{told['events']} events would be sent." if dry_run else f"Replay {told['id']} is {told['state']}.")


def dead(partner: Id, as_json: AsJson = False) -> None:
    """How many deliveries were given up, by their cause."""
    causes = ask("GET", f"{_at(partner)}/dead")["causes"]
    if as_json:
        return print_json(causes)
    return print_table(["Cause", "Deliveries"], [[cause, str(count)] for cause, count in causes.items()])


def ledger(partner: Id) -> None:
    """Every delivery that is remembered, a line of JSON each, oldest first: for reconciling."""
    for line in ask("GET", f"{_at(partner)}/ledger"):
        print(json.dumps(line, ensure_ascii=False))


def receive(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 9000,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    secret: Annotated[str | None, typer.Option(help="whsec_…; without it one is made and shown.")] = None,
) -> None:
    """Be a partner: verify what comes in and print a line of JSON for each new delivery."""
    if not secret:
        secret = secret_of(chance.token_bytes(SECRET_BYTES))
        print(f"syndicate partners add http://{host}:{port}/ --name Receiver --secret {secret}", file=sys.stderr)
    key = proof_of(secret)

    async def keys() -> list[Proof]:
        return [key]

    app = receiver(Inbox(keys, heard=lambda record: print(json.dumps(record, ensure_ascii=False), flush=True)))
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False)


def _at(partner: str) -> str:
    return f"/partners/{quote(partner, safe='')}"


def _moment(at: datetime) -> str:
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()


def _row(delivery: dict[str, Any]) -> list[str]:
    tries = delivery["attempts"]
    last = tries[-1] if tries else {}
    told = str(last.get("status") or last.get("error") or "")
    waits = delivery["next_attempt_at"] or ""
    return [delivery["id"], delivery["type"], delivery["created_at"], delivery["state"], str(len(tries)), told, waits]
