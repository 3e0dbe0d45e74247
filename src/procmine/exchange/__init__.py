"""XES, OCEL 2.0, Parquet and CSV, in and out; depends on `sequencing`, `engine`, `schema` and `errors` only."""

from procmine.exchange.lifecycle import SetAsideWarning
from procmine.exchange.ocel import read_ocel, write_ocel
from procmine.exchange.ocel_account import FlatteningWarning
from procmine.exchange.tables import read_events, write_events
from procmine.exchange.xes_read import MergedTracesWarning, read_xes
from procmine.exchange.xes_write import write_xes

__all__ = [
    "FlatteningWarning",
    "MergedTracesWarning",
    "SetAsideWarning",
    "read_events",
    "read_ocel",
    "read_xes",
    "write_events",
    "write_ocel",
    "write_xes",
]
