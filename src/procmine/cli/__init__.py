"""The command line: the same verbs as the library.

Exit codes, for a scheduler: 0 it is done, 2 a mistake of the user's, told in one message, 1 a bug, 128 and more
a signal that ended it.
"""

import signal
import threading
from collections.abc import Sequence
from typing import Annotated

import typer

from procmine.cli import lab, reports, simulation, studies
from procmine.cli.options import BUG, MISTAKE, app
from procmine.errors import ProcmineError

SIGNALLED = 128
"""What shells add to the number of the signal that ended a command."""

__all__ = ["app", "lab", "main", "reports", "simulation", "studies"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line with `arguments`, those of the process by default, and exit."""
    for ending in (signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])):
        if threading.current_thread() is threading.main_thread():
            signal.signal(ending, _stop)
    try:
        app(args=None if arguments is None else list(arguments))
    except ProcmineError as error:
        typer.echo(f"procmine: {error}", err=True)
        raise SystemExit(_exit_code(error)) from None


def _stop(number: int, _frame: object) -> None:
    """End as an exception does, so that nothing half-written stays behind."""
    raise SystemExit(SIGNALLED + number)


def _exit_code(error: ProcmineError) -> int:
    from procmine.report import FailedRunError

    return BUG if isinstance(error, FailedRunError) else MISTAKE


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"procmine {version('procmine')}")
        raise typer.Exit


@app.callback()
def procmine(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """From the exports of several systems to one event log, and to where orders get stuck."""
