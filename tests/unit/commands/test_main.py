"""The command line: each command comes from the module that is loaded for it, and brings no server along."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest
import typer
import typer.main

from services.__main__ import COMMANDS
from shared.settings import ROOT

OF_THE_SERVER = {"fastapi", "uvicorn", "faststream", "numpy"}


@pytest.mark.parametrize("module", COMMANDS)
def test_a_module_brings_the_commands_that_it_is_loaded_for(module: str) -> None:
    """All of them, and no other one."""
    app = typer.Typer()
    app.callback()(lambda: None)
    import_module(module).register(app)
    found = typer.main.get_command(app)

    assert set(COMMANDS[module].split()) == set(getattr(found, "commands"))  # noqa: B009 - a group's, which its type hides


def said(*words: str) -> str:
    """What `syndicate WORDS` prints; then the names of the server's libraries that it loaded."""
    program = f"import sys, atexit; atexit.register(lambda: print('loaded:', *sorted({OF_THE_SERVER} & set(sys.modules)))); from services.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, cwd=ROOT, check=True)
    return done.stdout


@pytest.mark.parametrize("command", ["add", "status", "show", "related", "review"])
def test_a_command_loads_nothing_of_the_server(command: str) -> None:
    """That took twice as long as all the rest."""
    told = said(command, "--help")

    assert f"{command} [OPTIONS]" in told
    assert "loaded:" == told.splitlines()[-1]


def test_help_names_every_command() -> None:
    """Where none is asked for."""
    told = said("--help")

    assert [] == [name for names in COMMANDS.values() for name in names.split() if f" {name} " not in told]
