"""The command line: the same verbs as the library.

Exit codes, for a scheduler: 0 it is done, 2 a mistake of the user's, told in one message, 1 a bug, 128 and more
a signal that ended it.
"""

from collections.abc import Sequence
from typing import Annotated

import typer

from procmine.cli import lab, reports, simulation, studies
from procmine.cli.options import BUG, MISTAKE, app
from procmine.cli.stopping import stopped_by_signals
from procmine.errors import ProcmineError

__all__ = ["app", "lab", "main", "reports", "simulation", "studies"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line with `arguments`, those of the process by default, and exit."""
    try:
        with stopped_by_signals():
            app(args=None if arguments is None else list(arguments))
    except ProcmineError as error:
        typer.echo(f"procmine: {error}", err=True)
        raise SystemExit(_exit_code(error)) from None


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
