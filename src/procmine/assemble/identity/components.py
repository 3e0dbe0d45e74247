"""Which of many things hang together, by links between two of them at a time."""

import ibis
from ibis import _
from ibis.expr.types import Table

from procmine import engine


def components(links: Table, scratch: engine.Scratch) -> Table:
    """For everything in `links` (`one`, `other`): `member`, and `label`, the smallest that it hangs together with.

    Labels spread along the links and then jump to the label of their label, so that even a long chain takes few rounds;
    each round is a query, and none looks at single rows.
    """
    both_ways = ibis.union(links.select("one", "other"), links.select(one=_.other, other=_.one), distinct=True)
    both_ways = scratch.materialized(both_ways)
    labels = scratch.materialized(both_ways.select(member="one").distinct().mutate(label=_.member))
    while True:
        near = both_ways.join(labels, both_ways.other == labels.member).group_by("one").agg(near=_.label.min())
        spread = labels.join(near, labels.member == near.one)
        spread = spread.select("member", label=ibis.least(_.label, _.near))
        spread = scratch.materialized(spread)
        again = spread.select(through="member", further="label")
        jumped = spread.join(again, spread.label == again.through).select("member", label=_.further)
        jumped = scratch.materialized(jumped)
        changed = jumped.join(labels, "member").filter(_.label != _.label_right).count()
        if not engine.scalar(changed):
            return jumped
        labels = jumped
