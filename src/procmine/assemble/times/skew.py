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
ESTIMATE, AT_LEAST, CONTRADICTION = "estimate", "at least", "contradiction"
_DROPPED = 20
"""Of so many impossible differences one may have another cause than a clock."""
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
      `KNOWN_ORDER`, bounds by the differences of two activities. Where both are there, the first is the better one
    - pairs: the differences that it is taken from; of a known order those that are impossible
    - offset_s: how far the clock of `system` runs ahead of that of `against` (below zero: behind), as exported
    - low_s, high_s: where it lies. `MIRRORED`: the 95 % interval of the median by order statistics, which assumes no
      distribution; null for fewer than 6 pairs. `KNOWN_ORDER`: the two bounds; null on a side without any
    - corrected_s: what `clock_offset` in `study.yaml` takes off that
    - tells: `ESTIMATE`; `AT_LEAST`, the whole offset is that far from zero or farther; `CONTRADICTION`, the clock went
      fast and slow, or the order is not always the one given

    **Bounds.** A difference of two steps is the true time between them, above zero, and the offset. So each difference
    from `against` to `system` is above the offset, each the other way round above its negative: the smallest of either
    direction bound it, as in synchronising clocks by messages. One in 20 of the impossible differences may be of other
    cause; as many of the smallest are left out, in both directions. What is left bounds the offset from below or above
    as long as no more are wrong. Between two bounds closer to each other than the near one is to zero, the middle is
    the estimate, unbiased where the shortest times are equal in both directions; else the near one is told alone.

    Source: Conover, Practical Nonparametric Statistics, 3rd ed. (1999), section 3.2, for the interval; Cristian,
    Probabilistic clock synchronization, Distributed Computing 3 (1989), for the bounds.
    """
    mirrored = doubles.filter(_.kept_system != _.system).filter(_.lag_s.notnull())
    twice = _differences(mirrored.select("lag_s", one=_.system, other=_.kept_system), systems)
    told = [_medians(twice)]
    if known_order:
        gaps = ibis.union(*(_first_gaps(log, first, second) for first, second in known_order))
        told.append(_bounds(_differences(gaps, systems)))
    offsets = ibis.union(*told)
    corrected = offset_s(offsets.system, systems) - offset_s(offsets.against, systems)
    shown = offsets.mutate(corrected_s=corrected.cast("float64"))
    columns = (*_PAIR, "pairs", "offset_s", "low_s", "high_s", "corrected_s", "tells")
    return shown.select(*columns).order_by("system", "against", _.method.desc())


def _medians(differences: Table) -> Table:
    """The median of each two systems' differences, and its interval."""
    of_pair = ibis.window(group_by=["system", "against"])
    in_order = ibis.window(group_by=["system", "against"], order_by="lag_s")
    placed = differences.mutate(place=ibis.row_number().over(in_order) + 1, pairs=_.count().over(of_pair))
    lowest = _interval_rank(placed.pairs)
    return (
        placed.group_by("system", "against")
        .agg(
            method=ibis.literal(MIRRORED),
            pairs=_.count(),
            offset_s=_.lag_s.median(),
            low_s=_.lag_s.min(where=placed.place == lowest),
            high_s=_.lag_s.max(where=placed.place == placed.pairs + 1 - lowest),
            tells=ibis.literal(ESTIMATE),
        )
        .select(*_PAIR, "pairs", "offset_s", "low_s", "high_s", "tells")
    )


def _bounds(differences: Table) -> Table:
    """The bounds of each two systems' offset; no row where no difference is impossible."""
    gaps = differences.mutate(gap=_.forward.ifelse(_.lag_s, -_.lag_s))
    of_pair = ibis.window(group_by=["system", "against"])
    in_order = ibis.window(group_by=["system", "against", "forward"], order_by="gap")
    gaps = gaps.mutate(pairs=(_.gap < 0).cast("int64").sum().over(of_pair), place=ibis.row_number().over(in_order))
    gaps = gaps.filter((_.pairs > 0) & (_.place == _.pairs // _DROPPED))
    bounds = gaps.group_by("system", "against", "pairs").agg(
        below=_.lag_s.max(where=~_.forward), above=_.lag_s.min(where=_.forward)
    )
    contradicted = (bounds.below > bounds.above).fill_null(False)
    near = ibis.ifelse((bounds.above < 0).fill_null(False), bounds.above, bounds.below)
    between = ((bounds.above - bounds.below) < near.abs()).fill_null(False)
    tells = ibis.cases((contradicted, CONTRADICTION), (between, ESTIMATE), else_=AT_LEAST)
    middle = (bounds.below + bounds.above) / 2
    return bounds.select(
        "system",
        "against",
        "pairs",
        method=ibis.literal(KNOWN_ORDER),
        offset_s=(contradicted | between).ifelse(middle, near),
        low_s=contradicted.ifelse(bounds.above, bounds.below),
        high_s=contradicted.ifelse(bounds.below, bounds.above),
        tells=tells,
    ).select(*_PAIR, "pairs", "offset_s", "low_s", "high_s", "tells")


def offset_s(system: StringValue, systems: Mapping[str, System]) -> NumericValue:
    """The declared `clock_offset` of a system, in seconds; 0.0 where none is declared."""
    declared = [(name, own.clock_offset // _MICROSECOND) for name, own in systems.items() if own.clock_offset]
    return (system.cases(*declared, else_=0) if declared else ibis.literal(0)) / 1_000_000


def _differences(pairs: Table, systems: Mapping[str, System]) -> Table:
    """The differences of the times as exported, `lag_s`: the later-ranked of the systems `one` and `other`, which is
    `system`, minus the first, `against`; `forward` where `one` is `system`.

    `pairs` has the times of `one` minus those of `other`, clocks set right, as `lag_s`.
    """
    recorded = pairs.lag_s + offset_s(pairs.one, systems) - offset_s(pairs.other, systems)
    pairs = pairs.mutate(lag_s=recorded)
    ranked = sorted(systems, key=lambda name: (systems[name].rank, name))
    places = {name: place for place, name in enumerate(ranked)}
    one, other = (pairs[name].cases(*places.items(), else_=len(places)) for name in ("one", "other"))
    ahead = (one > other) | ((one == other) & (pairs.one > pairs.other))
    return pairs.select(
        system=ahead.ifelse(pairs.one, pairs.other),
        against=ahead.ifelse(pairs.other, pairs.one),
        lag_s=ahead.ifelse(pairs.lag_s, -pairs.lag_s).cast("float64"),
        forward=ahead,
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
