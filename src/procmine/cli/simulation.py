"""The verb that simulates order flows."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from procmine.cli.options import app
from procmine.errors import SimulationError

if TYPE_CHECKING:
    import datetime


@app.command()
def simulate(
    flow: Annotated[str, typer.Argument(help="The flow to simulate.")] = "enterprise_activation",
    *,
    out: Annotated[Path, typer.Option(help="Folder to write the study to: new or empty.")],
    orders: Annotated[int, typer.Option(help="How many orders come in.")] = 1000,
    first: Annotated[str | None, typer.Option("--from", metavar="DATE", help="The first day [default: 2025].")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DATE", help="The day after the last.")] = None,
    state: Annotated[str, typer.Option(help="before or after the redesign, or both: half the time each.")] = "both",
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[=STRENGTH]", help="Switch on this fault, and only those named; may be repeated."),
    ] = None,
    no_faults: Annotated[bool, typer.Option("--no-faults", help="Switch all faults off.")] = False,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal files.")] = 7,
) -> None:
    """Simulate orders with planted faults, as the raw exports of several systems, and the truth beside them."""
    from rich.console import Console
    from rich.progress import Progress

    from procmine.simulate import simulate as simulated

    if no_faults and fault:
        raise SimulationError("faults are switched on and off", where="--no-faults", expected="Give one or the other")
    strengths = {} if no_faults else _strengths(fault or [])
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(flow, total=1.0)
        folder = simulated(
            flow,
            orders=orders,
            first=_day("--from", first),
            last=_day("--to", last),
            state=cast("Any", state),
            faults=strengths,
            seed=seed,
            folder=out,
            progress=lambda share: progress.update(bar, completed=share),
        )
    typer.echo(folder)


def _day(option: str, text: str | None) -> "datetime.date | None":
    from datetime import date

    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise SimulationError(f"{text!r} is no day", where=option, expected="Write it as 2025-01-31") from None


def _strengths(given: Sequence[str]) -> dict[str, float | None] | None:
    """The strength of each fault named, None where it is the described one; None for all where none is named."""
    strengths: dict[str, float | None] = {}
    for text in given:
        name, equals, number = text.partition("=")
        if name in strengths:
            raise SimulationError(f"fault {name} is given twice", where="--fault", expected="Give each fault once")
        try:
            strengths[name] = float(number) if equals else None
        except ValueError:
            raise SimulationError(f"strength {number!r} is no number", where=f"--fault {name}") from None
    return strengths or None
