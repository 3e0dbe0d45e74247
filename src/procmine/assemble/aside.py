"""The rows that were set aside: stored as exported, with why, and with what they may have been."""

from pathlib import Path

import ibis
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.assembled import Assembled
from procmine.assemble.doubles import kept_rows
from procmine.assemble.identity.reach import candidate_orders, every_order
from procmine.assemble.lineage import with_export
from procmine.assemble.newest import superseding
from procmine.assemble.reasons import AMBIGUOUS, CLAIMED, DISAGREE
from procmine.assemble.rows import CANDIDATES, CELL, FILE, KEPT, REASON, ROW, UNREAD
from procmine.schema import USED_ROWS

_IN_DOUBT = (AMBIGUOUS, CLAIMED, DISAGREE)


def store_set_aside(assembled: Assembled, folder: Path) -> None:
    """Write `<source>.parquet` into `folder` for each source with rows that gave nothing: those rows as exported.

    Beside the columns that the study reads each has `procmine:row`, `procmine:reason`, `procmine:kept` (the row that
    was kept for a double) and `procmine:candidates`, an array of the orders that a row in doubt could belong to. In a
    source of several files `procmine:file` comes first: the file of which `procmine:row` is a row.
    """
    study, identity, exports = assembled.study, assembled.identity, assembled.exports
    totals = assembled.ledger.totals
    folder.mkdir()
    unused = totals.loc[~totals["reason"].isin(USED_ROWS)]
    doubtful = set(unused.loc[unused["reason"].isin(_IN_DOUBT), "name"])
    with engine.Scratch() as scratch:
        reach = every_order(study, identity.tables, scratch) if doubtful else {}
        for name, source in study.sources.items():
            if name not in set(unused["name"]):
                continue
            raw = assembled.read[name].rows
            reasons = assembled.ledger.accounts[name].filter(_.reason.notin(USED_ROWS))
            orders = [identity.several[name]] if name in identity.several else []
            if name in doubtful:
                doubt = reasons.filter(_.reason.isin(_IN_DOUBT)).select(**{ROW: _.source_row})
                orders.append(candidate_orders(identity.tables[name].semi_join(doubt, ROW), source, study, reach))
            kept = kept_rows(assembled.doubles, name=name)
            if source.newest:
                kept = ibis.union(kept, superseding(raw, source, exports[name]))
            told = reasons.left_join(kept, "source_row").drop("source_row_right")
            told = _with_candidates(told, orders)
            notes = told.select(**{ROW: _.source_row, REASON: _.reason, KEPT: _.kept, CANDIDATES: _.candidates})
            rows = raw.drop(UNREAD).inner_join(notes, ROW).relocate(ROW, REASON, KEPT, CANDIDATES)
            place = [ROW]
            if source.has_files:
                place = [FILE, ROW]
                rows = with_export(rows, exports[name], row=ROW, export=FILE).relocate(FILE)
            rows = rows.rename(lambda column: column.removeprefix(CELL))
            engine.store(rows.order_by(place), folder / f"{name}.parquet")


def _with_candidates(rows: Table, orders: list[Table]) -> Table:
    if not orders:
        return rows.mutate(candidates=ibis.null("array<string>"))
    together = ibis.union(*orders).distinct()
    candidates = together.group_by("source_row").agg(candidates=_.case_id.collect(order_by=_.case_id))
    return rows.left_join(candidates, "source_row").drop("source_row_right")
