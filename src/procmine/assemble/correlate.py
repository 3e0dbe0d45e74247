"""Find the order that each key belongs to, over the links between kinds of keys."""

from collections.abc import Mapping
from contextlib import ExitStack

import ibis
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.mapping import Source, StudyFile
from procmine.errors import StudyError

NO_KEY = "no order key"
UNKNOWN_KEY = "key of no order"
AMBIGUOUS = "key of several orders"
CLAIMED = "order claimed by several keys"
DISAGREE = "keys of different orders"


def orders_of_keys(study: StudyFile, tables: Mapping[str, Table], scratch: ExitStack) -> dict[str, Table]:
    """For each kind of key but the order's own, which order each key belongs to.

    Starts from the kind that names the order and follows, over any number of hops, the sources that carry two or more
    kinds. Returns a table per kind, one row a key:

    - key: string
    - case_id: string, null where the key cannot be given to one order
    - problem: string, null, or `AMBIGUOUS` (its links lead to several orders), or `CLAIMED` (its order is claimed by
      several keys of this kind, and no source that carries the kind lists it under `many`)

    Errors: `StudyError` for a kind that no chain of links joins to the order's.
    """
    known: dict[str, Table] = {}
    kinds = {kind for source in study.sources.values() for kind in source.keys} - {study.order}
    many = {kind for source in study.sources.values() for kind in source.many}
    while open_kinds := kinds - known.keys():
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
            one = _one_order_a_key(ibis.union(*pairs) if len(pairs) > 1 else pairs[0], many=kind in many)
            known[kind] = scratch.enter_context(engine.materialized(one))
    return known


def _links(
    study: StudyFile, tables: Mapping[str, Table], kind: str, reached: set[str], known: Mapping[str, Table]
) -> list[Table]:
    """The pairs (key of `kind`, case_id) that the sources give that carry `kind` and a kind already reached."""
    pairs = []
    for name, source in study.sources.items():
        for via in source.keys:
            if kind in source.keys and via in reached:
                both = tables[name].select(key=source.keys[kind], case_id=source.keys[via]).drop_null().distinct()
                pairs.append(both if via == study.order else _through(both, known[via]))
    return pairs


def _through(pairs: Table, known: Table) -> Table:
    joined = pairs.rename(via="case_id").join(known.rename(via="key"), "via")
    return joined.select("key", "case_id").drop_null()


def _one_order_a_key(pairs: Table, *, many: bool) -> Table:
    keys = pairs.group_by("key").agg(case_id=_.case_id.min(), orders=_.case_id.nunique())
    claims = ibis.literal(1) if many else _.count().over(group_by="case_id")
    problem = ibis.cases((_.orders > 1, AMBIGUOUS), (_.claims > 1, CLAIMED), else_=None)
    marked = keys.mutate(claims=claims).mutate(problem=problem.cast("string"))
    return marked.select("key", "problem", case_id=ibis.ifelse(_.problem.isnull(), _.case_id, None))


def with_order(rows: Table, source: Source, order: str, known: Mapping[str, Table]) -> Table:
    """`rows` of a source with `case_id` and, where that is null, the `key_problem` that says why.

    The keys of a row must not disagree: two that lead to different orders give `DISAGREE`.
    """
    joined = rows
    for place, (kind, column) in enumerate(source.keys.items()):
        if kind == order:
            joined = joined.mutate(**{f"order_{place}": _[column], f"problem_{place}": ibis.null("string")})
        else:
            match = known[kind].rename({f"key_{place}": "key", f"order_{place}": "case_id", f"problem_{place}": "problem"})
            joined = joined.left_join(match, joined[column] == match[f"key_{place}"])
    places = range(len(source.keys))
    orders = [joined[f"order_{place}"] for place in places]
    case_id = ibis.coalesce(*orders)
    disagree = ibis.or_(*(order != case_id for order in orders)).fill_null(False)
    told = ibis.coalesce(*(joined[f"problem_{place}"] for place in places))
    empty = ibis.and_(*(joined[column].isnull() for column in source.keys.values()))
    problem = ibis.cases(
        (empty, NO_KEY), (disagree, DISAGREE), (case_id.notnull(), None), else_=told.fill_null(UNKNOWN_KEY)
    )
    return joined.select(
        *rows.columns,
        case_id=ibis.ifelse(disagree, None, case_id),
        key_problem=problem.cast("string"),
    )
