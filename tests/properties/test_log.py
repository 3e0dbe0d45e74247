"""What holds of the measures on any log: sums, and that nothing depends on the order of rows or on names."""

import random
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import log_of, rows
from procmine import engine, filters, measure
from procmine.schema import EVENT
from procmine.sequencing import sequence, sequence_all

ACTIVITIES = "ABCD"
DEPARTMENTS = ["", "@s", "@t"]
RESOURCES = ["", "/Ann", "/Bob"]
event = st.tuples(
    st.sampled_from(ACTIVITIES), st.sampled_from(DEPARTMENTS), st.sampled_from(RESOURCES), st.integers(0, 3)
).map(lambda parts: f"{parts[0]}{parts[1]}{parts[2]}+{parts[3]}")
order = st.lists(event, min_size=1, max_size=12).map(" ".join)
typed = st.lists(order, min_size=1, max_size=8).map(
    lambda orders: " | ".join(f"o{number}: {steps}" for number, steps in enumerate(orders))
)
fewer = settings(max_examples=10, deadline=None)
LOOK_AHEAD = ("case_id", "position", "activity", "next_activity", "next_timestamp", "next_department", "occurrence")


def count(table: Any) -> int:
    return int(engine.scalar(table.count()))


@fewer
@given(typed)
def test_sums(text):
    log = log_of(text)
    events, orders = count(log), int(engine.scalar(log.case_id.nunique()))
    follows = engine.collect(measure.follows(log))
    assert follows["count"].sum() == events - orders
    assert (follows["orders"] <= follows["count"]).all()
    variants = engine.collect(measure.variants(log))
    assert variants["count"].sum() == orders
    assert (variants["count"] * variants["events"]).sum() == events
    assert abs(variants["share"].sum() - 1) < 1e-9
    cases = engine.collect(measure.cases(log))
    assert len(cases) == orders
    assert cases["events"].sum() == events
    assert cases["variant"].value_counts().to_dict() == variants.set_index("variant")["count"].to_dict()
    rework = engine.collect(measure.rework(log))
    assert rework["count"].sum() == events - count(log.select("case_id", "activity").distinct())
    assert count(measure.rework_events(log)) == rework["count"].sum()
    assert follows["handoffs"].sum() == count(measure.handoffs(log))


@fewer
@given(typed, st.randoms(use_true_random=False))
def test_rework_of_lines_is_that_of_each_line_alone(text, chance: random.Random):
    events = count(log_of(text))
    lines = [chance.choice([None, "1", "2"]) for _event in range(events)]
    log = log_of(text, **{"event:order_line": lines})
    pieces = engine.collect(measure.rework_events(log))
    frame = engine.collect(log.select("case_id", "position", "activity", "event:order_line"))
    same = frame.fillna("").groupby(["case_id", "activity", "event:order_line"])
    again = frame[same.cumcount() > 0]
    before = same["position"].shift()[again.index]
    found = pieces.set_index(["case_id", "position"])["previous_position"].to_dict()
    assert found == dict(zip(zip(again["case_id"], again["position"], strict=True), before, strict=True))
    assert engine.collect(measure.rework(log))["count"].sum() == len(again)


@fewer
@given(typed)
def test_a_log_made_as_a_whole_is_the_log(text):
    log = log_of(text, **{"event:n": list(range(len(text.replace("|", " ").split()) - text.count(":")))})
    events = log.select(*EVENT, "event:n")
    orders = log.group_by("case_id").agg(**{"case:last": log["event:n"].max()})
    by = ("timestamp", "source_row")
    whole = engine.collect(sequence_all(events, orders, by=by))
    pd.testing.assert_frame_equal(whole, engine.collect(sequence(events.inner_join(orders, "case_id"), by=by)))


@fewer
@given(typed, st.randoms(use_true_random=False))
def test_shuffled_rows_give_the_same_log(text, chance: random.Random):
    log = log_of(text)
    frame = engine.collect(log.select(*EVENT))
    places = list(range(len(frame)))
    chance.shuffle(places)
    again = sequence(engine.table(frame.iloc[places].reset_index(drop=True), EVENT), by=("timestamp", "source_row"))
    pd.testing.assert_frame_equal(engine.collect(again), engine.collect(log))


@fewer
@given(typed)
def test_renaming_activities_renames_the_figures(text):
    """Dearer letters first, so that alphabetical ranks turn over: figures may not."""
    new = dict(zip(ACTIVITIES, ("Z", "Y", "安", "a b"), strict=True))
    log = log_of(text)
    renamed = log.mutate(
        activity=log.activity.cases(*new.items(), else_=None),
        next_activity=log.next_activity.cases(*new.items(), else_=None),
    )
    before = rows(measure.follows(log), "activity", "next_activity", "count", "orders", "elapsed_mean_s")
    after = rows(measure.follows(renamed), "activity", "next_activity", "count", "orders", "elapsed_mean_s")
    assert sorted(((new[a], new[b], *rest) for a, b, *rest in before), key=repr) == after
    paths = {tuple(new[step] for step in path): n for path, n in rows(measure.variants(log), "activities", "count")}
    assert paths == {tuple(path): n for path, n in rows(measure.variants(renamed), "activities", "count")}


@fewer
@given(typed, st.sets(st.sampled_from(ACTIVITIES)))
def test_dropping_events_is_the_log_without_their_rows(text, dropped):
    log = log_of(text)
    kept = filters.drop_activities(log, dropped)
    frame = engine.collect(log.select(*EVENT))
    without = frame[~frame["activity"].isin(dropped)].reset_index(drop=True)
    scratch = sequence(engine.table(without, EVENT), by=("timestamp", "source_row"))
    assert rows(kept, *LOOK_AHEAD) == rows(scratch, *LOOK_AHEAD)
    assert rows(measure.follows(kept)) == rows(measure.follows(scratch))


@fewer
@given(typed, st.sampled_from(ACTIVITIES))
def test_keeping_whole_orders_needs_no_new_sequence(text, activity):
    kept = filters.performing(log_of(text), activity)
    frame = engine.collect(kept.select(*EVENT))
    scratch = sequence(engine.table(frame, EVENT), by=("timestamp", "source_row"))
    assert rows(kept, *LOOK_AHEAD) == rows(scratch, *LOOK_AHEAD)


@fewer
@given(typed)
def test_two_halves_of_a_log_add_up(text):
    log = log_of(text)
    half = log.case_id.isin(["o0", "o2", "o4"])
    parts = [engine.collect(measure.follows(part)) for part in (log.filter(half), log.filter(~half))]
    added = pd.concat(parts).groupby(["activity", "next_activity"])[["count", "orders"]].sum()
    whole = engine.collect(measure.follows(log)).set_index(["activity", "next_activity"])[["count", "orders"]]
    pd.testing.assert_frame_equal(added.sort_index(), whole.sort_index(), check_dtype=False)
