"""Checks of labels: activities and departments whose names are doubtful. They compare distinct labels, not events."""

from collections.abc import Iterator
from typing import Literal

import pandas as pd
from ibis import _
from ibis.expr.types import StringValue, Table

from procmine import engine
from procmine.assemble.findings.finding import Check, tally, words

ALIKE = Check("label differs only in case, space or width", "Map it to the usual label under activities or departments")
MISSPELT = Check("label like a far more frequent one", "If it is a slip, map it to the usual label under activities")
POLLUTED = Check("label with a number that changes", "Map the labels to one name and keep the number as an attribute")
NOT_ALLOWED = Check("label not allowed", "Map it under activities, add it to expect.activities, or correct the export")
SYNONYMS = Check("two labels in the same place", "If they mean the same, map one to the other under activities")
HOMONYMS = Check("one label in unlike places", "If it means two things, give each system's step its own name")

Column = Literal["activity", "department"]

_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
"""Full-width forms of Latin letters, digits and signs, and the plain ones."""
_MOST_LABELS = 1_000
"""Pairs of labels are compared, so a log with more has its rarest left out; it is told that its labels are polluted."""
_PER_CHANGE = 5
_RARE = 10
_POLLUTED_LABELS = 10
_SAME_PLACE = 0.9
_ENOUGH = 30


def doubtful(log: Table, usual: pd.DataFrame) -> Iterator[Table]:
    """The findings of labels that always run; `usual` has the log's activities and departments and their `events`."""
    columns: tuple[Column, ...] = ("activity", "department")
    for column in columns:
        counts = usual.groupby(column)["events"].sum()
        distorted = alike(counts)
        if len(distorted):
            yield of_labels(log, column, distorted, ALIKE)
        slips = misspelt(counts.drop(distorted["label"]), column, log)
        if len(slips):
            yield of_labels(log, column, slips, MISSPELT)
        if column == "activity" and (numbered := polluted(counts)):
            concerned = engine.table(pd.DataFrame({"activity": numbered}))
            yield tally(log.semi_join(concerned, "activity"), POLLUTED, example=_.activity)


def alike(counts: pd.Series) -> pd.DataFrame:
    """Distorted labels: those that become a more frequent one without case, space, hyphens and full-width forms.

    `counts` has the events of each label. One row a label: `label` and the `usual` one (pattern 9 of Suriadi, Andrews,
    ter Hofstede and Wynn, Information Systems 64, 2017).
    """
    labels = pd.DataFrame({"label": counts.index.astype(str), "events": counts.to_numpy()})
    narrow = labels["label"].str.translate(_NARROW).str.lower()
    labels["key"] = narrow.str.replace(r"[\s_\-–—]+", "", regex=True)
    labels = labels[labels["key"] != ""].sort_values(["events", "label"], ascending=[False, True])
    labels["usual"] = labels.groupby("key")["label"].transform("first")
    return labels.loc[labels["label"] != labels["usual"], ["label", "usual"]]


