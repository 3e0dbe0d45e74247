"""How an expression is written as SQL: as Ibis does it for DuckDB, in fewer passes.

Ibis first makes selects of all projections, filters and sorts, and with that everything above the lowest of them anew,
several times; that is half of its work, which for small tables takes longer than the query itself. Here each relation
is written as it stands, as a select from the one below it, and DuckDB fuses them.
"""

import itertools
import operator
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, cast

import ibis.expr.operations as ops
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.base import STAR
from ibis.backends.sql.compilers.duckdb import DuckDBCompiler
from ibis.backends.sql.rewrites import (
    drop_columns_to_select,
    drop_null_to_select,
    fill_null_to_select,
    first_to_firstvalue,
    partition_predicates,
    remove_aliases,
)
from ibis.common.graph import Graph
from ibis.common.patterns import NoMatch

from procmine.engine.collector import collector_paused

_REWRITES = reduce(
    operator.or_,
    (
        *DuckDBCompiler.lowered_ops.values(),
        *DuckDBCompiler.rewrites,
        remove_aliases,
        fill_null_to_select,
        drop_null_to_select,
        drop_columns_to_select,
        first_to_firstvalue,
    ),
)
_AS_THEY_ARE = (ops.Field, ops.Literal, ops.Project, ops.Filter, ops.Sort, ops.Aggregate)
"""Most of an expression; none of `_REWRITES` concerns them."""
_UNUSUAL = (ops.AliasedRelation, ops.SQLStringView)
"""Relations that have names of their own, which only a user's query may have: Ibis writes these."""
_DEAR = (ops.WindowFunction, ops.Subquery, ops.Unnest, ops.Impure)
"""What is not asked of the same rows twice, like all that brings rows together."""
_ORDER_FREE = (ops.Count, ops.CountStar, ops.CountDistinct, ops.CountDistinctStar, ops.Min, ops.Max, ops.Any, ops.All)
"""What is the same of rows in any order; sums are where they are of whole numbers."""
_NO_USE = (ops.Field, ops.CountStar, ops.CountDistinctStar)
"""What names a relation without reading it."""


class Writer(DuckDBCompiler):  # type: ignore[misc]
    """Ibis's compiler for DuckDB, which writes projections, filters, sorts and distinct rows by rules of their own."""

    __slots__ = ()

    def translate(self, op: ops.Node, *, params: Mapping[Any, Any]) -> sge.Expression:
        """The query of `op`. A relation that several others use stands in it once, as a common table expression."""
        with collector_paused():
            return self._query(op, params)

    def _query(self, op: ops.Node, params: Mapping[Any, Any]) -> sge.Expression:
        root = op.replace(_rewritten)
        users = Graph.from_bfs(root).invert()
        if params or any(isinstance(node, _UNUSUAL) for node in users):
            return cast(sge.Expression, super().translate(op, params=params))
        shared, repeated = _used_again(users)
        sorts = [node for node in users if isinstance(node, ops.Sort) and node is not root]
        unsorted = {node for node in sorts if all(map(_takes_any_order, users[node]))}
        common: list[tuple[sge.Identifier, sge.Expression]] = []
        numbers = itertools.count()

        def written(node: ops.Node, _results: object, **children: Any) -> Any:
            if not isinstance(node, _NO_USE):
                children |= {name: child.copy() for name, child in children.items() if getattr(node, name) in repeated}
            made = _all(children["parent"]) if node in unsorted else self.visit_node(node, **children)
            if node is root or not isinstance(node, ops.Relation):
                return made
            alias = sge.Identifier(this=f"t{next(numbers)}", quoted=True)
            if node not in shared:
                return _aliased(made, alias)
            common.append((alias, made))
            return sge.Table(this=alias.copy())

        query: Any = root.map(written)[root]
        if isinstance(query, sge.Subquery):
            query = query.this
        elif isinstance(query, sge.Table):
            query = _all(query)
        for alias, made in common:
            query = query.with_(alias, as_=made, dialect=self.dialect, copy=False)
        return cast(sge.Expression, query)

    def visit_Project(self, op: ops.Project, *, parent: Any, values: Mapping[str, sge.Expression]) -> sge.Select:
        """A projection."""
        return sg.select(*self._cleanup_names(values), copy=False).from_(parent, copy=False)

    def visit_Filter(self, op: ops.Filter, *, parent: Any, predicates: Sequence[sge.Expression]) -> sge.Select:
        """A filter; what it asks of window functions is asked after all else, as Ibis does."""
        asked = list(zip(predicates, op.predicates, strict=True))
        _before, after = partition_predicates(op.predicates)
        query = _all(parent)
        if kept := [made for made, predicate in asked if predicate not in after]:
            query = query.where(*kept, copy=False)
        if kept := [made for made, predicate in asked if predicate in after]:
            query = query.qualify(*kept, copy=False)
        return query

    def visit_Sort(self, op: ops.Sort, *, parent: Any, keys: Sequence[sge.Expression]) -> sge.Select:
        """Rows in an order."""
        return _all(parent).order_by(*keys, copy=False)

    def visit_Distinct(self, op: ops.Distinct, *, parent: Any) -> sge.Select:
        """Distinct rows."""
        return _all(parent).distinct(copy=False)


