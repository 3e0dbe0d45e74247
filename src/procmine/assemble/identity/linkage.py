"""Which order every row belongs to: by its keys, and by what a study declares as evidence where keys do not say it."""

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble import events as ev
from procmine.assemble.identity.correlate import orders_of_keys, with_order
from procmine.assemble.identity.reach import every_order
from procmine.assemble.identity.recover import recovered
from procmine.assemble.identity.same_order import names_of_orders, same_orders
from procmine.assemble.mapping import StudyFile
from procmine.assemble.orders import attribute_values
from procmine.assemble.rows import JOINED, NAMED, ORDER, PROBLEM, RECOVERED, ROW, UNREAD, cell

SAME_ORDER, LINK_RECOVERED = "same order", "recovered"


@dataclass(frozen=True)
class Identity:
    """Which order every row belongs to, and what is doubtful about it.

    - tables: the rows of each source, with one number for each order
    - rows: the same with `ORDER`, `PROBLEM` and, in a source of events of a study that declares evidence, `JOINED`
    - same: what `same_orders` gives
    - several: by source, the rows without an order that evidence gives to more than one: `source_row` and `case_id`
    """

    tables: dict[str, Table]
    rows: dict[str, Table]
    same: Table
    several: dict[str, Table]


def order_identity(study: StudyFile, standing: Mapping[str, Table], scratch: engine.Scratch) -> Identity:
    """The order of every row, in up to three passes.

    By keys alone; then, where orders turn out to be one, by keys with one number for each order; then with the links
    that evidence recovers. A row whose order the second pass gives or changes is joined by `SAME_ORDER`; one that has
    an order only since the third is `LINK_RECOVERED`.

    Errors: `StudyError` for keys that no link joins, and for evidence that would take quadratic time.
    """
    tables = dict(standing)
    known, rows = _correlated(study, tables, scratch)
    first = rows
    same = _same(study, tables, rows, scratch)
    if engine.scalar(same.joined.any()):
        names = names_of_orders(same, scratch)
        tables = {name: _with_one_number(table, study, names, name=name) for name, table in tables.items()}
        known, rows = _correlated(study, tables, scratch)
    second = rows
    several: dict[str, Table] = {}
    if study.recover:
        tables, links, several = _recovered(study, tables, rows, known, scratch)
        known, rows = _correlated(study, tables, scratch, links=links)
    if study.recover or study.same_order:
        marked = {name: _marked(rows[name], first[name], second[name]) for name in study.sources_of_events}
        rows |= {name: scratch.materialized(table) for name, table in marked.items()}
    return Identity(tables, rows, same, several)


def _correlated(
    study: StudyFile, tables: Mapping[str, Table], scratch: engine.Scratch, *, links: Mapping[str, Table] | None = None
) -> tuple[dict[str, Table], dict[str, Table]]:
    """The orders of keys, and the rows with their orders. Why a row could not be read is its first problem."""
    known = orders_of_keys(study, tables, scratch, recovered=links)
    rows = {}
    for name, source in study.sources.items():
        ordered = with_order(tables[name], source, study, known)
        rows[name] = ordered.mutate(**{PROBLEM: ordered[UNREAD].coalesce(ordered[PROBLEM])})
    return known, rows


def _same(study: StudyFile, tables: Mapping[str, Table], rows: Mapping[str, Table], scratch: engine.Scratch) -> Table:
    reach = every_order(study, tables, scratch) if any(rule.key for rule in study.same_order) else {}
    orders = _orders(study, rows, scratch) if any(rule.match for rule in study.same_order) else None
    return scratch.materialized(same_orders(study, reach, orders))


def _orders(study: StudyFile, rows: Mapping[str, Table], scratch: engine.Scratch) -> Table:
    """What evidence looks at: of each order with an event `case_id`, `first`, `last` (µs since 1970) and attributes."""
    events = [
        ev.candidates(rows[name], source, study).filter(_.problem.isnull()).select("case_id", "timestamp")
        for name, source in study.sources_of_events.items()
    ]
    together = ibis.union(*events)
    at = engine.microseconds(_.timestamp)
    spans = together.group_by("case_id").agg(first=at.min(), last=at.max())
    values = attribute_values(study, rows)
    assert values is not None
    return scratch.materialized(spans.join(values, "case_id"))


def _with_one_number(rows: Table, study: StudyFile, names: Table, *, name: str) -> Table:
    column = study.sources[name].keys.get(study.order)
    if column is None:
        return rows
    named = rows.left_join(names, cell(rows, column) == names.member)
    return named.select(*rows.columns, **{NAMED: named.label.coalesce(cell(named, column))})


def _recovered(
    study: StudyFile,
    tables: dict[str, Table],
    rows: Mapping[str, Table],
    known: Mapping[str, Table],
    scratch: engine.Scratch,
) -> tuple[dict[str, Table], dict[str, Table], dict[str, Table]]:
    """The tables with `RECOVERED` where a row without keys has an order, the links found, and rows that several fit."""
    orders = _orders(study, rows, scratch)
    links: dict[str, list[Table]] = {}
    several = {}
    for rule in study.recover:
        found = recovered(rule, study, rows=rows[rule.source], known=known, orders=orders, scratch=scratch)
        for kind, pairs in found.links.items():
            links.setdefault(kind, []).append(pairs)
        plain = tables[rule.source]
        joined = plain.left_join(found.rows, plain[ROW] == found.rows.source_row)
        tables[rule.source] = joined.select(*plain.columns, **{RECOVERED: joined.case_id})
        several[rule.source] = found.several
    together = {kind: ibis.union(*pairs) for kind, pairs in links.items()}
    return tables, together, several


def _marked(rows: Table, by_keys: Table, by_number: Table) -> Table:
    """`rows`, those of the last pass, with `JOINED`: the first pass that gave a row its present order says what did.

    `by_keys` and `by_number` are the rows of the first and the second pass; where a pass was left out, the rows of the
    pass before it stand for its own.
    """
    if rows is by_keys:
        return rows.mutate(**{JOINED: ibis.null("string")})
    earlier: list[tuple[Table, str | None]] = [(by_keys, None)]
    if by_number is not by_keys and by_number is not rows:
        earlier.append((by_number, SAME_ORDER))
    marked, same = rows, []
    for place, (table, evidence) in enumerate(earlier):
        row, order = f"row {place}", f"order {place}"
        marked = marked.left_join(table.select(**{row: ROW, order: ORDER}), [(ROW, row)])
        same.append((order, evidence))
    how = ibis.cases(
        (marked[ORDER].isnull(), None),
        *((marked[ORDER] == marked[order], evidence) for order, evidence in same),
        else_=SAME_ORDER if by_number is rows else LINK_RECOVERED,
    )
    return marked.select(*rows.columns, **{JOINED: how.cast("string")})