def misspelt(counts: pd.Series, column: Column, log: Table) -> pd.DataFrame:
    """Labels one change (of five letters; two of ten, …) away from another that is ten times as frequent.

    One row a label: `label` and the `usual` one. daqapo's `detect_similar_labels` compares all pairs by an absolute
    edit distance, which takes codes such as T06 and T07 for one; so labels that differ in digits are left out, and so
    are pairs that occur in one order, for a slip replaces the right label. The engine counts changes in bytes.
    """
    some = counts.sort_index().sort_values(ascending=False, kind="stable").head(_MOST_LABELS)
    labels = pd.DataFrame({"label": some.index.astype(str), "events": some.to_numpy()})
    if len(labels) < 2 or labels["events"].max() < _RARE * labels["events"].min():
        return pd.DataFrame(columns=["label", "usual"])
    rare = engine.table(labels)
    often = rare.view()
    allowed = (rare.label.length() // _PER_CHANGE) * engine.bytes_of(rare.label) // rare.label.length()
    near = rare.join(
        often,
        [
            rare.events * _RARE <= often.events,
            _digits(rare.label) == _digits(often.label),
            engine.edit_distance(rare.label, often.label) <= allowed,
        ],
    ).select(label=rare.label, usual=often.label, events=often.events)
    pairs = engine.collect(near.group_by("label").agg(usual=_.usual.argmax(_.events)).order_by("label"))
    if pairs.empty:
        return pairs
    named = log.filter(_[column].isin([*pairs["label"], *pairs["usual"]])).select("case_id", label=_[column]).distinct()
    slips = named.inner_join(engine.table(pairs), "label")
    both = slips.semi_join(named.view().rename(usual="label"), ["case_id", "usual"]).select("label").distinct()
    return pairs[~pairs["label"].isin(engine.collect(both)["label"])]


def polluted(counts: pd.Series) -> list[str]:
    """Labels that differ in numbers only, ten or more of a kind, which name fewer than ten events each on average.

    The number is an order's, a date or a counter that belongs into an attribute (pattern 8 of Suriadi et al. 2017).
    """
    labels = pd.DataFrame({"label": counts.index.astype(str), "events": counts.to_numpy()})
    labels["shape"] = labels["label"].str.replace("[0-9]+", "#", regex=True)
    events = labels.groupby("shape")["events"].transform
    numbered = (events("count") >= _POLLUTED_LABELS) & (events("mean") < _RARE)
    return sorted(labels.loc[numbered, "label"])


def of_labels(log: Table, column: Column, pairs: pd.DataFrame, check: Check) -> Table:
    """The finding for doubtful labels: `pairs` has `label` and `usual`."""
    events = log.select("case_id", "source", label=_[column]).inner_join(engine.table(pairs), "label")
    return tally(events, check, example=_.label + " → " + _.usual)


def not_allowed(log: Table, allowed: list[str]) -> Table:
    """Events whose activity is none of the allowed labels (daqapo's `detect_incorrect_activity_names`)."""
    return tally(log.filter(_.activity.notin(allowed)), NOT_ALLOWED, example=words(_.activity, _.case_id))


def synonymous(log: Table) -> Table:
    """Two activities, never in one order, that come after the same and before the same: perhaps one, named twice.

    Each at least 30 times; the cosine of their predecessors' counts is at least 0.9, and so is that of their
    successors' (pattern 10 of Suriadi et al. 2017). The branches of a choice look like this too.
    """
    follows = log.filter(_.next_activity.notnull()).group_by(a="activity", b="next_activity").agg(n=_.count())
    after = _cosines(follows.select(of="a", other="b", n="n"))
    before = _cosines(follows.select(of="b", other="a", n="n"))
    pairs = after.inner_join(before, ["first", "second"])
    pairs = pairs.filter((_.cosine >= _SAME_PLACE) & (_.cosine_right >= _SAME_PLACE)).select("first", "second")
    often = log.group_by("activity").agg(events=_.count()).filter(_.events >= _ENOUGH)
    pairs = pairs.semi_join(often, [("first", "activity")]).semi_join(often.view(), [("second", "activity")])
    in_order = log.select("case_id", first="activity").distinct()
    both = in_order.inner_join(pairs, "first").semi_join(in_order.view().rename(second="first"), ["case_id", "second"])
    alone = pairs.anti_join(both, ["first", "second"])
    events = log.inner_join(alone, [("activity", "first")])
    return tally(events, SYNONYMS, example=_.first + " = " + _.second)


def homonymous(log: Table) -> Table:
    """An activity of two systems that is never followed by the same: perhaps two, named alike.

    Each at least 30 times (pattern 11 of Suriadi et al. 2017).
    """
    by_system = log.filter(_.next_activity.notnull() & _.system.notnull())
    follows = by_system.group_by("activity", "system", "next_activity").agg(n=_.count())
    often = follows.group_by("activity", "system").agg(events=_.n.sum()).filter(_.events >= _ENOUGH)
    several = often.group_by("activity").agg(systems=_.count()).filter(_.systems > 1)
    shared = (
        follows.semi_join(often, ["activity", "system"])
        .group_by("activity", "next_activity")
        .agg(systems=_.count())
        .filter(_.systems > 1)
    )
    apart = several.anti_join(shared, "activity")
    return tally(log.semi_join(apart, "activity"), HOMONYMS, example=words(_.activity, _.system))


def _digits(label: StringValue) -> StringValue:
    return label.re_replace("[^0-9]+", " ")


def _cosines(follows: Table) -> Table:
    """By `first` < `second`: the `cosine` of their counts over `other`."""
    other = follows.view()
    dot = follows.join(other, [follows.other == other.other, follows.of < other.of])
    products = dot.select(first=follows.of, second=other.of, product=follows.n * other.n)
    sums = products.group_by("first", "second").agg(dot=_.product.sum())
    size = follows.group_by("of").agg(size=(_.n * _.n).sum().sqrt())
    sized = sums.inner_join(size.rename(first="of", one="size"), "first")
    sized = sized.inner_join(size.view().rename(second="of", two="size"), "second")
    return sized.select("first", "second", cosine=_.dot / (_.one * _.two))
