"""JSON documents: a list of objects, or an object in which such a list stands, as services answer with."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ibis.expr.types import Table

from procmine.assemble.mapping import Source
from procmine.assemble.reading import text
from procmine.assemble.reading.json_cells import DECODER, Columns, json_of
from procmine.assemble.reading.presence import MissingColumnError, the_table
from procmine.assemble.reading.sifted import Sifted
from procmine.assemble.reasons import TOO_LONG
from procmine.errors import ExportError
from procmine.exchange.json_stream import BrokenJsonError, JsonStream

_DEEPEST = 3
"""How many objects, one in the other, are looked into for a list."""
_LONGEST = 1 << 26
"""Characters that a value may have, an item of the list or what stands beside it."""


def read(path: Path, source: Source, columns: Sequence[str], scratch: ExitStack) -> Table:
    """The values of the objects in the list at `path`, as `json_cells.Columns` says; what an object has not is null.

    Where the document is an object, the source's `table` is the way to the list in it, `data.rows`; it may be left out
    where there is only one. An item that is no object, has what no text can hold, or cells over `LONGEST_ROW`
    together, is a row without cells, as `Sifted` says.

    Errors: `ExportError` for a file that is missing, or no whole document of JSON in its encoding; without such a list,
    or with several and none named; of which more than half of the items cannot be read; and where no item has one of
    `columns`.
    """
    plain = text.unpacked(path, scratch)
    rows = None if source.table is None else _named(source.table, plain, path, source, _Rows(path, columns, scratch))
    if rows is None:
        way = _way(plain, path, source)
        rows = _Rows(path, columns, scratch)
        with _opened(plain, path, source) as stream, rows.sifted:
            for _here in _reached(stream, way):
                rows.take(stream)
            stream.end()
    return rows.table()


class _Rows:
    """The rows that are made of the items of a list."""

    def __init__(self, path: Path, columns: Sequence[str], scratch: ExitStack) -> None:
        self.sifted = Sifted(path, delimiter=",", width=len(columns), scratch=scratch)
        self.are_objects = False
        """Whether there is an object among the items."""
        self._path, self._columns = path, Columns(columns)

    def take(self, stream: JsonStream) -> None:
        """The items of the list that comes next."""
        for item in stream.items():
            self.are_objects = self.are_objects or isinstance(item, dict)
            cells, problem = self._columns.cells(item)
            if problem is None and text.is_too_long("".join(cells)):
                problem = TOO_LONG
            if problem is None:
                self.sifted.add_cells(cells)
            else:
                self.sifted.refuse(problem, line=stream.line, stands=_stands(item))

    def table(self) -> Table:
        places = {column: place for place, column in enumerate(self._columns.ways)}
        table = self.sifted.table(places, advice="The rows of a JSON document are a list of objects")
        if self._columns.unseen and self.sifted.rows:
            raise MissingColumnError(
                self._columns.unseen[0], self._columns.others, where=self._path, among=" in any object"
            )
        return table


def _named(name: str, plain: Path, path: Path, source: Source, rows: _Rows) -> _Rows | None:
    """`rows` of the list called `name`; None where there is no such list of objects, or where two have the name."""
    ways = set()
    with _opened(plain, path, source) as stream, rows.sifted:
        _require_list(stream, path, source)
        for way in _called(stream, name):
            ways.add(way)
            rows.take(stream)
        stream.end()
    return rows if len(ways) == 1 and (rows.are_objects or not rows.sifted.rows) else None


@contextmanager
def _opened(plain: Path, path: Path, source: Source) -> Iterator[JsonStream]:
    advice = "Export it again, whole, and in smaller values"
    try:
        with text.opened(plain, source.encoding, strict=True) as file:
            stream = JsonStream(file, decoder=DECODER, longest=_LONGEST)
            if stream.peek() == "{":
                advice += "; of a file with an object a line, the format is json_lines"
            yield stream
    except UnicodeDecodeError as error:
        raise ExportError(
            f"bytes that are not {source.encoding}", where=path, expected="Name the file's encoding in study.yaml"
        ) from error
    except BrokenJsonError as error:
        raise ExportError(
            f"this cannot be read as JSON: {error.found}",
            where=f"{path}, character {error.character}",
            expected=advice,
        ) from error


def _way(plain: Path, path: Path, source: Source) -> list[str]:
    """The keys that lead to the list of rows; none where the document itself is that list."""
    with _opened(plain, path, source) as stream:
        _require_list(stream, path, source)
        if stream.peek() == "[":
            return []
        lists = [*_lists(stream, deepest=_DEEPEST)]
        stream.end()
    filled = [way for way, objects in lists if objects]
    ways: dict[str, list[str]] = {}
    for way in filled if source.table is None and filled else [way for way, _objects in lists]:
        if ways.setdefault(".".join(way), way) != way:
            raise ExportError(
                f"two lists are called {'.'.join(way)!r}", where=path, expected="Export them by other keys"
            )
    return ways[the_table(source.table, ways, path)]


def _require_list(stream: JsonStream, path: Path, source: Source) -> None:
    if stream.peek() not in {"[", "{"}:
        raise ExportError("there is no list of objects in it", where=path)
    if stream.peek() == "[" and source.table is not None:
        raise ExportError("the document is a list itself", where=path, expected="Leave table out in study.yaml")


def _lists(stream: JsonStream, *, deepest: int) -> Iterator[tuple[list[str], bool]]:
    """The ways to the lists in the object that comes next which have objects, or nothing at all; and which of both."""
    for key in stream.members():
        if stream.peek() == "{" and deepest > 1:
            yield from (([key, *inner], objects) for inner, objects in _lists(stream, deepest=deepest - 1))
        elif stream.peek() == "[":
            kinds = {type(item) for item in stream.items()}
            if dict in kinds or not kinds:
                yield [key], dict in kinds
        else:
            stream.value()


def _called(stream: JsonStream, name: str, *above: str) -> Iterator[tuple[str, ...]]:
    """The way to each list called `name` in the object that comes next, where the list is what comes next."""
    for key in stream.members():
        way = (*above, key)
        if stream.peek() == "[" and ".".join(way) == name:
            yield way
        elif stream.peek() == "{" and len(way) < _DEEPEST and name.startswith(".".join(way) + "."):
            yield from _called(stream, name, *way)
        else:
            stream.value()


def _reached(stream: JsonStream, way: Sequence[str]) -> Iterator[None]:
    """Once, where the value at the end of `way` comes next; whoever takes it reads it before going on."""
    if not way:
        yield
        return
    for key in stream.members():
        if key == way[0]:
            yield from _reached(stream, way[1:])
        else:
            stream.value()


def _stands(item: Any) -> str:
    """What the item says; halves of characters, which no file can hold, as escapes."""
    try:
        return json_of(item).encode(errors="backslashreplace").decode()
    except RecursionError:
        return "a value that is nested too deeply to be shown"
