"""The attributes of an object-centric log as columns, with the types of a log."""

from dataclasses import dataclass

from ibis.expr.types import Table, Value

from procmine import engine
from procmine.exchange.ocel_names import INITIAL
from procmine.exchange.ocel_parts import OcelParts
from procmine.exchange.xes_types import one_type, read_value


@dataclass(frozen=True)
class Wide:
    """A table with a column for each key: `columns` gives the name of the column, and its type as XES calls it."""

    table: Table
    columns: dict[str, tuple[str, str]]

    def values(self, table: Table) -> dict[str, Value]:
        """The values of each key in `table`, into which this one was joined."""
        return {key: read_value(table[name], kind) for key, (name, kind) in self.columns.items()}


def event_values(parts: OcelParts) -> Wide:
    """The rows of `event_values` with timestamp, the time that their text says."""
    rows = parts.event_values
    table = rows.table.mutate(timestamp=read_value(rows.table.time, "date"))
    declared = {name: one_type(parts.types_of_events.get(name, ())) for name in rows.columns}
    return Wide(table, _fitting(table, {name: (column, declared[name]) for name, column in rows.columns.items()}))


def latest_values(parts: OcelParts, object_type: str, cases: Table, scratch: engine.Scratch) -> Wide:
    """One row an object of `cases` that has attributes: case (its number), and the last value of each attribute.

    The table lives as long as `scratch`.
    """
    declared = parts.types_of_objects.get(object_type, {})
    values = parts.owned(parts.object_values, parts.objects).rename(case="owner").semi_join(cases, "case")
    since = read_value(values.time.fill_null(INITIAL), "date")
    names = list(dict.fromkeys([*declared, *_names(values)]))
    table = values.group_by("case").aggregate(
        **{
            f"c{place}": values.value.last(where=values.name == name, order_by=[since, values.number])
            for place, name in enumerate(names)
        }
    )
    types = {name: (f"c{place}", declared.get(name, "string")) for place, name in enumerate(names)}
    latest = scratch.materialized(table)
    return Wide(latest, _fitting(latest, types))


def keys_by_type(related: Table, by: tuple[str, ...], prefix: str, between: str) -> Wide:
    """One row for each of `by`: the keys of the related objects of each type, sorted, with `between` between two.

    `related` has the columns of `by`, type and key.
    """
    kinds = sorted(engine.collect(related.select("type").distinct())["type"])
    names = {kind: f"{prefix}{place}" for place, kind in enumerate(kinds)}
    table = related.group_by(*by).aggregate(
        **{
            name: related.key.group_concat(between, where=related.type == kind, order_by=related.key)
            for kind, name in names.items()
        }
    )
    return Wide(table, {kind: (name, "string") for kind, name in names.items()})


def _names(values: Table) -> list[str]:
    return sorted(engine.collect(values.select("name").distinct())["name"])


def _fitting(table: Table, columns: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """`columns`, and as text where a value does not fit its type."""
    typed = {key: told for key, told in columns.items() if told[1] != "string"}
    if not typed:
        return columns
    unfit = table.aggregate(
        **{
            name: (table[name].notnull() & read_value(table[name], kind).isnull()).any()
            for name, kind in typed.values()
        }
    )
    found = engine.collect_arrow(unfit).to_pylist()[0]
    return {key: (name, "string" if found.get(name) else kind) for key, (name, kind) in columns.items()}
