"""Checks of times: what a clock, a form or a format did to them."""

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import BooleanValue, Table

from procmine import engine
from procmine.assemble.findings.finding import Check, Flag, flagged, stated, tally, words
from procmine.schema import RESOLUTION, START_RESOLUTION
from procmine.sequencing import TIE_BREAKERS

TIES = Check(
    "order decided only by the row in the export",
    "Name the export's sequence column in study.yaml, or read these events as simultaneous",
)
NEGATIVE = Check(
    "start later than completion", "Ask whether the two columns are swapped; leave these events out of durations"
)
ZERO = Check(
    "no duration, in an activity that takes time",
    "Ask whether start and end were entered together; leave these events out of durations",
)
PLACEHOLDER = Check(
    "time is a placeholder", "Have the system export no time where it has none, so that the row is set aside"
)
FORM = Check(
    "several activities of an order at one moment",
    "A form stored them together: their order and the times between them say nothing; merge or rank them",
)
MERGED = Check(
    "two activities always at one moment",
    "One step recorded twice: keep one of the two, or declare the system's own messages as no step",
)
SWAPPED = Check(
    "no day of the month after the 12th", "Month and day seem to be swapped: state the source's time_format"
)
SILENT = Check(
    "nothing recorded for a long time", "Ask for the missing part of the export; measures over this time are too low"
)

_MOMENT_US = 1_000_000
_DAY_US = 86_400 * _MOMENT_US
_YEAR_US = 365 * _DAY_US
_PLAUSIBLE_YEARS = 1, 130
"""Years since 1970: systems fill an unknown time with 1900-01-01, 1970-01-01 or 9999-12-31."""
_SAME_STEP = 0.95
_ENOUGH = 30
_SILENT_DAYS = 14
_SILENT_GAPS = 10


def single_events(log: Table, usual: pd.DataFrame) -> Table:
    """Negative and zero durations and placeholder times, in one pass.

    A duration of zero is a finding only in an activity of which fewer than half of the events have none: others are
    recorded as moments on purpose. `usual` has, by `activity`, how many events are `with_start` and how many `instant`.
    An event whose start or completion is only a date has no known duration.
    """
    counts = usual.groupby("activity")[["with_start", "instant"]].sum()
    timed = counts.index[(counts["instant"] > 0) & (counts["instant"] < counts["with_start"] / 2)]
    example = words(log.case_id, log.activity)
    moment = engine.microseconds(log.timestamp)
    first, last = (years * _YEAR_US for years in _PLAUSIBLE_YEARS)
    whole = exact(log, RESOLUTION) & exact(log, START_RESOLUTION)
    return flagged(
        log,
        [
            Flag(NEGATIVE, (log.start > log.timestamp) & whole, example),
            Flag(ZERO, (log.start == log.timestamp) & log.activity.isin([*timed]) & whole, example),
            Flag(PLACEHOLDER, ~moment.between(first, last), example),
        ],
    )


def exact(log: Table, resolution: str) -> BooleanValue:
    """Whether an event's time is a moment: `RESOLUTION` says it of its completion, `START_RESOLUTION` of its start."""
    return log[resolution].isnull() if resolution in log.columns else ibis.literal(True)


def ties(events: Table, log: Table) -> Table:
    """How many events only the export's row put in order.

    They agree with another event of their order in time, rank of the system and sequence number, and come from another
    row. Every group of n such events counts n − 1. The log says cheaply which times occur twice in an order. `events`
    have the `export` of each, of which a `source` may have several.
    """
    twice = log.filter(_.timestamp == _.next_timestamp).select("case_id", "timestamp").distinct()
    events = events.semi_join(twice, ["case_id", "timestamp"])
    deciding = list(TIE_BREAKERS[: TIE_BREAKERS.index("source")])
    groups = events.group_by("case_id", *deciding).agg(
        events=_.count(),
        source=_.source.min(),
        several=(_.source_row.min() != _.source_row.max()) | (_.export.min() != _.export.max()),
    )
    tied = groups.filter((_.events > 1) & _.several)
    return tally(tied, TIES, example=tied.case_id, rows=(_.events - 1).sum())


