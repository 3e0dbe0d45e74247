"""From a study's exports to its log: read, map, correlate, sequence, with the account of every row."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble import events as ev
from procmine.assemble import ledger
from procmine.assemble.correlate import orders_of_keys, with_order
from procmine.assemble.mapping import Source, StudyFile
from procmine.assemble.orders import attribute_values, order_table
from procmine.assemble.read import CELL, ROW, read_export
from procmine.errors import LogError
from procmine.schema import EVENT, EVENT_ATTRIBUTE, USED_ROWS, attributes
from procmine.sequencing import TIE_BREAKERS, sequence

LOG, LEDGER, FINDINGS, SET_ASIDE = "log.parquet", "ledger.parquet", "findings.parquet", "set_aside"


def build(study: StudyFile, exports: Path, target: Path) -> None:
    """Assemble the log of `study` from the files under `exports` and store it in the folder `target`.

    Writes `log.parquet` (a log), `ledger.parquet`, `findings.parquet` and, for each source with rows that gave nothing,
    `set_aside/<source>.parquet`: those rows as exported, with `procmine:row` and `procmine:reason`.

    Errors: `ExportError` for a file that cannot be read as declared or has times of no known zone; `StudyError` for
    keys that no link joins; `LogError` where no row gives an event.
    """
    with ExitStack() as scratch:
        raw = {
            name: read_export(exports / source.file, source, ev.columns_read(source), scratch)
            for name, source in study.sources.items()
        }
        known = orders_of_keys(study, raw, scratch)
        rows = {name: with_order(raw[name], source, study, known) for name, source in study.sources.items()}
        found = {
            name: scratch.enter_context(engine.materialized(ev.candidates(rows[name], source, study)))
            for name, source in study.sources.items()
            if source.events
        }
        events = ibis.union(*(_events(found[name], study.sources[name]) for name in found))
        values = attribute_values(study, rows)
        if values is not None:
            values = scratch.enter_context(engine.materialized(values))
        orders = scratch.enter_context(engine.materialized(order_table(study, found, events, values)))
        accounts = {
            name: ledger.account(found[name], source)
            if name in found
            else ledger.account_without_events(rows[name], source, orders)
            for name, source in study.sources.items()
        }
        totals = ledger.totals({study.sources[name].file: account for name, account in accounts.items()})
        ledger.refuse_naive_times(totals, found, raw, study, exports)
        if not totals["events"].sum():
            reasons = "; ".join(f"{row.rows} rows of {row.source}: {row.reason}" for row in totals.itertuples())
            raise LogError(
                f"no row of the exports gives an event ({reasons or 'they have no rows'})", where=study.title
            )
        log = engine.store(sequence(events.inner_join(orders, "case_id")), target / LOG)
        totals.to_parquet(target / LEDGER, index=False)
        ledger.findings(study, raw, events, values, log).to_parquet(target / FINDINGS, index=False)
        _store_set_aside(study, raw, accounts, totals, target / SET_ASIDE)


def _events(found: Table, source: Source) -> Table:
    kept = found.filter(_.problem.isnull()).mutate(source=ibis.literal(source.file))
    extra = dict.fromkeys(name for name in TIE_BREAKERS if name not in EVENT)
    return kept.select(*EVENT, *extra, *attributes(kept, EVENT_ATTRIBUTE))


def _store_set_aside(
    study: StudyFile, raw: Mapping[str, Table], accounts: Mapping[str, Table], totals: pd.DataFrame, folder: Path
) -> None:
    folder.mkdir()
    unused = set(totals.loc[~totals["reason"].isin(USED_ROWS), "source"])
    for name, source in study.sources.items():
        if source.file in unused:
            reasons = accounts[name].filter(_.reason.notin(USED_ROWS))
            kept = reasons.select(**{ROW: _.source_row, "procmine:reason": _.reason})
            rows = raw[name].inner_join(kept, ROW).relocate(ROW, "procmine:reason")
            rows = rows.rename(lambda column: column.removeprefix(CELL))
            engine.store(rows.order_by(ROW), folder / f"{name}.parquet")
