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
    wanted = Columns(columns)
    sifted = Sifted(path, delimiter=",", width=len(columns), scratch=scratch)
    way = _way(plain, path, source)
    with _opened(plain, path, source) as stream, sifted:
        for _here in _reached(stream, way):
            for item in stream.items():
                cells, problem = wanted.cells(item)
                if problem is None and text.is_too_long("".join(cells)):
                    problem = TOO_LONG
                if problem is None:
                    sifted.add_cells(cells)
                else:
                    sifted.refuse(problem, line=stream.line, stands=_stands(item))
        stream.end()
    places = {column: place for place, column in enumerate(columns)}
    table = sifted.table(places, advice="The rows of a JSON document are a list of objects")
    if wanted.unseen and sifted.rows:
        raise MissingColumnError(wanted.unseen[0], wanted.others, where=path, among=" in any object")
    return table


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
        if stream.peek() == "[":
            if source.table is not None:
                raise ExportError("the document is a list itself", where=path, expected="Leave table out in study.yaml")
            return []
        if stream.peek() != "{":
            raise ExportError("there is no list of objects in it", where=path)
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
