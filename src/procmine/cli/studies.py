"""The verbs about a study itself: draft it, check it, assemble its log."""

from pathlib import Path
from typing import Annotated

import typer

from procmine.cli.options import MISTAKE, NamesOption, StudyArgument, app, pairs
from procmine.cli.printing import print_account, print_table

_TITLES = {
    "unusable": "Cannot be used until this is put right",
    "lost": "Not in the log",
    "doubtful": "To know of the data",
}


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="The folder that holds the exports.")],
    *,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the study to make [default: see above].", show_default=False)
    ] = None,
) -> None:
    """Draft a study.yaml for a folder of exports, with the evidence for each guess beside it.

    The exports stay where they are. A folder exports/, or one that has a folder exports/, is taken for that of a study,
    and study.yaml is written beside exports/. For any other, a study of its name is made under eventlogs/, or --out,
    with a link to the folder.
    """
    from procmine.draft import MARK, draft_study

    path = draft_study(folder, out=out)
    typer.echo(path)
    marked = sum(MARK in line and not line.startswith("#") for line in path.read_text("utf-8").splitlines())
    typer.echo(f"Lines marked {MARK}: {marked}. Then: procmine check {path.parent}", err=True)


@app.command()
def check(study: StudyArgument) -> None:
    """Say all that is wrong with a study at once, in order of harm, and whether it can be used."""
    from procmine.problems import study_problems
    from procmine.project import study_folder
    from procmine.study import open_study

    problems = study_problems(study)
    stopping = [problem for problem in problems if problem.harm == "unusable"]
    if not stopping:
        print_account(open_study(study))
    for harm, title in _TITLES.items():
        told = [problem for problem in problems if problem.harm == harm]
        if told:
            typer.echo(f"\n{title} ({len(told)}):")
        for problem in told:
            typer.echo(f"  {problem}")
    name = study_folder(study).name
    if stopping:
        typer.echo(f"\n{name} cannot be used: {len(stopping)} to put right.")
        raise typer.Exit(MISTAKE)
    typer.echo(f"\n{name} can be used.")


@app.command()
def log(
    study: StudyArgument,
    *,
    xes: Annotated[Path | None, typer.Option(help="Also write the log as XES: a .xes or .xes.gz file.")] = None,
    ocel: Annotated[Path | None, typer.Option(help="As OCEL 2.0: a .json or .sqlite file.")] = None,
    objects: Annotated[
        list[str] | None,
        typer.Option(
            "--object",
            metavar="TYPE=COLUMN",
            help="A type of objects in the OCEL file beside orders, and the column of the log with their keys, "
            "such as customer=case:customer; may be repeated.",
        ),
    ] = None,
    parquet: Annotated[Path | None, typer.Option(help="As a table of events: a .parquet file.")] = None,
    csv: Annotated[Path | None, typer.Option(help="As a table to look at in a spreadsheet: a .csv file.")] = None,
    names: Annotated[NamesOption, typer.Option(help="How people are shown in these files.")] = NamesOption.PSEUDONYMS,
) -> None:
    """Assemble the log of a study, show the account of every exported row, and where the log is stored.

    Only what the study lists under personal is shown as pseudonyms: list the keys of objects that may not be known.
    """
    from procmine.errors import LogError
    from procmine.exchange import write_events, write_ocel, write_xes
    from procmine.privacy import shareable_log
    from procmine.study import open_study

    kinds = pairs(objects or [], option="--object", what="type of objects", form="TYPE=COLUMN")
    if kinds and ocel is None:
        raise LogError("objects are for an OCEL file, and none is asked for", where="--object", expected="Add --ocel")
    for path, option, ending in ((parquet, "--parquet", ".parquet"), (csv, "--csv", ".csv")):
        if path is not None and path.suffix.lower() != ending:
            raise LogError(f"{path} is no {ending} file", where=option, expected=f"A name ending in {ending}")
    opened = open_study(study)
    print_account(opened)
    findings = opened.findings()
    if len(findings):
        print_table("To know of the data", findings)
    stored = max(opened.outputs.glob("log/*/log.parquet"), key=lambda path: path.stat().st_mtime)
    typer.echo(f"Stored log: {stored}")
    if not (xes or ocel or parquet or csv):
        return
    shared = shareable_log(opened, names=names.value)
    if xes is not None:
        typer.echo(f"XES: {write_xes(shared, xes)}")
    if ocel is not None:
        typer.echo(f"OCEL: {write_ocel(shared, ocel, objects=kinds)}")
    for path, form in ((parquet, "Parquet"), (csv, "CSV")):
        if path is not None:
            typer.echo(f"{form}: {write_events(shared, path)}")
