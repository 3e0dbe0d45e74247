"""Reports: a notebook, parameters and a study in; a page, tables and a manifest out. May use everything but `cli`.

A name's module is loaded at its first use: a kernel is on its way before what takes seconds to load is.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from procmine.report import reading
    from procmine.report.labels import unmatched_activities
    from procmine.report.moment import as_of, zone
    from procmine.report.notebooks import report_parameters, reports
    from procmine.report.run import FailedRunError, run_report
    from procmine.report.summary import holders, open_orders, slowest_pairs
    from procmine.report.tables import save_tables

_PLACES = {
    "FailedRunError": "run",
    "as_of": "moment",
    "holders": "summary",
    "open_orders": "summary",
    "report_parameters": "notebooks",
    "reports": "notebooks",
    "run_report": "run",
    "save_tables": "tables",
    "slowest_pairs": "summary",
    "unmatched_activities": "labels",
    "zone": "moment",
}

__all__ = [
    "FailedRunError",
    "as_of",
    "holders",
    "open_orders",
    "reading",
    "report_parameters",
    "reports",
    "run_report",
    "save_tables",
    "slowest_pairs",
    "unmatched_activities",
    "zone",
]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(importlib.import_module(f"procmine.report.{_PLACES[name]}"), name)
    if name == "reading":
        return importlib.import_module("procmine.report.reading")
    raise AttributeError(f"module 'procmine.report' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
