"""Read a workbook as a study does: its rows, or why it is refused."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from procmine import engine
from procmine.assemble.mapping import Source
from procmine.assemble.reading import excel
from procmine.assemble.rows import CELL, ROW
from procmine.errors import ExportError


def read(path: Path, *columns: str, **options: object) -> list[tuple[object, ...]]:
    """The rows that are read: number, then cells."""
    source = Source.model_validate({"file": path.name, "format": "excel", "keys": {"order": "no"}, **options})
    with ExitStack() as scratch:
        table = excel.read(path, source, columns, scratch)
        assert table.columns == (*(CELL + name for name in columns), ROW)
        rows = engine.collect_arrow(table).to_pylist()
    return [(row[ROW], *(row[CELL + name] for name in columns)) for row in rows]


def refusal(path: Path, *columns: str, **options: object) -> str:
    with pytest.raises(ExportError) as caught:
        read(path, *(columns or ("no",)), **options)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert len(message) < 500
    return message
