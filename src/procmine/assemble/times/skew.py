"""How far the clocks of the systems are apart: estimated from pairs of events whose true order is known."""

from collections.abc import Mapping
from datetime import timedelta

import ibis
from ibis import _
from ibis.expr.types import NumericValue, StringValue, Table

from procmine import engine
from procmine.assemble.mapping import System
from procmine.schema import RESOLUTION

MIRRORED, KNOWN_ORDER = "mirrored", "known order"
_MICROSECOND = timedelta(microseconds=1)
_PAIR = ["system", "against", "method"]


def clock_table(
    log: Table, doubles: Table, *, systems: Mapping[str, System], known_order: list[tuple[str, str]]
) -> Table:
    """The offset of each system's clock against another's, as far as the data shows it.

    `doubles` has the actions that two systems recorded (`doubles_of`); of each pair of `known_order` the first activity
    truly precedes the second, so that a second one that an order has earlier tells of a clock. One row per `system`,
    `against` (of the two the one of lower rank) and `method`:

    - method: `MIRRORED`, the median difference of the two records of one action, with the lag between them in it; or
      `KNOWN_ORDER`, the median of the differences that are impossible, which is less than the whole offset
    - pairs: the differences that it is taken from
    - offset_s: how far the clock of `system` runs ahead of that of `against` (below zero: behind), as exported
    - low_s, high_s: the 95 % interval of the median by order statistics, which assumes no distribution; null for fewer
      than 6 pairs
    - corrected_s: what `clock_offset` in `study.yaml` takes off that

    Source: Conover, Practical Nonparametric Statistics, 3rd ed. (1999), section 3.2, for the interval.
    """
    mirrored = doubles.filter(_.kept_system != _.system).filter(_.lag_s.notnull())
    told = [_differences(mirrored.select("lag_s", one=_.system, other=_.kept_system), systems, MIRRORED)]
    for first, second in known_order:
        gaps = _differences(_first_gaps(log, first, second), systems, KNOWN_ORDER, sign=-1)
        told.append(gaps)
    together = ibis.union(*told)
    in_order = ibis.window(group_by=_PAIR, order_by="lag_s")
    placed = together.mutate(place=ibis.row_number().over(in_order) + 1)
    placed = placed.mutate(pairs=_.count().over(ibis.window(group_by=_PAIR)))
    lowest = _interval_rank(placed.pairs)
    offsets = placed.group_by(_PAIR).agg(
        pairs=_.count(),
        offset_s=_.lag_s.median(),
        low_s=_.lag_s.min(where=placed.place == lowest),
        high_s=_.lag_s.max(where=placed.place == placed.pairs + 1 - lowest),
    )
    corrected = offset_s(offsets.system, systems) - offset_s(offsets.against, systems)
    return offsets.mutate(corrected_s=corrected.cast("float64")).order_by("system", "against", "method")


def offset_s(system: StringValue, systems: Mapping[str, System]) -> NumericValue:
    """The declared `clock_offset` of a system, in seconds; 0.0 where none is declared."""
    declared = [(name, own.clock_offset // _MICROSECOND) for name, own in systems.items() if own.clock_offset]
    return (system.cases(*declared, else_=0) if declared else ibis.literal(0)) / 1_000_000


def _differences(pairs: Table, systems: Mapping[str, System], method: str, *, sign: int = 0) -> Table:
    """The differences of the times as exported: the later-ranked of the systems `one` and `other` minus the first.

    `pairs` has the times of `one` minus those of `other`, clocks set right, as `lag_s`. With `sign` −1 only those below
    zero are taken.
    """
    recorded = pairs.lag_s + offset_s(pairs.one, systems) - offset_s(pairs.other, systems)
    pairs = pairs.mutate(lag_s=recorded)
    if sign:
        pairs = pairs.filter(_.lag_s < 0)
    ranked = sorted(systems, key=lambda name: (systems[name].rank, name))
    places = {name: place for place, name in enumerate(ranked)}
    one, other = (pairs[name].cases(*places.items(), else_=len(places)) for name in ("one", "other"))
    ahead = (one > other) | ((one == other) & (pairs.one > pairs.other))
    return pairs.select(
        system=ahead.ifelse(pairs.one, pairs.other),
        against=ahead.ifelse(pairs.other, pairs.one),
        method=ibis.literal(method),
        lag_s=ahead.ifelse(pairs.lag_s, -pairs.lag_s).cast("float64"),
    )


def _first_gaps(log: Table, first: str, second: str) -> Table:
    """Of each order, its first `second` minus its first `first`, where two systems recorded them with exact times."""
    exact = log.filter(log[RESOLUTION].isnull()) if RESOLUTION in log.columns else log
    steps = exact.filter(_.system.notnull())
    before, after = (
        steps.filter(_.activity == name)
        .group_by("case_id")
        .agg(at=engine.microseconds(_.timestamp).min(), system=_.system.argmin(_.position))
        for name in (first, second)
    )
    both = after.join(before, "case_id", rname="before_{name}").filter(_.system != _.before_system)
    return both.select(lag_s=(_.at - _.before_at) / 1e6, one=_.system, other=_.before_system)


def _interval_rank(pairs: NumericValue) -> NumericValue:
    """Which smallest and which largest of so many values enclose their median at 95 %; 0 where none do."""
    return ((pairs + 1) / 2 - 1.96 / 2 * pairs.sqrt()).floor().cast("int64")
