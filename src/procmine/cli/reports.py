"""The verb that runs a report."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from procmine.cli.options import LanguageOption, NamesOption, app, pairs


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
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    # jsonschema, which Jupyter brings, would spend a second on a grammar of web addresses that no notebook needs.
    from procmine.report import report_parameters, run_report

    texts = pairs(parameter or [], option="--parameter", what="parameter")
    texts |= {key: str(value) for key, value in (("names", names), ("language", language)) if value is not None}
    known = report_parameters(name)
    given = {key: known[key].read(text) if key in known else text for key, text in texts.items()}
    folder = run_report(name, study=study, parameters=given, output=output)
    typer.echo(folder / "report.html")
