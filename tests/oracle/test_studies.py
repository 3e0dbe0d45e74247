"""Studies of real exports against figures worked out by others, and against independent counts of the same files."""

import csv
import gzip
import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from conftest import STUDIES, rows
from procmine import engine, measure
from procmine.mine import conformance, read_flow
from procmine.study import Study, open_study


def opened(name: str) -> Study:
    return open_study(STUDIES / name)


def records(path: Path) -> list[dict[str, str]]:
    reader = gzip.open if path.suffix == ".gz" else open
    with reader(path, "rt", encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def sequences(study: Study) -> dict[str, list[tuple[pd.Timestamp, str]]]:
    """The times and activities of each order, by position."""
    found = defaultdict(list)
    log = study.log().select("case_id", "position", "timestamp", "activity")
    for case, _, time, activity in sorted(engine.collect(log).itertuples(index=False, name=None)):
        found[case].append((time, activity))
    return found


@pytest.mark.parametrize("name", ["two-systems", "olist", "loan-designed", "loan-without-approval", "running-example"])
def test_every_row_of_every_export_is_accounted_for(shared, name):
    study = opened(name)
    ledger = study.ledger()
    read = ledger.groupby("source")["rows"].sum().to_dict()
    files = {source.file for source in study.file.sources.values()}
    assert read == {file: len(records(study.folder / "exports" / file)) for file in files}
    assert ledger["events"].sum() == engine.scalar(study.log().count())
    aside = ~ledger["reason"].isin(["event", "link", "order attributes"])
    assert ledger.loc[aside, "rows"].sum() == sum(
        engine.scalar(study.set_aside(source).count()) for source in study.file.sources
    )


@pytest.fixture
def rewritten(tmp_path: Path) -> Callable[..., Study]:
    """A copy of a study with the rows of its exports in another order, and that many exports of each made of one."""

    def write(name: str, seed: int) -> Study:
        folder = tmp_path / str(seed) / name
        (folder / "exports").mkdir(parents=True)
        for path in (STUDIES / name).iterdir():
            if path.is_file():
                shutil.copy(path, folder / path.name)
        for source in opened(name).file.sources.values():
            shuffled(STUDIES / name / "exports" / source.file, folder / "exports" / source.file, seed)
        return open_study(folder)

    return write


def shuffled(path: Path, target: Path, seed: int) -> None:
    found = records(path)
    random.Random(seed).shuffle(found)
    writer = gzip.open if path.suffix == ".gz" else open
    with writer(target, "wt", encoding="utf-8", newline="") as out:
        to = csv.DictWriter(out, fieldnames=list(found[0]))
        to.writeheader()
        to.writerows(found)


@pytest.mark.parametrize("name", ["two-systems", "loan-designed"])
def test_the_order_of_rows_changes_nothing(shared, rewritten, name):
    study, other = opened(name), rewritten(name, 7)
    assert study.findings().empty
    log, again = (one.log().drop("source_row") for one in (study, other))
    pd.testing.assert_frame_equal(engine.collect(log), engine.collect(again))
    for table in (measure.follows, measure.variants, measure.rework, measure.cases):
        pd.testing.assert_frame_equal(engine.collect(table(study.log())), engine.collect(table(other.log())))
    of_rows = [one.ledger().drop(columns="first_row") for one in (study, other)]
    pd.testing.assert_frame_equal(*of_rows)


def test_ties_are_counted_where_only_rows_decide(shared, rewritten):
    """Six requests of the book have no two events at one time; 4 review answers of Olist share one with another row."""
    assert opened("running-example").findings().empty
    found = opened("olist").findings().set_index("check")["rows"]
    answers = Counter()
    for review in records(opened("olist").folder / "exports" / "olist_order_reviews_dataset.csv"):
        answers[review["order_id"], "asked", review["review_creation_date"]] += 1
        answers[review["order_id"], "answered", review["review_answer_timestamp"]] += 1
    assert found["order decided only by the row in the export"] == sum(n - 1 for n in answers.values() if n > 1)


class TestTwoSystems:
    def test_orders_events_and_variants(self, shared):
        log = opened("two-systems").log()
        assert engine.scalar(log.case_id.nunique()) == 1434
        assert engine.scalar(log.count()) == 8577
        assert engine.scalar(measure.variants(log).count()) == 116

    def test_every_sequence_is_that_of_the_log_before_it_was_split(self, shared):
        expected = defaultdict(list)
        for row in records(shared / "two-systems" / "expected_receipt.csv.gz"):
            expected[row["case:concept:name"]].append(row["concept:name"])
        found = sequences(opened("two-systems"))
        assert {case.removeprefix("LEFT_"): [step for _, step in steps] for case, steps in found.items()} == expected

    def test_orders_of_one_system_only(self, shared):
        log = opened("two-systems").log()
        systems = defaultdict(set)
        for case, system in rows(log, "case_id", "system"):
            systems[case].add(system)
        assert Counter(map(frozenset, systems.values())) == {frozenset({"even", "odd"}): 1318, frozenset({"even"}): 116}


class TestOlist:
    def test_orders_by_status(self, shared):
        log = opened("olist").log()
        first = log.filter(log.position == 1)
        assert Counter(status for (status,) in rows(first, "case:order_status")) == {
            "delivered": 2904,
            "shipped": 38,
            "canceled": 24,
            "unavailable": 17,
            "invoiced": 9,
            "processing": 8,
        }
        assert Counter(status for (status,) in rows(first, "case:status")) == {
            "finished": 2904,
            "cancelled": 41,
            "open": 55,
        }

    @pytest.mark.parametrize(
        ("activity", "without"),
        [
            ("Shipping limit", 24),
            ("Ask for review", 21),
            ("Answer review", 21),
            ("Approve payment", 9),
            ("Purchase", 0),
        ],
    )
    def test_orders_that_lack_a_step(self, shared, activity, without):
        log = opened("olist").log()
        assert 3000 - engine.scalar(log.filter(log.activity == activity).case_id.nunique()) == without

    def test_handed_over_before_approval(self, shared):
        place = {
            (case, activity): position
            for case, activity, position in rows(opened("olist").log(), "case_id", "activity", "position")
        }
        handed = [case for case, activity in place if activity == "Hand to carrier"]
        approved = [case for case in handed if (case, "Approve payment") in place]
        assert sum(place[case, "Hand to carrier"] < place[case, "Approve payment"] for case in approved) == 50

    def test_delivered_after_the_estimated_date(self, shared):
        log = opened("olist").log()
        late = log.filter((log.activity == "Deliver") & (log.timestamp > log["case:estimated_delivery"]))
        assert engine.scalar(late.count()) == 231

    def test_local_times_are_moved_by_the_clock_of_the_day(self, shared):
        exported = {
            row["order_id"]: row["order_purchase_timestamp"]
            for row in records(opened("olist").folder / "exports" / "olist_orders_dataset.csv")
        }
        log = opened("olist").log()
        offsets = Counter()
        for case, time in rows(log.filter(log.activity == "Purchase"), "case_id", "timestamp"):
            local = pd.Timestamp(exported[case])
            expected = local.tz_localize("America/Sao_Paulo", ambiguous=False, nonexistent="shift_forward")
            assert time == expected
            offsets[expected.utcoffset()] += 1
        assert len(offsets) == 2

    def test_orders_leave_the_designed_flow_where_they_lack_items_or_approval(self, shared):
        study = opened("olist")
        assert study.designed_flow is not None
        deviations = conformance(study.log(), read_flow(study.designed_flow)).deviations
        found = defaultdict(set)
        for case, kind, activity in rows(deviations, "case_id", "kind", "activity"):
            found[kind, activity].add(case)
        assert len(found["skipped", "Shipping limit"]) == 24
        assert len(found["skipped", "Approve payment"] - found["unplanned", "Approve payment"]) == 9

    def test_attributes_arrive_over_one_and_two_links(self, shared):
        study = opened("olist")
        folder = study.folder / "exports"
        items = defaultdict(set)
        for row in records(folder / "olist_order_items_dataset.csv"):
            items[row["order_id"]].add(row["product_id"])
        category = {
            row["product_id"]: row["product_category_name"] for row in records(folder / "olist_products_dataset.csv")
        }
        english = {
            row["product_category_name"]: row["product_category_name_english"]
            for row in records(folder / "product_category_name_translation.csv")
        }
        log = study.log()
        for case, found in rows(log.filter(log.position == 1), "case_id", "case:category"):
            named = {english[category[product]] for product in items[case] if category[product] in english}
            assert found == (min(named) if named else None)


class TestLoans:
    def test_all_of_the_designed_log(self, shared):
        log = opened("loan-designed").log()
        assert engine.scalar(log.case_id.nunique()) == 500
        assert engine.scalar(log.count()) == 3620
        assert engine.scalar(measure.variants(log).count()) == 18
        assert engine.scalar(log.start.isnull().sum()) == 0
        assert engine.scalar((log.start > log.timestamp).sum()) == 0

    def test_the_log_without_one_activity(self, shared):
        whole, lacking = sequences(opened("loan-designed")), sequences(opened("loan-without-approval"))
        assert sum(map(len, lacking.values())) == 3310
        taken = [case for case, steps in whole.items() if "Approve loan offer" in [step for _, step in steps]]
        assert len(taken) == 310
        for case in taken:
            whole[case] = [event for event in whole[case] if event[1] != "Approve loan offer"]
        assert lacking == whole


class TestRunningExample:
    def test_follows_is_the_published_relation(self, shared):
        assert dict(published(shared / "running-example" / "running-example.dfg")) == {
            (first, second): count
            for first, second, count in rows(
                measure.follows(opened("running-example").log()), "activity", "next_activity", "count"
            )
        }

    def test_six_requests_six_ways(self, shared):
        log = opened("running-example").log()
        assert rows(measure.variants(log), "count") == [(1,)] * 6
        assert rows(measure.cases(log), "case_id", "events") == [
            (case, n) for case, n in zip("123456", [5, 5, 9, 5, 13, 5], strict=True)
        ]


def published(path: Path) -> Iterator[tuple[tuple[str, str], int]]:
    """The arcs of a .dfg file: activities by number, first and last ones, then `a>bxn`."""
    lines = path.read_text().split("\n")
    names = lines[1 : 1 + int(lines[0])]
    for line in lines:
        if ">" in line:
            arc, count = line.split("x")
            first, second = arc.split(">")
            yield (names[int(first)], names[int(second)]), int(count)
