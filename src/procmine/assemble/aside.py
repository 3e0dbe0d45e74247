"""The rows that were set aside: stored as exported, with why, and with what they may have been."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.doubles import kept_rows
from procmine.assemble.identity import Identity
from procmine.assemble.identity.reach import candidate_orders, every_order
from procmine.assemble.mapping import StudyFile
from procmine.assemble.reasons import AMBIGUOUS, CLAIMED, DISAGREE
from procmine.assemble.rows import CANDIDATES, CELL, KEPT, REASON, ROW, UNREAD
from procmine.schema import USED_ROWS

_IN_DOUBT = (AMBIGUOUS, CLAIMED, DISAGREE)


def store_set_aside(
    study: StudyFile,
    raw: Mapping[str, Table],
    accounts: Mapping[str, Table],
    *,
    identity: Identity,
    totals: pd.DataFrame,
    doubles: Table,
    folder: Path,
) -> None:
    """Write `<source>.parquet` into `folder` for each source with rows that gave nothing: those rows as exported.

    Beside the columns that the study reads each has `procmine:row`, `procmine:reason`, `procmine:kept` (the row that
    was kept for a double) and `procmine:candidates`, an array of the orders that a row in doubt could belong to.
    """
    folder.mkdir()
    unused = totals.loc[~totals["reason"].isin(USED_ROWS)]
    doubtful = set(unused.loc[unused["reason"].isin(_IN_DOUBT), "source"])
    with ExitStack() as scratch:
        reach = every_order(study, identity.tables, scratch) if doubtful else {}
        for name, source in study.sources.items():
            if source.export not in set(unused["source"]):
                continue
            reasons = accounts[name].filter(_.reason.notin(USED_ROWS))
            orders = [identity.several[name]] if name in identity.several else []
            if source.export in doubtful:
                doubt = reasons.filter(_.reason.isin(_IN_DOUBT)).select(**{ROW: _.source_row})
                orders.append(candidate_orders(identity.tables[name].semi_join(doubt, ROW), source, study, reach))
            told = reasons.left_join(kept_rows(doubles, name=name), "source_row").drop("source_row_right")
            told = _with_candidates(told, orders)
            notes = told.select(**{ROW: _.source_row, REASON: _.reason, KEPT: _.kept, CANDIDATES: _.candidates})
            rows = raw[name].drop(UNREAD).inner_join(notes, ROW).relocate(ROW, REASON, KEPT, CANDIDATES)
            rows = rows.rename(lambda column: column.removeprefix(CELL))
            engine.store(rows.order_by(ROW), folder / f"{name}.parquet")


def _with_candidates(rows: Table, orders: list[Table]) -> Table:
    if not orders:
        return rows.mutate(candidates=ibis.null("array<string>"))
    together = ibis.union(*orders, distinct=True) if len(orders) > 1 else orders[0].distinct()
    candidates = together.group_by("source_row").agg(candidates=_.case_id.collect(order_by=_.case_id))
    return rows.left_join(candidates, "source_row").drop("source_row_right")
