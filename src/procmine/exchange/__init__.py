"""XES in and out; depends on `assemble.sequence`, `engine`, `schema` and `errors` only."""

from procmine.exchange.lifecycle import SetAsideWarning
from procmine.exchange.xes_read import MergedTracesWarning, read_xes
from procmine.exchange.xes_write import write_xes

__all__ = ["MergedTracesWarning", "SetAsideWarning", "read_xes", "write_xes"]
