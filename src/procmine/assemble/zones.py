"""Which system a row is from, and so in which zone its times are, where they do not say it themselves."""

import ibis
from ibis.expr.types import StringValue, Table

from procmine.assemble.cell_values import time_zone, value_of
from procmine.assemble.mapping import RowEvents, Source, StudyFile


def system_of(rows: Table, source: Source) -> StringValue:
    """The system that recorded what each of `rows` says: the one that the row names, else the source's; may be null."""
    named = source.events.system if isinstance(source.events, RowEvents) else None
    return value_of(rows, named).coalesce(ibis.literal(source.system, "string"))


def parts_of_one_zone(rows: Table, source: Source, study: StudyFile) -> list[tuple[Table, Source]]:
    """`rows` in parts, each with `source` as if all of the part were of one system: that says the zone of its times.

    One part, unless rows name systems of other zones than the source's system has. A row whose system has no zone, or
    is none of the study, is in the zone of the source's system.
    """
    names_systems = isinstance(source.events, RowEvents) and source.events.system is not None
    of_source = time_zone(source, study)
    others = [name for name, system in study.systems.items() if system.time_zone not in {None, of_source}]
    if not names_systems or not others:
        return [(rows, source)]
    system = system_of(rows, source)
    rest = rows.filter(system.isnull() | system.notin(others))
    return [
        (rest, source),
        *((rows.filter(system == name), source.model_copy(update={"system": name})) for name in others),
    ]
