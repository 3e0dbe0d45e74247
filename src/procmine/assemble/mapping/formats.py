"""The formats of exports: how a file's name tells its format, and which keys of a source fit which format."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Literal, get_args

Format = Literal["csv", "tsv", "json_lines", "json", "excel", "parquet", "sqlite", "duckdb", "postgresql", "xes"]
FORMATS: tuple[Format, ...] = get_args(Format)

_ENDINGS: dict[str, Format] = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".jsonl": "json_lines",
    ".ndjson": "json_lines",
    ".json": "json",
    ".xlsx": "excel",
    ".xlsm": "excel",
    ".xlsb": "excel",
    ".xls": "excel",
    ".ods": "excel",
    ".parquet": "parquet",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
    ".db": "sqlite",
    ".duckdb": "duckdb",
    ".xes": "xes",
}
_PACKED: tuple[Format, ...] = ("csv", "tsv", "json_lines", "json", "xes")
"""Formats whose files may be compressed, with `.gz` after the ending."""
_KEYS: dict[str, tuple[Format, ...]] = {
    "encoding": ("csv", "tsv", "json_lines", "json"),
    "delimiter": ("csv", "tsv"),
    "header_row": ("csv", "tsv", "excel"),
    "sheet": ("excel",),
    "table": ("sqlite", "duckdb", "postgresql", "json"),
    "database": ("postgresql",),
    "file": tuple(form for form in FORMATS if form != "postgresql"),
}
_NEEDED: dict[Format, tuple[str, ...]] = {"postgresql": ("database", "table")}


def with_format(given: dict[str, Any]) -> dict[str, Any]:
    """The keys of a source as `study.yaml` has them, completed by its `format` and by what that means for others.

    Errors: `ValueError` where no format is known for the file, or a key does not fit the format.
    """
    file = given.get("file")
    form = given.get("format") or ("postgresql" if "database" in given else _format_of(file))
    if form is None:
        raise ValueError(f"the ending of {file!r} tells no format; add format: one of {', '.join(FORMATS)}")
    if form in FORMATS:
        problem = next(_misfits(form, {key for key, value in given.items() if value is not None}), None)
        if problem:
            raise ValueError(problem)
    tab = {"delimiter": "\t"} if form == "tsv" else {}
    return {**tab, **given, "format": form}


def _format_of(file: object) -> Format | None:
    if not isinstance(file, str):
        return "csv"
    endings = PurePosixPath(file.lower()).suffixes
    if endings[-1:] == [".gz"]:
        form = _ENDINGS.get(endings[-2]) if len(endings) > 1 else None
        return form if form in _PACKED else None
    return _ENDINGS.get(endings[-1]) if endings else None


def _misfits(form: Format, given: set[str]) -> Iterator[str]:
    for key, fitting in _KEYS.items():
        if key in given and form not in fitting:
            yield f"{key!r} does not fit the format {form}, only {', '.join(fitting)}"
    for key in _NEEDED.get(form, ("file",)):
        if key not in given:
            yield f"a source of format {form} needs {key!r}"
