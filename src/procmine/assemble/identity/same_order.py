"""One order under several numbers: what shows it, and which number stays."""

from collections.abc import Mapping

import ibis
import ibis.expr.datatypes as dt
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.identity.components import components
from procmine.assemble.mapping import StudyFile
from procmine.assemble.mapping.evidence import SameOrder
from procmine.schema import CASE

_PAIRS: dict[str, dt.DataType] = {
    "order": dt.string,
    "same_as": dt.string,
    "evidence": dt.string,
    "joined": dt.boolean,
}


def same_orders(study: StudyFile, reach: Mapping[str, Table], orders: Table | None) -> Table:
    """Pairs of orders that are one by the study's evidence; every further order is in a pair with one before it.

    `reach` is what `every_order` gives, `orders` has `case_id`, `first` (µs since 1970) and the `case:` attributes;
    None will do where no rule matches attributes.

    - order, same_as: two orders
    - evidence: "contract C-17", or "customer Acme, product Box"
    - joined: whether the study joins them, or only reports
    """
    found = [engine.nothing(_PAIRS)]
    for rule in study.same_order:
        if rule.key is not None:
            pairs = _by_key(rule.key, reach[rule.key])
        else:
            assert orders is not None
            pairs = _by_match(rule, orders)
        found.append(pairs.mutate(joined=ibis.literal(rule.then == "join")).select(list(_PAIRS)))
    return ibis.union(*found)


def names_of_orders(pairs: Table, scratch: engine.Scratch) -> Table:
    """For each number that is given up for another: `member`, and `label`, the smallest number of its order."""
    links = pairs.filter(_.joined).select(one=_.order, other=_.same_as)
    return components(links, scratch).filter(_.member != _.label)


def _by_key(kind: str, pairs: Table) -> Table:
    """Every order of a key beside the smallest of them: as many pairs as orders, never all with all."""
    first = pairs.mutate(same_as=_.case_id.min().over(group_by="key")).filter(_.case_id != _.same_as)
    return first.select("same_as", order=_.case_id, evidence=ibis.literal(f"{kind} ") + first.key)


def _by_match(rule: SameOrder, orders: Table) -> Table:
    """Each order beside the one before it in time among those that agree, where it follows soon enough."""
    assert rule.within is not None
    agree = [CASE + name for name in rule.match]
    known = orders.filter(*(orders[name].notnull() for name in agree))
    in_time = ibis.window(group_by=agree, order_by=["first", "case_id"])
    beside = known.mutate(same_as=_.case_id.lag().over(in_time), before=_["first"].lag().over(in_time))
    near = beside.filter(beside["first"] - beside.before <= round(rule.within.total_seconds() * 1e6))
    said = [ibis.literal(f"{name} ") + near[CASE + name].cast("string") for name in rule.match]
    return near.select("same_as", order=_.case_id, evidence=ibis.literal(", ").join(said))