def _rewritten(node: ops.Node, children: Mapping[str, Any] | None) -> ops.Node:
    """`node`, with `children` where these were rewritten, in the terms that DuckDB knows."""
    made = node.__recreate__(children) if children else node
    if isinstance(made, _AS_THEY_ARE):
        return made
    found = _REWRITES.match(made, {})
    return made if found is NoMatch else found


def _used_again(users: Graph) -> tuple[set[ops.Node], set[ops.Node]]:
    """The relations that several others use, of what each node is used by: those that are computed once, and those that
    are written wherever they are used: other names, and what only leaves out rows and columns of a table.
    """
    again = {
        node
        for node, by in users.items()
        if isinstance(node, ops.Relation) and sum(not isinstance(user, _NO_USE) for user in by) > 1
    }
    repeated = {node for node in again if isinstance(node, ops.Reference) or _is_part_of_a_table(node)}
    return again - repeated, repeated


def _is_part_of_a_table(node: ops.Relation) -> bool:
    while not isinstance(node, (ops.PhysicalTable, ops.SQLQueryResult)):
        picked = isinstance(node, ops.Project) and all(isinstance(value, ops.Field) for value in node.values.values())
        kept = isinstance(node, ops.Filter) and not node.find_below(_DEAR, filter=ops.Value)
        if not (picked or kept or isinstance(node, ops.Reference)):
            return False
        node = node.parent
    return True


def _takes_any_order(user: ops.Node) -> bool:
    """Whether the order of the rows makes no difference to what uses them; names of columns do not use them."""
    if not isinstance(user, ops.Aggregate):
        return isinstance(user, _NO_USE)
    return all(
        _is_order_free(found) for metric in user.metrics.values() for found in metric.find(ops.Reduction, ops.Value)
    )


def _is_order_free(reduction: ops.Reduction) -> bool:
    whole = isinstance(reduction, (ops.Sum, ops.Mean)) and reduction.arg.dtype.is_integer()
    return whole or isinstance(reduction, _ORDER_FREE)


def _all(parent: sge.Expression) -> sge.Select:
    return sg.select(STAR, copy=False).from_(parent, copy=False)


def _aliased(made: Any, alias: sge.Identifier) -> sge.Expression:
    """A relation under the name by which others know its columns."""
    if isinstance(made, sge.Table):
        return cast(sge.Expression, made.as_(alias, table=True))
    if isinstance(made, sge.Subquery):
        made.set("alias", alias)
        return made
    return cast(sge.Expression, made.subquery(alias, copy=False))
