"""Events that were recorded twice: in two equal rows of one source, or by two systems as a study declares."""

from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.datatypes as dt
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.lineage import with_export, with_place
from procmine.assemble.mapping import StudyFile
from procmine.assemble.mapping.evidence import Mirror
from procmine.assemble.reading import Export
from procmine.assemble.reasons import EXACT, MIRRORED
from procmine.assemble.rows import CELL, ROW
from procmine.assemble.times import days
from procmine.schema import LINE

_DOUBLES: dict[str, dt.DataType] = {
    "source": dt.string,
    "source_row": dt.int64,
    "place": dt.int64,
    "reason": dt.string,
    "kept": dt.string,
    "case_id": dt.string,
    "activity": dt.string,
    "system": dt.string,
    "kept_system": dt.string,
    "lag_s": dt.float64,
}


def doubles_of(
    study: StudyFile,
    candidates: Mapping[str, Table],
    rows: Mapping[str, Table],
    exports: Mapping[str, Sequence[Export]],
    scratch: engine.Scratch,
) -> Table:
    """The events that are doubles, one row each; `candidates` and `rows` are those of each source.

    - source, source_row, place: the event, by its source's name in the study and the row's number in the source
    - reason: `EXACT` (its row equals one before it in every column that the study reads) or `MIRRORED` (a source that
      the study would rather keep has the same activity of the same order near in time; every kept event explains one
      event of each other source, the nearest; of equally near ones, as they follow each other: by the export's own
      sequence column, else by its rows)
    - kept: "boss_orders.csv, row 17"
    - case_id, activity
    - system, kept_system, lag_s: who recorded the two, and how many seconds the kept one came earlier; no lag where one
      of them is a date
    """
    tables = [engine.nothing(_DOUBLES)]
    for name, source in study.sources.items():
        if source.doubles == "set_aside":
            tables.append(_exact(candidates[name], rows[name], exports[name], name=name))
    for mirror in study.mirrors:
        known = ibis.union(*tables)
        dropped = _free(candidates[mirror.drop], known, name=mirror.drop)
        kept = _free(candidates[mirror.keep], known, name=mirror.keep)
        pairs = scratch.materialized(_near(dropped, kept, mirror))
        matches = _one_to_one(pairs, scratch)
        tables.append(_mirrored(matches, mirror, exports[mirror.keep]))
    return scratch.materialized(ibis.union(*tables))


def without_doubles(found: Table, doubles: Table, *, name: str) -> Table:
    """The candidates of the source `name` with the reason of each double as its `problem`."""
    told = doubles.filter(_.source == name).select("source_row", "place", "reason")
    joined = found.left_join(told, ["source_row", "place"])
    return joined.mutate(problem=_.problem.coalesce(_.reason)).select(found.columns)


def doubles_told(doubles: Table, exports: Mapping[str, Sequence[Export]]) -> Table:
    """`doubles` as they are stored: `export` names the export of each, and `source_row` is the row there."""
    parts = [
        with_export(doubles.filter(_.source == name), own, row="source_row", export="export")
        for name, own in exports.items()
    ]
    together = ibis.union(*parts)
    return together.relocate("export", after="source").order_by("source", "export", "source_row", "place")


def kept_rows(doubles: Table, *, name: str) -> Table:
    """For each row of the source `name` with doubles, `source_row` and `kept`: what was kept for its first."""
    return doubles.filter(_.source == name).group_by("source_row").agg(kept=_.kept.argmin(_.place))


def _exact(found: Table, rows: Table, exports: Sequence[Export], *, name: str) -> Table:
    cells = [column for column in rows.columns if column.startswith(CELL)]
    first = rows[ROW].min().over(group_by=cells)
    again = rows.select(source_row=_[ROW], first=first).filter(_.source_row != _.first)
    events = found.filter(_.problem.isnull()).join(again, "source_row")
    return _double(events.mutate(kept_system=_.system, lag_s=0.0, kept_row=_.first), exports, name=name, reason=EXACT)


def _free(found: Table, known: Table, *, name: str) -> Table:
    """The events of a source that are no doubles as far as is known."""
    events = found.filter(_.problem.isnull())
    return events.anti_join(known.filter(_.source == name), ["source_row", "place"])


def _near(dropped: Table, kept: Table, mirror: Mirror) -> Table:
    """Every pair of a `dropped` and a `kept` event that may be one action: of one order, near in time, and not known to
    be about two different lines of it.

    `gap` is the time between them in µs, of a date to the nearest moment of its day; `turns` how far they are
    apart in number, each counted among the events of this activity that its source has of the order.
    """
    one, other = (_times(table, mirror.activity) for table in (dropped, kept))
    both = one.join(other, "case_id", rname="kept_{name}")
    gap = ibis.greatest(0, both.begin - both.kept_end, both.kept_begin - both.end)
    lag = ibis.ifelse((both.begin == both.end) & (both.kept_begin == both.kept_end), both.begin - both.kept_begin, None)
    other_line = (both.line != both.kept_line).fill_null(False)
    near = both.filter(gap <= round(mirror.within.total_seconds() * 1e6), ~other_line)
    return near.mutate(gap=gap, turns=(both.turn - both.kept_turn).abs(), lag_s=lag / 1e6)


def _times(events: Table, activity: str) -> Table:
    begin = engine.microseconds(_.timestamp)
    end = engine.microseconds(_[days.DAY_END]) - 1 if days.DAY_END in events.columns else ibis.null("int64")
    times = events.filter(_.activity == activity).mutate(begin=begin)
    times = times.mutate(end=end.coalesce(times.begin))
    in_order = ibis.window(group_by="case_id", order_by=["timestamp", "sequence", "source_row", "place"])
    told = ("case_id", "source_row", "place", "activity", "system", "begin", "end")
    line = times[LINE] if LINE in times.columns else ibis.null("string")
    return times.select(*told, line=line, turn=ibis.row_number().over(in_order))


def _one_to_one(pairs: Table, scratch: engine.Scratch) -> Table:
    """The nearest pairs, each event in one at most: again and again those of which each side is the other's nearest.

    The smallest pair is always among them, so that it ends; nearly always after one round.
    """
    near = ["gap", "turns"]
    event, kept = ["source_row", "place"], ["kept_source_row", "kept_place"]
    matched = []
    while engine.scalar(pairs.count()):
        ranked = pairs.mutate(
            mine=ibis.row_number().over(ibis.window(group_by=event, order_by=near + kept)),
            its=ibis.row_number().over(ibis.window(group_by=kept, order_by=near + event)),
        )
        mutual = ranked.filter((_.mine == 0) & (_.its == 0)).drop("mine", "its")
        matched.append(scratch.materialized(mutual))
        left = pairs.anti_join(matched[-1], event).anti_join(matched[-1], kept)
        pairs = scratch.materialized(left)
    if not matched:
        return pairs
    return ibis.union(*matched)


def _mirrored(matches: Table, mirror: Mirror, exports: Sequence[Export]) -> Table:
    told = matches.mutate(kept_row=_.kept_source_row)
    return _double(told, exports, name=mirror.drop, reason=MIRRORED)


def _double(events: Table, exports: Sequence[Export], *, name: str, reason: str) -> Table:
    """`exports` are those of the source of each `kept_row`."""
    told = with_place(events, exports, row="kept_row", place="kept")
    marked = told.mutate(source=ibis.literal(name), reason=ibis.literal(reason))
    return marked.select(**{column: marked[column].cast(kind) for column, kind in _DOUBLES.items()})
