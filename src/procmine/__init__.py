"""procmine: from the exports of several systems to one event log, and to where orders get stuck.

>>> import procmine as pm
>>> log = pm.open_study("enterprise_activation").log()
>>> pm.measure.follows(log).limit(1).to_pandas()["count"].item()
1045
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from procmine import exchange, filters, measure, mine, privacy, report, show
    from procmine.draft import draft_study
    from procmine.errors import ProcmineError
    from procmine.exchange import read_events, read_ocel, read_xes, write_events, write_ocel, write_xes
    from procmine.problems import study_problems
    from procmine.report import run_report
    from procmine.study import Study, open_study

_PLACES = {
    "ProcmineError": "errors",
    "Study": "study",
    "draft_study": "draft",
    "open_study": "study",
    "read_events": "exchange",
    "read_ocel": "exchange",
    "read_xes": "exchange",
    "run_report": "report",
    "study_problems": "problems",
    "write_events": "exchange",
    "write_ocel": "exchange",
    "write_xes": "exchange",
}
"""The module of each public name; loaded at its first use, so that `procmine --help` does not wait for pm4py."""

__all__ = [
    "ProcmineError",
    "Study",
    "draft_study",
    "exchange",
    "filters",
    "measure",
    "mine",
    "open_study",
    "privacy",
    "read_events",
    "read_ocel",
    "read_xes",
    "report",
    "run_report",
    "show",
    "study_problems",
    "write_events",
    "write_ocel",
    "write_xes",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'procmine' has no attribute {name!r}")
    if name in _PLACES:
        return getattr(importlib.import_module(f"procmine.{_PLACES[name]}"), name)
    return importlib.import_module(f"procmine.{name}")


def __dir__() -> list[str]:
    return __all__
