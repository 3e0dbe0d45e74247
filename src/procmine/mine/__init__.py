"""Discovery, the designed flow, and conformance. May use `measure`, `engine`, `schema`; pm4py and r4pm only here."""

from procmine.mine.check import Check, Unmatched
from procmine.mine.checking import UncheckedWarning, conformance
from procmine.mine.diagram import Edge, Node
from procmine.mine.discovery import Model, discover
from procmine.mine.flow import Flow, read_flow
from procmine.mine.quality import Quality

__all__ = [
    "Check",
    "Edge",
    "Flow",
    "Model",
    "Node",
    "Quality",
    "UncheckedWarning",
    "Unmatched",
    "conformance",
    "discover",
    "read_flow",
]
