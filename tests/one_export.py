"""One export, read by itself: the cells of its rows, and the rows that could not be read."""

from contextlib import ExitStack
from pathlib import Path

from procmine import engine
from procmine.assemble.mapping import Source
from procmine.assemble.reading import read_export
from procmine.assemble.rows import CELL, LINE, ROW, TEXT, UNREAD


def read_one(folder: Path, name: str, content: str | bytes, *columns: str, **options: str):
    """The cells of each row; and of those that could not be read: number, line, problem, text."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    source = Source.model_validate({"file": name, "keys": {"order": "no"}, **options})
    with ExitStack() as scratch:
        table = read_export(path, source, columns or ("no",), scratch)
        frame = engine.collect(table.order_by(ROW)).astype(object)
    frame = frame.where(frame.notna(), None)
    assert list(frame[ROW]) == list(range(1, len(frame) + 1))
    cells = frame[[f"{CELL}{column}" for column in columns or ("no",)]]
    wrong = frame.loc[frame[UNREAD].notna(), [ROW, LINE, UNREAD, TEXT]]
    return [*cells.itertuples(index=False, name=None)], [*wrong.itertuples(index=False, name=None)]
