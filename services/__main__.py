"""The composition root: `syndicate`, or `python -m services [SERVICE…]`."""

from __future__ import annotations

import sys
from importlib import import_module

import typer
from pydantic import ValidationError

from services import FLOW
from services.commands import letters, up
from shared.errors import SyndicateError

app = typer.Typer(
    name="syndicate",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Documents in; classified, related, in feeds and delivered to partners out. Nothing lost, nothing twice.",
    epilog="Start with: syndicate up --demo   then: syndicate add FILE",
)


def main() -> None:
    """Run a command; bare service names start those services, no words at all start everything."""
    up.register(app)
    for service in ("ingest", "classifier", "related", "feeds", "webhooks"):
        import_module(f"services.{service}.cli").register(app)
    letters.register(app)
    words = sys.argv[1:]
    bare = sys.argv[0].endswith("__main__.py") and not words
    if bare or _starts_services(words):
        sys.argv.insert(1, "up")
    try:
        app()
    except ValidationError as error:
        _tell_settings(error)
        sys.exit(1)
    except SyndicateError as error:
        print(error.detail, file=sys.stderr)  # noqa: T201 - before any console
        sys.exit(1)


def _starts_services(words: list[str]) -> bool:
    """`feeds` and `related webhooks` start services; `feeds check` and `related ID` are commands."""
    first, second = [*words, "", ""][:2]
    if first == "related":
        return not second or second in FLOW or (second.startswith("-") and second != "--help")
    return first in FLOW and (first, second) != ("feeds", "check")


def _tell_settings(error: ValidationError) -> None:
    """Name each environment variable that does not fit, and why; never its value, which may be a secret."""
    for fault in error.errors(include_input=False, include_url=False):
        name = str(fault["loc"][0]).upper() if fault["loc"] else ""
        print(f"Cannot start: SYNDICATE_{name}: {fault['msg'].removeprefix('Value error, ')}", file=sys.stderr)  # noqa: T201 - before any console


if __name__ == "__main__":
    main()
