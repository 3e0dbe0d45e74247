"""From a study's exports to its log: read, map, correlate, sequence, with the account of every row."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import ibis
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.aside import store_set_aside
from procmine.assemble.assembled import Assembled
from procmine.assemble.doubles import doubles_of, doubles_told, without_doubles
from procmine.assemble.events import candidates
from procmine.assemble.findings import data_quality
from procmine.assemble.identity import order_identity
from procmine.assemble.ledger import COLUMNS, ledger_of, refuse_no_events
from procmine.assemble.lineage import with_export
from procmine.assemble.mapping import StudyFile
from procmine.assemble.newest import without_superseded
from procmine.assemble.orders import attribute_values, order_table
from procmine.assemble.reading import Export, RowCache, read_source
from procmine.assemble.times.days import DAY, DAY_END, dated_columns, placed
from procmine.assemble.times.naive import refuse_naive_times
from procmine.assemble.times.skew import clock_table
from procmine.assemble.times.skew_effects import effect_table
from procmine.schema import EVENT, EVENT_ATTRIBUTE, attributes
from procmine.sequencing import TIE_BREAKERS, sequence_all

LOG, LEDGER, FINDINGS, SET_ASIDE = "log.parquet", "ledger.parquet", "findings.parquet", "set_aside"
DOUBLES, SAME_ORDERS = "doubles.parquet", "same_orders.parquet"
CLOCKS, CLOCK_EFFECTS = "clocks.parquet", "clock_effects.parquet"


def build(study: StudyFile, exports: Mapping[str, Sequence[Export]], target: Path, *, cache: RowCache) -> None:
    """Assemble the log of `study` from the `exports` of each source and store it in the folder `target`.

    Rows that `cache` has are not read again, others are added to it; the log is the same.

    Writes `log.parquet` (a log), `ledger.parquet`, `findings.parquet`, what was found of doubles, of orders with
    several numbers and of the systems' clocks, and in `set_aside/` the rows that gave nothing: see `store_set_aside`.

    Errors: `ExportError` for a file that cannot be read as declared or has times of no known zone; `StudyError` for
    keys that no link joins; `LogError` where no row gives an event.
    """
    with engine.Scratch() as scratch:
        assembled = _assembled(study, exports, target / LOG, scratch, cache=cache)
        engine.store(assembled.identity.same.order_by("order", "same_as", "evidence"), target / SAME_ORDERS)
        engine.store(doubles_told(assembled.doubles, exports), target / DOUBLES)
        _store_clocks(assembled, target)
        assembled.ledger.totals[COLUMNS].to_parquet(target / LEDGER, index=False)
        data_quality(assembled).to_parquet(target / FINDINGS, index=False)
        store_set_aside(assembled, target / SET_ASIDE)


def _assembled(
    study: StudyFile, exports: Mapping[str, Sequence[Export]], target: Path, scratch: engine.Scratch, *, cache: RowCache
) -> Assembled:
    """The log of `study`, stored as `target`, and all that was found on the way to it, for as long as `scratch`."""
    read = {name: read_source(exports[name], source, scratch, cache=cache) for name, source in study.sources.items()}
    standing = {
        name: scratch.materialized(without_superseded(read[name].rows, source)) if source.newest else read[name].rows
        for name, source in study.sources.items()
    }
    identity = order_identity(study, standing, scratch)
    dated = dated_columns(study, standing)
    found = {
        name: scratch.materialized(candidates(identity.rows[name], source, study, dated=dated))
        for name, source in study.sources_of_events.items()
    }
    doubles = doubles_of(study, found, standing, exports, scratch)
    for name in study.sources_with_doubles:
        found[name] = scratch.materialized(without_doubles(found[name], doubles, name=name))
    events = ibis.union(*(_events(found[name], exports[name]) for name in found))
    if dated:
        events = scratch.materialized(placed(events, study=study))
    values = attribute_values(study, identity.rows)
    values = None if values is None else scratch.materialized(values)
    orders = scratch.materialized(order_table(study, found, events, values))
    ledger = ledger_of(study, found, identity.rows, orders, exports)
    refuse_naive_times(ledger, found, standing, study, exports)
    refuse_no_events(ledger, study)
    with engine.coded(events) as events_coded, engine.coded(orders) as orders_coded:
        log = engine.store(sequence_all(events_coded, orders_coded), target)
    return Assembled(
        study=study,
        exports=exports,
        read=read,
        standing=standing,
        identity=identity,
        doubles=doubles,
        events=events,
        values=values,
        orders=orders,
        ledger=ledger,
        log=log,
    )


def _events(found: Table, exports: Sequence[Export]) -> Table:
    """The candidates of a source that are events, with the name of the export that each is from as `source`."""
    kept = with_export(found.filter(_.problem.isnull()), exports, row="source_row", export="source")
    extra = [name for name in (*TIE_BREAKERS, DAY, DAY_END) if name not in EVENT and name in kept.columns]
    return kept.select(*EVENT, *extra, *attributes(kept, EVENT_ATTRIBUTE))


def _store_clocks(assembled: Assembled, target: Path) -> None:
    study, log = assembled.study, assembled.log
    clocks = clock_table(log, assembled.doubles, systems=study.systems, known_order=study.known_order)
    engine.store(clocks, target / CLOCKS)
    effects = effect_table(log, systems=study.systems)
    engine.store(effects if study.corrects_clocks else engine.nothing(effects.schema()), target / CLOCK_EFFECTS)
