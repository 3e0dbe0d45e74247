"""Columns of a log that have no value at all: told in the head of an XES file, since no event shows them."""

from pathlib import Path
from xml.parsers import expat

import ibis
from ibis.expr.types import Table, Value

from procmine.exchange.empty_columns import without_values
from procmine.exchange.xes_keys import EMPTY
from procmine.exchange.xes_parser import open_xes
from procmine.exchange.xes_types import read_value, write_value
from procmine.schema import CASE, EVENT_ATTRIBUTE, attributes

_BLOCK, _LONGEST = 1 << 16, 1 << 22
"""Bytes that are read at a time, and that a head may have: what stands behind is not looked at."""
_TYPES = ("string", "date", "int", "float", "boolean")


def empty_columns(log: Table) -> dict[str, str]:
    """The columns ``case:`` and ``event:`` of `log` that are null everywhere, and the XES type of each."""
    names = without_values(log, [*attributes(log, CASE), *attributes(log, EVENT_ATTRIBUTE)])
    return {name: write_value(log[name])[0] for name in names}


def declared_empty(path: Path) -> dict[str, Value]:
    """A null of the type of each column that the head of the XES file at `path` tells to be without values."""
    found: dict[str, Value] = {}
    parser = expat.ParserCreate()
    depth, traces = 0, False

    def began(tag: str, given: dict[str, str]) -> None:
        nonlocal depth, traces
        depth += 1
        key, kind = given.get("key", ""), given.get("value", "")
        name = key.removeprefix(EMPTY)
        if depth == 2 and name != key and name.startswith((CASE, EVENT_ATTRIBUTE)) and kind in _TYPES:
            found[name] = read_value(ibis.null("string"), kind)
        traces = traces or tag.rpartition(":")[2] in ("trace", "event")

    def ended(_tag: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler, parser.EndElementHandler = began, ended
    with open_xes(path) as file:
        read = 0
        while not traces and read < _LONGEST and (block := file.read(_BLOCK)):
            read += len(block)
            parser.Parse(block)
    return found
