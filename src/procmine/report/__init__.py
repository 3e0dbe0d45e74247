"""Reports: a notebook, parameters and a study in; a page, tables and a manifest out. May use everything but `cli`."""

from procmine.report import reading
from procmine.report.labels import unmatched_activities
from procmine.report.moment import as_of, zone
from procmine.report.run import FailedRunError, report_parameters, reports, run_report
from procmine.report.summary import holders, open_orders, slowest_pairs
from procmine.report.tables import save_tables

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
