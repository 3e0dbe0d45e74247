"""What is known of each order as a whole: its attributes and its status."""

from collections.abc import Mapping

import ibis
import ibis.expr.datatypes as dt
from ibis import _
from ibis.expr.types import Table

from procmine.assemble.cell_values import attribute, attribute_type, column_of
from procmine.assemble.mapping import Source, StatusRules, StudyFile
from procmine.assemble.reasons import BEFORE_WINDOW
from procmine.assemble.rows import CELL, ORDER
from procmine.schema import CASE, STATUS

SEVERAL = "several "
"""Before the name of an attribute: whether the rows of the order disagree about it."""


def order_table(study: StudyFile, found: Mapping[str, Table], events: Table, values: Table | None) -> Table:
    """One row per order that has an event: `case_id`, its `case:` attributes, and `case:status` where rules are given.

    `values` is what `attribute_values` gives. Status is the first that holds of: cut (events before the observation
    window were set aside), the meaning of the order's status attribute, cancelled, finished, open.
    """
    orders = events.select("case_id").distinct()
    if values is not None:
        given = values.drop(name for name in values.columns if name.startswith(SEVERAL))
        orders = orders.left_join(given, "case_id").drop("case_id_right")
    return orders if study.status is None else _with_status(orders, study.status, found, events)


def attribute_values(study: StudyFile, rows: Mapping[str, Table]) -> Table | None:
    """One row per order: `case_id`, its `case:` attributes, and for each of them `several <name>`, a boolean.

    An attribute's value comes from the first source in the study that has one for the order. Where the rows of that
    source disagree it is the smallest, so that the order of rows in an export decides nothing. None where no source
    declares an attribute.
    """
    declared = {
        f"{CASE}{name}": attribute_type(cell)
        for source in study.sources.values()
        for name, cell in source.order_attributes.items()
    }
    telling = {name: source for name, source in study.sources.items() if source.order_attributes}
    parts = [_of_source(rows[name], source, study, declared) for name, source in telling.items()]
    if len(parts) < 2:
        return parts[0] if parts else None
    together = ibis.union(*(part.mutate(place=ibis.literal(place)) for place, part in enumerate(parts)))
    return together.group_by("case_id").agg(
        **{column: _[column].argmin(_.place, where=_[column].notnull()) for column in declared},
        **{
            f"{SEVERAL}{column}": _[f"{SEVERAL}{column}"].any() | (_[column].min() != _[column].max()).fill_null(False)
            for column in declared
        },
    )


def _of_source(rows: Table, source: Source, study: StudyFile, declared: Mapping[str, dt.DataType]) -> Table:
    """What one source says of each order: the columns of `attribute_values`."""
    given = {f"{CASE}{name}": cell for name, cell in source.order_attributes.items()}
    used = {CELL + column_of(cell) for cell in given.values()}
    texts = rows.filter(_[ORDER].notnull()).select(*sorted(used), case_id=ORDER).distinct()
    values = texts.select(
        "case_id", **{column: attribute(texts, cell, source, study) for column, cell in given.items()}
    )
    lowest = values.group_by("case_id").agg(
        **{column: _[column].min() for column in given},
        **{f"{SEVERAL}{column}": (_[column].min() != _[column].max()).fill_null(False) for column in given},
    )
    return lowest.select(
        "case_id",
        **{column: lowest[column] if column in given else ibis.null(kind) for column, kind in declared.items()},
        **{
            f"{SEVERAL}{column}": lowest[f"{SEVERAL}{column}"] if column in given else ibis.literal(False)
            for column in declared
        },
    )


def _with_status(orders: Table, rules: StatusRules, found: Mapping[str, Table], events: Table) -> Table:
    reached = events.group_by("case_id").agg(
        cancelled=_.count(where=_.activity.isin(rules.cancelled)) > 0,
        finished=_.count(where=_.activity.isin(rules.finished)) > 0,
    )
    early = [table.filter(_.problem == BEFORE_WINDOW).select("case_id") for table in found.values()]
    cut = ibis.union(*early).distinct()
    marked = orders.join(reached, "case_id").left_join(cut, "case_id").mutate(cut=_.case_id_right.notnull())
    stated = (
        []
        if rules.attribute is None
        else [
            (marked[f"{CASE}{rules.attribute}"].cast("string") == value, meaning)
            for value, meaning in rules.values.items()
        ]
    )
    status = ibis.cases(
        (marked.cut, "cut"), *stated, (marked.cancelled, "cancelled"), (marked.finished, "finished"), else_="open"
    )
    return marked.select(*orders.columns, **{STATUS: status})
