"""The command line: the same verbs as the library.

Exit codes, for a scheduler: 0 it is done, 2 a mistake of the user's, told in one message, 1 a bug.
"""

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from procmine.errors import ProcmineError

if TYPE_CHECKING:
    import datetime

    import pandas as pd

MISTAKE, BUG = 2, 1

app = typer.Typer(
    name="procmine",
    help="From the exports of several systems to one event log, and to where orders get stuck.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class NamesOption(StrEnum):
    """How people are shown."""

    PSEUDONYMS = "pseudonyms"
    PLAIN = "plain"


class LanguageOption(StrEnum):
    """The languages of reports."""

    EN = "en"
    ZH = "zh"


StudyArgument = Annotated[str, typer.Argument(help="A name under eventlogs/, or the folder of a study.")]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line with `arguments`, those of the process by default, and exit."""
    try:
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


@app.command()
def report(
    name: Annotated[str, typer.Argument(help="A notebook of notebooks/reports/, without its ending.")],
    *,
    study: Annotated[str, typer.Option("--study", "-s", help="A name under eventlogs/, or the folder of a study.")],
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="KEY=VALUE", help="Set a parameter; may be repeated."),
    ] = None,
    names: Annotated[NamesOption | None, typer.Option(help="How people are shown [default: pseudonyms].")] = None,
    language: Annotated[LanguageOption | None, typer.Option(help="Language of the report [default: en].")] = None,
    output: Annotated[
        Path | None, typer.Option(help="Folder to write the run to [default: outputs/<study>/<report>].")
    ] = None,
) -> None:
    """Run a report over a study: a page, its tables, the log and a manifest."""
    from procmine.report import report_parameters, run_report

    texts = _pairs(parameter or [])
    texts |= {key: str(value) for key, value in (("names", names), ("language", language)) if value is not None}
    known = report_parameters(name)
    given = {key: known[key].read(text) if key in known else text for key, text in texts.items()}
    folder = run_report(name, study=study, parameters=given, output=output)
    typer.echo(folder / "report.html")


@app.command()
def log(
    study: StudyArgument,
    *,
    xes: Annotated[Path | None, typer.Option(help="Also write the log as XES: a .xes or .xes.gz file.")] = None,
    names: Annotated[NamesOption, typer.Option(help="How people are shown in that file.")] = NamesOption.PSEUDONYMS,
) -> None:
    """Assemble the log of a study, show the account of every exported row, and where the log is stored."""
    from procmine.exchange import write_xes
    from procmine.privacy import shareable_log
    from procmine.study import open_study

    opened = open_study(study)
    _print_account(opened)
    stored = max(opened.outputs.glob("log/*/log.parquet"), key=lambda path: path.stat().st_mtime)
    typer.echo(f"Stored log: {stored}")
    if xes is not None:
        write_xes(shareable_log(opened, names=names.value), xes)
        typer.echo(f"XES: {xes}")


@app.command()
def check(study: StudyArgument) -> None:
    """Say whether a study can be used: its study.yaml, files, columns, rows set aside, and its designed flow."""
    from procmine.report import unmatched_activities
    from procmine.study import open_study

    opened = open_study(study)
    _print_account(opened)
    unmatched = unmatched_activities(opened)
    if len(unmatched):
        _print_table("Activities that only the log or only the designed flow has", unmatched)
    typer.echo(f"{opened.name} can be used.")


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

    from procmine.errors import SimulationError
    from procmine.simulate import simulate as simulated

    if no_faults and fault:
        raise SimulationError("faults are switched on and off", where="--no-faults", expected="Give one or the other")
    strengths = {} if no_faults else None if not fault else dict(_strength(text) for text in fault)
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

    from procmine.errors import SimulationError

    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise SimulationError(f"{text!r} is no day", where=option, expected="Write it as 2025-01-31") from None


def _strength(text: str) -> tuple[str, float | None]:
    from procmine.errors import SimulationError

    name, equals, number = text.partition("=")
    try:
        return name, float(number) if equals else None
    except ValueError:
        raise SimulationError(f"strength {number!r} is no number", where=f"--fault {name}") from None


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(context: typer.Context) -> None:
    """Open JupyterLab on the notebooks. What follows is handed on to it: procmine lab --no-browser."""
    import subprocess
    import tempfile

    with tempfile.TemporaryDirectory(prefix="procmine-lab-") as scratch:
        raise typer.Exit(subprocess.call(_lab_command(scratch, context.args)))


def _lab_command(checkpoints: str, arguments: Sequence[str]) -> list[str]:
    """JupyterLab on `notebooks/`, with its checkpoints outside of the project."""
    from procmine.study import project_root

    return [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={project_root() / 'notebooks'}",
        f"--FileCheckpoints.checkpoint_dir={checkpoints}",
        *arguments,
    ]


def _pairs(given: Sequence[str]) -> dict[str, str]:
    from procmine.errors import ReportError

    pairs: dict[str, str] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise ReportError(f"{text!r} is no parameter", where="--parameter", expected="Write key=value")
        if key in pairs:
            raise ReportError(f"{key} is given twice", where="--parameter", expected="Give each parameter once")
        pairs[key] = value
    return pairs


def _print_account(study: Any) -> None:
    """The ledger, what was set aside first and the most rows first, and the findings."""
    from procmine.schema import USED_ROWS

    ledger = study.ledger()
    kept = ledger["reason"].isin(USED_ROWS)
    ordered = ledger.assign(kept=kept).sort_values(["kept", "rows"], ascending=[True, False], kind="stable")
    _print_table("Every exported row", ordered.drop(columns="kept"))
    findings = study.findings()
    if len(findings):
        _print_table("To know of the data", findings)
    aside = int(ledger["rows"][~kept].sum())
    typer.echo(f"{int(ledger['rows'].sum()):,} rows read, {aside:,} set aside, {int(ledger['events'].sum()):,} events")


def _print_table(title: str, frame: "pd.DataFrame") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(title=title, title_justify="left")
    for name in frame.columns:
        numeric = frame[name].dtype.kind in "iuf"
        shown.add_column(str(name), justify="right" if numeric else "left", overflow="fold")
    for row in frame.itertuples(index=False):
        shown.add_row(*(Text(_cell(value)) for value in row))
    Console().print(shown)


def _cell(value: Any) -> str:
    import pandas as pd

    return f"{value:,}" if isinstance(value, int) else "–" if pd.isna(value) else str(value)
