"""What the text of cells says: times in their zones, and attributes with the types declared for them."""

from typing import cast

import ibis
import ibis.expr.datatypes as dt
from ibis.expr.types import StringValue, Table, TimestampValue, Value

from procmine.assemble.mapping import Attribute, AttributeType, Cell, Constant, Source, StudyFile
from procmine.assemble.rows import cell
from procmine.assemble.times import clock
from procmine.schema import TIME

_TYPES: dict[AttributeType, dt.DataType] = {
    "string": dt.string,
    "integer": dt.int64,
    "number": dt.float64,
    "boolean": dt.boolean,
    "time": TIME,
}
TIME_CELL = r"^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d(\.\d{3})?([+-]\d\d:\d\d)?)?$"
"""A cell of a workbook that holds a time, and not a text: just as `reading.cell_text` writes it."""
_WHOLE = r"^[+-]?\d+(\.0*)?$"
_NUMBER = r"^[+-]?(\d|\.\d)"


def time_zone(source: Source, study: StudyFile) -> str | None:
    """The zone of the source's times that carry no offset, where its system declares one."""
    return study.systems[source.system].time_zone if source.system else None


def time_of(text: StringValue, source: Source, study: StudyFile) -> TimestampValue:
    """A time of the source, UTC, as its clock had it; null where it does not read.

    A cell of a workbook that holds a time, and not a text, needs no format: it is of the form `TIME_CELL` by then. A
    text of just that form cannot be told from it.
    """
    form, zone = source.time_format, time_zone(source, study)
    moment = clock.moment(text, form=form, zone=zone)
    if form is None or source.format != "excel" or (zone is None and clock.has_offset(form)):
        return moment
    of_cell = text.re_search(TIME_CELL).ifelse(clock.moment(text, form=None, zone=zone), ibis.null(TIME))
    return cast(TimestampValue, moment.coalesce(of_cell))


def value_of(rows: Table, given: Cell | None) -> StringValue:
    """What the mapping takes from a column, or says for all rows; null where it says nothing."""
    if given is None:
        return ibis.null("string")
    return ibis.literal(given.value) if isinstance(given, Constant) else cell(rows, given)


def attribute(rows: Table, given: str | Attribute, source: Source, study: StudyFile) -> Value:
    """An attribute's value with its declared type; null where it is empty or does not read as that type."""
    if isinstance(given, str):
        return cell(rows, given)
    text = cell(rows, given.column)
    if given.type == "time":
        return time_of(text, source, study)
    if given.type == "integer":
        return whole(text)
    if given.type == "number":
        return text.re_search(_NUMBER).ifelse(text, ibis.null("string")).try_cast("float64")
    return text.try_cast(_TYPES[given.type])


def attribute_type(given: str | Attribute) -> dt.DataType:
    """The column type that an attribute is declared with."""
    return dt.string if isinstance(given, str) else _TYPES[given.type]


def column_of(given: str | Attribute) -> str:
    """The column that holds an attribute."""
    return given if isinstance(given, str) else given.column


def whole(text: StringValue) -> Value:
    """A whole number, also where it is written 7.0; null where it is none."""
    return text.re_search(_WHOLE).ifelse(text.re_replace(r"\.0*$", ""), ibis.null("string")).try_cast("int64")
