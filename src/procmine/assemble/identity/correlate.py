"""Find the order that each key belongs to, over the links between kinds of keys."""

from collections.abc import Mapping

import ibis
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.mapping import Source, StudyFile
from procmine.assemble.reasons import AMBIGUOUS, CLAIMED, DISAGREE, INCOMPLETE, NO_KEY, UNKNOWN_KEY
from procmine.assemble.rows import CELL, NAMED, ORDER, PROBLEM, RECOVERED, cell
from procmine.errors import StudyError


def orders_of_keys(
    study: StudyFile,
    tables: Mapping[str, Table],
    scratch: engine.Scratch,
    *,
    recovered: Mapping[str, Table] | None = None,
) -> dict[str, Table]:
    """For each kind of key but the order's own, which order each key belongs to.

    Starts from the kind that names the order and follows, over any number of hops, the sources that carry two or more
    kinds. Returns a table per kind, one row a key (of a kind that orders share: one row a key and order):

    - key: string
    - case_id: string, null where the key cannot be given to one order
    - problem: string, null, or `AMBIGUOUS` (its links lead to several orders), or `CLAIMED` (its order is claimed by
      several keys of this kind, and no source that carries the kind lists it under `many`)

    `recovered` has more links of a kind to orders, as `key` and `case_id`.

    Errors: `StudyError` for a kind that no chain of links joins to the order's.
    """
    known: dict[str, Table] = {}
    while open_kinds := study.kinds - {study.order} - known.keys():
        reached = {study.order, *known}
        links = {kind: _links(study, tables, kind, reached, known) for kind in sorted(open_kinds)}
        found = {kind: pairs for kind, pairs in links.items() if pairs}
        if not found:
            lost = ", ".join(sorted(open_kinds))
            raise StudyError(
                f"no source links the key {lost} to the order's key {study.order!r}",
                where="study.yaml, sources",
                expected=f"A source, such as a link table, whose keys name {study.order!r} or a kind linked to it",
            )
        for kind, pairs in found.items():
            if recovered and kind in recovered:
                pairs.append(recovered[kind].mutate(problem=ibis.null("string")))
            linked = ibis.union(*pairs).distinct()
            if kind in study.shared:
                orders = _every_order_of_a_key(linked)
            else:
                orders = _one_order_a_key(linked, many=kind in study.many)
            known[kind] = scratch.materialized(orders)
    return known


def _links(
    study: StudyFile, tables: Mapping[str, Table], kind: str, reached: set[str], known: Mapping[str, Table]
) -> list[Table]:
    """The pairs that the sources give that carry `kind` and a kind already reached: key of `kind`, case_id, and the
    problem of the key in between, which leads to no one order.
    """
    pairs = []
    for name, source in study.sources.items():
        for via in source.keys:
            if kind in source.keys and via in reached:
                rows = tables[name]
                column = source.keys[via]
                through = order_column(rows, column) if via == study.order else CELL + column
                both = rows.select(key=cell(rows, source.keys[kind]), via=rows[through])
                both = both.drop_null().distinct()
                if via == study.order:
                    pairs.append(both.select("key", case_id=_.via, problem=ibis.null("string")))
                else:
                    pairs.append(both.join(known[via].rename(via="key"), "via").select("key", "case_id", "problem"))
    return pairs


def _every_order_of_a_key(pairs: Table) -> Table:
    return pairs.filter(_.case_id.notnull()).select("key", "case_id", problem=ibis.null("string")).distinct()


def _one_order_a_key(pairs: Table, *, many: bool) -> Table:
    """The order of each key, or its problem. A key that leads to several orders is in doubt, and claims none."""
    keys = pairs.group_by("key").agg(case_id=_.case_id.min(), orders=_.case_id.nunique(), inherited=_.problem.min())
    sure = keys.mutate(sure=(keys.orders == 1) & keys.inherited.isnull())
    claims = sure.mutate(claims=_.sure.sum().over(group_by="case_id"))
    contested = ibis.literal(False) if many else claims.claims > 1
    problem = ibis.cases((claims.orders > 1, AMBIGUOUS), (contested, CLAIMED), else_=None)
    marked = claims.mutate(problem=claims.inherited.coalesce(problem.cast("string")))
    return marked.select("key", "problem", case_id=ibis.ifelse(_.problem.isnull(), _.case_id, None))


def with_order(rows: Table, source: Source, study: StudyFile, known: Mapping[str, Table]) -> Table:
    """`rows` of a source with `ORDER` and, where that is null, the `PROBLEM` that says why.

    The keys of a row must not disagree: two that lead to different orders give `DISAGREE`. A row with nothing but keys
    that orders share is there once for each of its orders. A row of a link table has a `PROBLEM` unless all of its keys
    lead to the order.
    """
    joined = rows
    orders, told = [], []
    for kind, column in telling_keys(source, study).items():
        if kind == study.order:
            orders.append(order_column(rows, column))
        else:
            key, of_key, problem = (f"procmine:{name}:{kind}" for name in ("key", "order", "problem"))
            match = known[kind].rename({key: "key", of_key: "case_id", problem: "problem"})
            joined = joined.left_join(match, cell(joined, column) == match[key])
            orders.append(of_key)
            told.append(problem)
    if RECOVERED in rows.columns:
        orders.append(RECOVERED)
    found = [joined[name] for name in orders]
    case_id = ibis.coalesce(*found)
    disagree = ibis.or_(*(one != case_id for one in found)).fill_null(False)
    empty = [cell(joined, column).isnull() for column in source.keys.values()]
    wrong = ibis.coalesce(*(joined[name] for name in told), ibis.null("string"))
    if source.is_link:
        known_order = case_id.notnull() & wrong.isnull()
        incomplete = [(ibis.or_(*empty), INCOMPLETE)]
    else:
        known_order = case_id.notnull()
        incomplete = []
    problem = ibis.cases(
        (ibis.and_(*empty) & case_id.isnull(), NO_KEY),
        *incomplete,
        (disagree, DISAGREE),
        (known_order, None),
        else_=wrong.fill_null(UNKNOWN_KEY),
    )
    return joined.select(
        *rows.columns, **{ORDER: ibis.ifelse(disagree, None, case_id), PROBLEM: problem.cast("string")}
    )


def order_column(rows: Table, column: str) -> str:
    """Which column of `rows` has the order that the order's key in `column` names."""
    return NAMED if NAMED in rows.columns else CELL + column


def telling_keys(source: Source, study: StudyFile) -> dict[str, str]:
    """The keys of a source that say which order a row belongs to: those not shared, else the first of those shared."""
    telling = {kind: column for kind, column in source.keys.items() if kind not in study.shared}
    return telling or dict([next(iter(source.keys.items()))])
