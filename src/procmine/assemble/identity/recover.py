"""Find lost links again, by what a row and an order have in common, where a study declares that as evidence."""

from collections.abc import Mapping
from typing import NamedTuple

import ibis
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble import events as ev
from procmine.assemble.cell_values import attribute
from procmine.assemble.identity.correlate import telling_keys
from procmine.assemble.mapping import Source, StudyFile
from procmine.assemble.mapping.evidence import Recovery
from procmine.assemble.reasons import NO_KEY, UNKNOWN_KEY
from procmine.assemble.rows import ROW, cell
from procmine.errors import StudyError
from procmine.schema import CASE

MOST_PAIRS = 20_000_000
"""Of lost keys and orders that agree, before their times are compared."""


class Recovered(NamedTuple):
    """What one rule finds: `links`, by kind, of `key` to `case_id`; `rows` without any key, and `several`, rows that
    more than one order fits, both of `source_row` to `case_id`.
    """

    links: dict[str, Table]
    rows: Table
    several: Table


def recovered(
    rule: Recovery,
    study: StudyFile,
    *,
    rows: Table,
    known: Mapping[str, Table],
    orders: Table,
    scratch: engine.Scratch,
) -> Recovered:
    """What the evidence of `rule` says of the rows of its source that have no order.

    Rows with the same key go together. `rows` are those of the source with their orders, `known` the orders of keys,
    `orders` has `case_id`, `first` and `last` (µs since 1970) and the `case:` attributes.

    Errors: `StudyError` where so many rows and orders agree that comparing them would take quadratic time.
    """
    source = study.sources[rule.source]
    lost = scratch.materialized(_lost(rule, rows, source, study))
    groups = _groups(rule, lost, source, study)
    agree = [CASE + name for name in rule.match]
    telling = orders.filter(*(orders[name].notnull() for name in agree))
    _refuse_quadratic(rule, groups, telling, agree)
    pairs = groups.join(telling, agree, rname="order_{name}")
    gap = ibis.greatest(0, pairs.order_first - pairs["last"], pairs["first"] - pairs.order_last)
    pairs = pairs.filter(gap <= round(rule.within.total_seconds() * 1e6))
    for kind in _single_kinds(source, study):
        taken = known[kind].filter(_.case_id.notnull()).select("case_id").distinct().mutate(taken=True)
        pairs = pairs.left_join(taken, "case_id", rname="taken_{name}")
        contested = pairs[_key(kind)].notnull() & pairs.taken.fill_null(False)
        pairs = pairs.filter(~contested).drop("taken", "taken_case_id")
    fitting = pairs.select("group", "case_id").mutate(orders=_.count().over(group_by="group"))
    found = scratch.materialized(lost.join(fitting, "group"))
    sure = found.filter(_.orders == 1)
    keys = [_key(kind) for kind in telling_keys(source, study)]
    links = {
        kind: sure.select(key=_key(kind), case_id="case_id").drop_null().distinct()
        for kind in telling_keys(source, study)
        if kind != study.order
    }
    without_key = sure.filter(*(sure[key].isnull() for key in keys))
    return Recovered(
        links=links,
        rows=without_key.select("source_row", "case_id"),
        several=found.filter(_.orders > 1).select("source_row", "case_id"),
    )


def _lost(rule: Recovery, rows: Table, source: Source, study: StudyFile) -> Table:
    """The rows of the source that lead to no order and have a time: their `group`, keys, attributes, `begin`, `end`."""
    given = {CASE + name: attribute(rows, source.order_attributes[name], source, study) for name in rule.match}
    keys = {_key(kind): cell(rows, column) for kind, column in telling_keys(source, study).items()}
    named = [ibis.literal(f"{kind}\n") + cell(rows, column) for kind, column in telling_keys(source, study).items()]
    group = ibis.coalesce(*named, rows[ROW].cast("string"))
    described = rows.select(source_row=rows[ROW], group=group, **keys, **given)
    timed = ev.candidates(rows, source, study).filter(_.problem.isin([NO_KEY, UNKNOWN_KEY]) & _.timestamp.notnull())
    times = timed.group_by("source_row").agg(
        begin=engine.microseconds(_.timestamp).min(), end=engine.microseconds(_.timestamp).max()
    )
    return described.join(times, "source_row")


def _groups(rule: Recovery, lost: Table, source: Source, study: StudyFile) -> Table:
    """One row per lost key, or row without one, that says one thing of each attribute."""
    names = [CASE + name for name in rule.match]
    grouped = lost.group_by("group").agg(
        first=_.begin.min(),
        last=_.end.max(),
        one=ibis.and_(*(lost[name].min() == lost[name].max() for name in names)),
        **{name: _[name].min() for name in names},
        **{_key(kind): _[_key(kind)].min() for kind in telling_keys(source, study)},
    )
    return grouped.filter(grouped.one)


def _single_kinds(source: Source, study: StudyFile) -> list[str]:
    """The kinds of key of which an order has one only."""
    return [kind for kind in telling_keys(source, study) if kind not in study.many | {study.order} | study.shared]


def _refuse_quadratic(rule: Recovery, groups: Table, orders: Table, agree: list[str]) -> None:
    sides = [table.group_by(agree).agg(**{name: _.count()}) for name, table in (("lost", groups), ("orders", orders))]
    sizes = sides[0].join(sides[1], agree)
    pairs = engine.scalar((sizes.lost * sizes.orders).sum()) or 0
    if pairs > MOST_PAIRS:
        worst = engine.collect(sizes.order_by((sizes.lost * sizes.orders).desc()).limit(1)).iloc[0]
        shown = ", ".join(f"{name} {worst[CASE + name]}" for name in rule.match)
        raise StudyError(
            f"{', '.join(rule.match)} agree for {int(pairs):,} pairs of a lost key and an order "
            f"({shown} alone for {worst['lost']:,} keys and {worst['orders']:,} orders)",
            where=f"study.yaml, recover, source {rule.source!r}",
            expected="Match an attribute more that tells orders apart",
        )


def _key(kind: str) -> str:
    return f"key:{kind}"
