"""All checks of one study: those that always run, and those that it declares."""

import pandas as pd
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.assembled import Assembled
from procmine.assemble.findings import belonging, cells, deliveries, expected, keys, labels, times
from procmine.assemble.findings.finding import collected
from procmine.assemble.lineage import by_source


def data_quality(assembled: Assembled) -> pd.DataFrame:
    """What a reader of the log should know of it, in the shape of `finding`: no row where all is well.

    Exports of one source are looked at together, and `source` is what the study calls them.
    """
    study, exports = assembled.study, assembled.exports
    log, events = (by_source(table, study, exports) for table in (assembled.log, assembled.events))
    usual = _profile(log)
    found = [
        times.single_events(log, usual),
        times.ties(events, log),
        times.captured_by_form(log),
        times.collateral(log, usual),
        times.calendar(times.day_profile(log)),
        *cells.of_exports(study, assembled.standing, assembled.identity.rows),
        *cells.several_values(assembled.values, assembled.orders),
        *cells.missing(log, usual, declared=[] if study.expect is None else study.expect.filled_columns),
        *cells.hidden_times(log),
        *deliveries.of_deliveries(study, assembled.read, exports),
        *([deliveries.restated(log)] if any(len(own) > 1 for own in exports.values()) else []),
        *belonging.elusive(study, assembled.standing, assembled.ledger),
        *belonging.scattered(log, study),
        *belonging.undeclared(log, study),
        belonging.idle_rules(study, set(usual["activity"])),
        *keys.doubtful(study, assembled.identity),
        *labels.doubtful(log, usual),
    ]
    if study.expect is not None:
        found += expected.findings(log, study.expect, study.personal_columns)
    return collected(found)


def _profile(log: Table) -> pd.DataFrame:
    """By source, activity and department: `events`, how many are `with_` each optional column, and are `instant`."""
    counted = log.group_by("source", "activity", "department").agg(
        events=_.count(),
        with_resource=_.resource.count(),
        with_department=_.department.count(),
        with_start=_.start.count(),
        instant=(_.start == _.timestamp).sum().fill_null(0),
    )
    return engine.collect(counted.order_by("source", "activity", "department"))
