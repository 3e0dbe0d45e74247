"""Which columns of an export the mapping of its source uses, and which its rows would give nothing without."""

from procmine.assemble.mapping.forms import Attribute, Cell, ColumnEvents, RowEvents, StatusEvents, TimeColumn
from procmine.assemble.mapping.source import Source


def columns_read(source: Source) -> list[str]:
    """The columns of the export that the mapping of `source` uses, each once."""
    used = [*source.keys.values(), *source.newest, *_columns(source.line)]
    for form in source.forms:
        used += [form.timestamp, *_columns(form.department, form.resource, form.start, *form.attributes.values())]
        if isinstance(form, RowEvents):
            used += _columns(form.activity, form.system, form.sequence)
        elif isinstance(form, StatusEvents):
            used += _columns(form.status, form.sequence)
    used += _columns(*source.order_attributes.values())
    return list(dict.fromkeys(used))


def columns_needed(source: Source) -> list[list[str]]:
    """Groups of columns of which every export of `source` has one at least.

    A source of one export needs all that it reads. Of several, an older one may lack what came later: attributes,
    departments, one of several keys or of several times; but not what its rows would give nothing without.
    """
    if not source.has_files:
        return [[column] for column in columns_read(source)]
    keys = [*source.keys.values()]
    groups = [[key] for key in keys] if source.is_link else [keys]
    groups += [[column] for column in source.newest]
    if isinstance(source.events, ColumnEvents):
        groups.append([form.timestamp for form in source.forms])
    for form in source.forms:
        if not isinstance(form, TimeColumn):
            what = form.activity if isinstance(form, RowEvents) else form.status
            groups += [[column] for column in (form.timestamp, *_columns(what))]
    return groups


def time_columns(source: Source) -> list[str]:
    """The columns of the export that hold the times of events."""
    return [column for form in source.forms for column in (form.timestamp, form.start) if column]


def _columns(*cells: Cell | Attribute | None) -> list[str]:
    named = [given.column if isinstance(given, Attribute) else given for given in cells]
    return [column for column in named if isinstance(column, str)]
