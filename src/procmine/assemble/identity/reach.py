"""Every order that a key may be of, where its links leave more than one."""

from collections.abc import Mapping

import ibis
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.identity.correlate import order_column, telling_keys
from procmine.assemble.mapping import Source, StudyFile
from procmine.assemble.rows import ROW, cell


def every_order(study: StudyFile, tables: Mapping[str, Table], scratch: engine.Scratch) -> dict[str, Table]:
    """For each kind of key that orders do not share, every pair of a `key` and a `case_id` that a chain of links joins.

    Nearest links first, as in `orders_of_keys`: a kind that is reached takes part in reaching the next.
    """
    known: dict[str, Table] = {}
    kinds = study.kinds - {study.order} - study.shared
    while open_kinds := sorted(kinds - known.keys()):
        links = {kind: _links(study, tables, kind, known) for kind in open_kinds}
        found = {kind: pairs for kind, pairs in links.items() if pairs}
        if not found:
            break
        for kind, pairs in found.items():
            together = ibis.union(*pairs).distinct()
            known[kind] = scratch.materialized(together)
    return known


def _links(study: StudyFile, tables: Mapping[str, Table], kind: str, known: Mapping[str, Table]) -> list[Table]:
    pairs = []
    for name, source in study.sources.items():
        if kind in source.keys:
            rows = tables[name]
            key = cell(rows, source.keys[kind])
            for via, column in source.keys.items():
                if via == study.order:
                    pairs.append(rows.select(key=key, case_id=rows[order_column(rows, column)]).drop_null())
                elif via in known:
                    both = rows.select(key=key, via=cell(rows, column)).drop_null().distinct()
                    pairs.append(both.join(known[via].rename(via="key"), "via").select("key", "case_id"))
    return pairs


def candidate_orders(rows: Table, source: Source, study: StudyFile, reach: Mapping[str, Table]) -> Table:
    """Every order that a key of a row may be of: `source_row` and `case_id`."""
    found = []
    for kind, column in telling_keys(source, study).items():
        if kind == study.order:
            found.append(rows.select(source_row=_[ROW], case_id=rows[order_column(rows, column)]).drop_null())
        elif kind in reach:
            keys = rows.select(source_row=_[ROW], key=cell(rows, column))
            found.append(keys.join(reach[kind], "key").select("source_row", "case_id"))
    return ibis.union(*found).distinct()
