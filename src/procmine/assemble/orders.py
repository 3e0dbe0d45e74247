"""What is known of each order as a whole: its attributes and its status."""

from collections.abc import Mapping

import ibis
from ibis import _
from ibis.expr.types import Table

from procmine.assemble import events as ev
from procmine.assemble.mapping import StudyFile
from procmine.schema import CASE, STATUS


def order_table(study: StudyFile, found: Mapping[str, Table], rows: Mapping[str, Table], events: Table) -> Table:
    """One row per order that has an event: `case_id`, its `case:` attributes, and `case:status` where rules are given.

    An attribute is the first value found: by the sources' order in the study, then by the row in the export. Status is
    the first that holds of: cut (events before the observation window were set aside), cancelled, finished, open.
    """
    orders = events.select("case_id").distinct()
    given = _attributes(study, found, rows)
    if given is not None:
        orders = orders.left_join(given, "case_id").drop("case_id_right")
    if study.status is not None:
        orders = orders.left_join(_status(study, found, events), "case_id").drop("case_id_right")
    return orders


def _attributes(study: StudyFile, found: Mapping[str, Table], rows: Mapping[str, Table]) -> Table | None:
    declared = {
        name: ev.attribute_type(cell)
        for source in study.sources.values()
        for name, cell in source.order_attributes.items()
    }
    parts = []
    for place, (name, source) in enumerate(study.sources.items()):
        if source.order_attributes:
            own = found.get(name, rows[name])
            values = ev.order_attributes(own, source, study) if name not in found else {}
            kept = own.filter(_.case_id.notnull()).mutate(**values)
            absent = {f"{CASE}{other}": ibis.null(kind) for other, kind in declared.items()}
            columns = {column: kept[column] if column in kept.columns else null for column, null in absent.items()}
            parts.append(kept.select("case_id", first=_.source_row + (place << 40), **columns))
    if not parts:
        return None
    together = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return together.group_by("case_id").agg(**{f"{CASE}{name}": _[f"{CASE}{name}"].argmin(_.first) for name in declared})


def _status(study: StudyFile, found: Mapping[str, Table], events: Table) -> Table:
    rules = study.status
    assert rules is not None
    reached = events.group_by("case_id").agg(
        cancelled=_.activity.isin(rules.cancelled).any(), finished=_.activity.isin(rules.finished).any()
    )
    early = [table.filter(_.problem == ev.BEFORE_WINDOW).select("case_id") for table in found.values()]
    cut = ibis.union(*early, distinct=True) if len(early) > 1 else early[0].distinct()
    marked = reached.left_join(cut, "case_id").mutate(cut=_.case_id_right.notnull())
    status = ibis.cases((_.cut, "cut"), (_.cancelled, "cancelled"), (_.finished, "finished"), else_="open")
    return marked.select("case_id", **{STATUS: status})
