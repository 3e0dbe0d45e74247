"""What setting the clocks right changes: the figures that would have another sign or rank without it."""

from collections.abc import Mapping

import ibis
from ibis import _
from ibis.expr.types import NumericValue, Table

from procmine import engine
from procmine.assemble.mapping import System
from procmine.assemble.times.skew import offset_s
from procmine.schema import RESOLUTION

HANDOFF, ORDER = "median elapsed time", "share of the first before the second"


def effect_table(log: Table, *, systems: Mapping[str, System]) -> Table:
    """The figures of `log` that change where the declared `clock_offset`s are not applied.

    Taken from consecutive events of an order that two systems recorded with exact times. One row per figure:

    - figure: `HANDOFF` of the handoffs from one system to another, in seconds; or `ORDER`, of the times that two
      activities stand side by side, from 0 to 1
    - first, second: the two systems, or the two activities
    - handoffs: how many it is taken from
    - corrected, recorded: the figure with the clocks set right, and as exported
    - change: `sign` (time runs backwards as exported; the other activity mostly comes first), or `rank` (the place
      among the handoffs, the longest first)
    - corrected_rank, recorded_rank: that place; null for `ORDER`
    """
    steps = log.filter(_.system != _.next_system)
    if RESOLUTION in log.columns:
        dates = log.filter(_[RESOLUTION].notnull()).select("case_id", "position")
        before = dates.mutate(position=_.position - 1)
        steps = steps.anti_join(ibis.union(dates, before), ["case_id", "position"])
    corrected = (engine.microseconds(steps.next_timestamp) - engine.microseconds(steps.timestamp)) / 1e6
    recorded = corrected + offset_s(steps.next_system, systems) - offset_s(steps.system, systems)
    steps = steps.mutate(corrected=corrected, recorded=recorded)
    return ibis.union(_handoffs(steps), _orders(steps)).order_by("figure", "first", "second")


def _handoffs(steps: Table) -> Table:
    medians = steps.group_by(first="system", second="next_system").agg(
        handoffs=_.count(), corrected=_.corrected.median(), recorded=_.recorded.median()
    )
    ranked = medians.mutate(corrected_rank=_rank(medians.corrected), recorded_rank=_rank(medians.recorded))
    backwards = (ranked.recorded < 0) & (ranked.corrected >= 0)
    change = ibis.cases((backwards, "sign"), (ranked.corrected_rank != ranked.recorded_rank, "rank"), else_=None)
    return _told(ranked.mutate(change=change, figure=ibis.literal(HANDOFF)))


def _orders(steps: Table) -> Table:
    """Each two activities under the name that comes first in the alphabet, so that both directions are one row."""
    forward = steps.activity <= steps.next_activity
    turned = steps.filter(steps.activity != steps.next_activity).mutate(
        first=forward.ifelse(steps.activity, steps.next_activity),
        second=forward.ifelse(steps.next_activity, steps.activity),
        was=forward.cast("float64"),
        would=(forward == (steps.recorded >= 0)).cast("float64"),
    )
    shares = turned.group_by("first", "second").agg(handoffs=_.count(), corrected=_.was.mean(), recorded=_.would.mean())
    flips = ((shares.corrected > 0.5) & (shares.recorded < 0.5)) | ((shares.corrected < 0.5) & (shares.recorded > 0.5))
    change = flips.ifelse("sign", ibis.null("string"))
    no_rank = ibis.null("int64")
    return _told(
        shares.mutate(change=change, figure=ibis.literal(ORDER), corrected_rank=no_rank, recorded_rank=no_rank)
    )


def _rank(figure: NumericValue) -> NumericValue:
    return ibis.rank().over(order_by=figure.desc()) + 1


def _told(figures: Table) -> Table:
    changed = figures.filter(_.change.notnull())
    ranks = ("corrected_rank", "recorded_rank")
    return changed.select("figure", "first", "second", "handoffs", "corrected", "recorded", "change", *ranks)
