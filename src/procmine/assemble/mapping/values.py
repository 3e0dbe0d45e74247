"""What a value in `study.yaml` may be: zones, encodings, paths, forms of times."""

import datetime
import re
import zoneinfo
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator


def _known_zone(name: str) -> str:
    if name not in zoneinfo.available_timezones():
        raise ValueError(f"no time zone {name!r}; use an IANA name such as Asia/Shanghai or UTC")
    return name


def _known_encoding(name: str) -> str:
    try:
        b"a".decode(name, errors="replace")
    except (LookupError, UnicodeError):
        raise ValueError(f"no encoding {name!r}; use utf-8, gb18030, latin-1 or another that Python knows") from None
    return name


def inside(path: str) -> str:
    """`path` itself where it stays inside of the study's folder."""
    parts = PurePosixPath(path.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or ":" in path:
        raise ValueError(f"{path!r} leaves the study; give a path inside its folder")
    return path


def export_path(path: str) -> str:
    """`path` itself where it is a file inside of the study's folder, or a pattern of such files.

    In a pattern ``*`` stands for any signs in a name, ``?`` for one, ``**`` for any folders; ``[`` is just a sign.
    """
    parts = PurePosixPath(inside(path)).parts
    for place, part in enumerate(parts, 1):
        if "**" in part and (part != "**" or place == len(parts)):
            raise ValueError(f"** stands for folders, in {part!r} it does not; write it as in crm/**/orders_*.csv")
    return path


def is_pattern(path: str) -> bool:
    """Whether a path stands for all files that match it."""
    return "*" in path or "?" in path


def _known_format(form: str) -> str:
    if form in COUNTED:
        return form
    if "%" not in form:
        raise ValueError(f"no directive in {form!r}; write it as in %Y-%m-%d %H:%M:%S%z, or as {', '.join(COUNTED)}")
    for directive in re.findall(r"%-?.?", form):
        if not re.fullmatch(r"%([aAbBcdfgGHIjmMnpSuUVwWxXyYzZ%]|-[dHIjmMSy])", directive):
            raise ValueError(f"no directive {directive!r} in a time format; write it as in %Y-%m-%d %H:%M:%S%z")
    return form


def _a_name(name: str) -> str:
    if not name.strip():
        raise ValueError("a name belongs here, and it is empty")
    return name


def _a_date(given: object) -> object:
    if isinstance(given, str) and given.isdigit():
        raise ValueError("not a date or time; write it as 2024-01-31 or 2024-01-31T08:00:00+08:00")
    return given


EXCEL = "excel"
COUNTED = ("epoch_s", "epoch_ms", "epoch_us", EXCEL)
"""Times that are numbers: seconds, milliseconds or microseconds since the beginning of 1970 in UTC, or days as a
spreadsheet counts them, which state no zone."""

NOTHING = (
    *(
        "NULL",
        "Null",
        "null",
        "(NULL)",
        "(null)",
        "<NULL>",
        "<null>",
        "[NULL]",
        "[null]",
        "\\N",
        "None",
        "NaN",
        "nan",
        "NaT",
    ),
    *("#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#DIV/0!"),
)
"""What databases, programs and spreadsheets write into a cell for nothing."""

Zone = Annotated[str, AfterValidator(_known_zone)]
TimeFormat = Annotated[str, AfterValidator(_known_format)]
Encoding = Annotated[str, AfterValidator(_known_encoding)]
Name = Annotated[str, AfterValidator(_a_name)]
InnerPath = Annotated[str, AfterValidator(inside)]
Day = Annotated[datetime.datetime | datetime.date | None, BeforeValidator(_a_date)]
AttributeType = Literal["string", "integer", "number", "boolean", "time"]
