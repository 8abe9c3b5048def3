"""The composition root: `syndicate`, or `python -m services [SERVICE…]`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

import typer
from pydantic import ValidationError

from services import FLOW
from shared.errors import SyndicateError

COMMANDS: Mapping[str, str] = {
    "services.commands.up": "up",
    "services.commands.status": "status",
    "services.ingest.cli": "add show retract set-subject backup restore export",
    "services.classifier.cli": "subjects",
    "services.related.cli": "related",
    "services.feeds.cli": "review feeds",
    "services.webhooks.cli": "partners subscriptions deliveries receive",
    "services.commands.letters": "dead",
}
"""What brings which commands. Only what is asked for is loaded: all of it takes a second."""

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
    words = sys.argv[1:]
    bare = sys.argv[0].endswith("__main__.py") and not words
    if bare or _starts_services(words):
        sys.argv.insert(1, "up")
    register(sys.argv[1:])
    try:
        app()
    except ValidationError as error:
        _tell_settings(error)
        sys.exit(1)
    except SyndicateError as error:
        print(error.detail, file=sys.stderr)  # noqa: T201 - before any console
        sys.exit(1)


@app.callback()
def syndicate() -> None:
    """Keeps the name of a command a word of its own, also where only one was registered."""


def register(words: Sequence[str]) -> None:
    """Add the command that these words begin with; all of them where they begin with none."""
    asked = [module for module, names in COMMANDS.items() if words and words[0] in names.split()]
    for module in asked or COMMANDS:
        import_module(module).register(app)


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
