"""From a study's exports to its log: read, map, correlate, sequence, with the account of every row."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import ibis
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble import events as ev
from procmine.assemble import ledger
from procmine.assemble.aside import store_set_aside
from procmine.assemble.doubles import doubles_of, doubles_told, without_doubles
from procmine.assemble.findings import data_quality
from procmine.assemble.identity import order_identity
from procmine.assemble.lineage import with_export
from procmine.assemble.mapping import StudyFile
from procmine.assemble.mapping.columns import columns_needed, columns_read
from procmine.assemble.newest import standing
from procmine.assemble.orders import attribute_values, order_table
from procmine.assemble.reading import Export, KeptRows, read_source
from procmine.assemble.times.days import DAY, DAY_END, dated_columns, placed
from procmine.assemble.times.skew import clock_table
from procmine.assemble.times.skew_effects import effect_table
from procmine.errors import LogError
from procmine.schema import EVENT, EVENT_ATTRIBUTE, attributes
from procmine.sequencing import TIE_BREAKERS, sequence_all

LOG, LEDGER, FINDINGS, SET_ASIDE = "log.parquet", "ledger.parquet", "findings.parquet", "set_aside"
DOUBLES, SAME_ORDERS = "doubles.parquet", "same_orders.parquet"
CLOCKS, CLOCK_EFFECTS = "clocks.parquet", "clock_effects.parquet"


def build(study: StudyFile, exports: Mapping[str, Sequence[Export]], target: Path, *, kept: KeptRows) -> None:
    """Assemble the log of `study` from the `exports` of each source and store it in the folder `target`.

    Rows that `kept` has are not read again, others are added to it; the log is the same.

    Writes `log.parquet` (a log), `ledger.parquet`, `findings.parquet`, what was found of doubles, of orders with
    several numbers and of the systems' clocks, and in `set_aside/` the rows that gave nothing: see `store_set_aside`.

    Errors: `ExportError` for a file that cannot be read as declared or has times of no known zone; `StudyError` for
    keys that no link joins; `LogError` where no row gives an event.
    """
    with engine.Scratch() as scratch:
        read = {
            name: read_source(
                exports[name], source, columns_read(source), scratch, needed=columns_needed(source), kept=kept
            )
            for name, source in study.sources.items()
        }
        raw = {
            name: scratch.materialized(standing(read[name].rows, source)) if source.newest else read[name].rows
            for name, source in study.sources.items()
        }
        identity = order_identity(study, raw, scratch)
        rows = identity.rows
        dated = dated_columns(study, raw)
        found = {
            name: scratch.materialized(ev.candidates(rows[name], source, study, dated=dated))
            for name, source in study.sources_of_events.items()
        }
        doubles = doubles_of(study, found, raw, exports, scratch)
        for name in study.sources_with_doubles:
            found[name] = scratch.materialized(without_doubles(found[name], doubles, name=name))
        events = ibis.union(*(_events(found[name], exports[name]) for name in found))
        if dated:
            events = scratch.materialized(placed(events, study=study))
        values = attribute_values(study, rows)
        if values is not None:
            values = scratch.materialized(values)
        orders = scratch.materialized(order_table(study, found, events, values))
        accounts = {
            name: ledger.account(found[name], source)
            if name in found
            else ledger.account_without_events(rows[name], source, orders)
            for name, source in study.sources.items()
        }
        totals = ledger.totals(accounts, exports)
        ledger.refuse_naive_times(totals, found, raw, study, exports)
        if not totals["events"].sum():
            counted = totals.groupby(["name", "reason"], sort=False, as_index=False)["rows"].sum().itertuples()
            reasons = "; ".join(f"{row.rows} rows of {study.sources[row.name].export}: {row.reason}" for row in counted)
            raise LogError(
                f"no row of the exports gives an event ({reasons or 'they have no rows'})", where=study.title
            )
        with engine.coded(events) as events_coded, engine.coded(orders) as orders_coded:
            log = engine.store(sequence_all(events_coded, orders_coded), target / LOG)
        engine.store(identity.same.order_by("order", "same_as", "evidence"), target / SAME_ORDERS)
        engine.store(doubles_told(doubles, exports), target / DOUBLES)
        engine.store(clock_table(log, doubles, systems=study.systems, known_order=study.known_order), target / CLOCKS)
        effects = effect_table(log, systems=study.systems)
        engine.store(effects if study.corrects_clocks else engine.nothing(effects.schema()), target / CLOCK_EFFECTS)
        totals[ledger.COLUMNS].to_parquet(target / LEDGER, index=False)
        known_of_data = data_quality(
            study,
            raw=raw,
            read=read,
            exports=exports,
            rows=rows,
            accounts=accounts,
            totals=totals,
            events=events,
            orders=orders,
            values=values,
            log=log,
        )
        known_of_data.to_parquet(target / FINDINGS, index=False)
        store_set_aside(
            study,
            {name: found.rows for name, found in read.items()},
            accounts,
            identity=identity,
            totals=totals,
            doubles=doubles,
            exports=exports,
            folder=target / SET_ASIDE,
        )


def _events(found: Table, exports: Sequence[Export]) -> Table:
    kept = with_export(found.filter(_.problem.isnull()), exports, row="source_row", export="source")
    extra = [name for name in (*TIE_BREAKERS, DAY, DAY_END) if name not in EVENT and name in kept.columns]
    return kept.select(*EVENT, *extra, *attributes(kept, EVENT_ATTRIBUTE))