def captured_by_form(log: Table) -> Table:
    """Three or more activities of an order that one source recorded at the same moment: form-based event capture.

    Dates are no moments, and are left out. Pattern 1 of Suriadi, Andrews, ter Hofstede and Wynn, "Event log
    imperfection patterns for process mining", Information Systems 64 (2017). Two activities at one moment are common,
    as where one starts when the other ends, so three are asked for.
    """
    again = log.filter((_.timestamp == _.next_timestamp) & (_.activity != _.next_activity) & exact(log, RESOLUTION))
    groups = again.group_by("case_id", "timestamp", "source").agg(
        first=_.activity.min(),
        last=_.next_activity.max(),
        pairs=_.count(),
        some=_.activity.collect(),
        others=_.next_activity.collect(),
    )
    forms = groups.filter((_.pairs >= 2) & (_.some.concat(_.others).unique().length() >= 3))
    return tally(forms, FORM, example=words(_.case_id, _.first, _.last), rows=(_.pairs + 1).sum())


def collateral(log: Table, usual: pd.DataFrame) -> pd.DataFrame:
    """Two activities of which one follows the other within a second nearly every time: one step under two labels.

    At least 30 times, and in 95 % of the events of both. `usual` has `activity` and its `events`. Pattern 7, collateral
    events, of Suriadi et al. (2017): "timestamps that are very close to each other".
    """
    events = usual.groupby("activity")["events"].sum()
    often = events.index[events >= _ENOUGH].to_list()
    if not often:
        return stated([])
    near = engine.microseconds(log.next_timestamp) - engine.microseconds(log.timestamp) <= _MOMENT_US
    close = log.filter(near & (_.activity != _.next_activity) & exact(log, RESOLUTION))
    pairs = engine.collect(
        close.filter(_.activity.isin(often) & _.next_activity.isin(often))
        .group_by("activity", "next_activity", "source")
        .agg(rows=_.count(), orders=_.case_id.nunique())
        .order_by("activity", "next_activity", "source")
    )
    if pairs.empty:
        return stated([])
    total = pairs.groupby(["activity", "next_activity"])["rows"].transform("sum")
    either = pd.concat([pairs["activity"].map(events), pairs["next_activity"].map(events)], axis=1).max(axis=1)
    found = pairs[(total >= _ENOUGH) & (total >= _SAME_STEP * either)]
    columns = ["activity", "next_activity", "source", "rows", "orders"]
    return stated([(MERGED, *counted, f"{one} → {two}") for one, two, *counted in found[columns].to_numpy().tolist()])


def day_profile(log: Table) -> pd.DataFrame:
    """By `source` and `day` (UTC), in their order: its `events`."""
    days = log.group_by("source", number=engine.microseconds(log.timestamp) // _DAY_US).agg(events=_.count())
    frame = engine.collect(days.order_by("source", "number"))
    return frame.assign(day=pd.to_datetime(frame["number"], unit="D", errors="coerce"))


def calendar(days: pd.DataFrame) -> pd.DataFrame:
    """Days that look swapped with months, and stretches of time in which a source recorded nothing.

    Swapped: at least 30 distinct days, of whose events nine in ten fall on the first twelve of a month, where 39 % are
    usual (pattern 3, unanchored event, of Suriadi et al. 2017). Silent: a source with at least 30 days of events has
    none for more than 14 days and ten times its median gap: longer than any holiday, and out of its own rhythm.
    """
    found: list[tuple[Check, str, int, int, str]] = []
    for source, own in days.dropna(subset="day").groupby("source"):
        if len(own) < _ENOUGH:
            continue
        early = own.loc[own["day"].dt.day <= 12, "events"].sum()
        if early >= 0.9 * own["events"].sum():
            found.append((SWAPPED, str(source), int(own["events"].sum()), 0, f"{own['day'].iloc[0]:%Y-%m-%d}"))
        gaps = own["day"].diff().dt.days.iloc[1:]
        if gaps.max() > max(_SILENT_DAYS, _SILENT_GAPS * gaps.median()):
            found.append((SILENT, str(source), 0, 0, _stretch(own["day"], gaps)))
    return stated(found)


def _stretch(days: pd.Series, gaps: pd.Series) -> str:
    after = int(gaps.to_numpy().argmax()) + 1
    begin, end = days.iloc[after - 1] + pd.Timedelta(days=1), days.iloc[after] - pd.Timedelta(days=1)
    return f"{begin:%Y-%m-%d} – {end:%Y-%m-%d}"
