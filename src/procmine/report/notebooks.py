"""The reports that there are, the notebooks of `notebooks/reports/`, and what each lets a caller set."""

import json
from pathlib import Path
from typing import Any

from procmine.errors import ReportError, nearest
from procmine.project import project_root
from procmine.report.parameters import GIVEN, Parameter, declared

REPORTS = Path("notebooks") / "reports"


def reports() -> dict[str, Path]:
    """The reports that there are: name and notebook."""
    return {path.stem: path for path in sorted((project_root() / REPORTS).glob("*.ipynb"))}


def report_parameters(name: str) -> dict[str, Parameter]:
    """The parameters that a caller can set of the report `name`, by their names."""
    known = all_parameters(find(name))
    return {own: parameter for own, parameter in known.items() if own not in GIVEN}


def find(name: str) -> Path:
    """The notebook of the report `name`; a `ReportError` with the nearest name where there is none."""
    known = reports()
    if name not in known:
        raise ReportError(f"no report {name!r}", where=project_root() / REPORTS, expected=nearest(name, known))
    return known[name]


def all_parameters(notebook: Path) -> dict[str, Parameter]:
    """The parameters that `notebook` declares, those that `run_report` sets included.

    Errors: `ReportError` for a file that is no notebook, and those of `declared`.
    """
    try:
        cells: list[Any] = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise ReportError("not a notebook", where=notebook, expected="A Jupyter notebook of format 4") from error
    return declared(cells, notebook)
