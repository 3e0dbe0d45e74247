"""The findings of logs whose faults somebody else listed, beside plain counts over the same file."""

import csv
import io
import random
from collections import defaultdict
from datetime import datetime

import pandas as pd
import pytest

from conftest import STUDIES
from procmine.study import open_study

STEPS = ["Registration", "Triage", "Clinical exam", "Treatment", "Treatment evaluation"]


@pytest.fixture
def exported(shared) -> list[dict[str, str]]:
    with (shared / "dirty" / "hospital_actlog.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture
def findings(shared) -> pd.DataFrame:
    return open_study(STUDIES / "hospital").findings()


def of(findings: pd.DataFrame, check: str) -> list[tuple[int, int, str]]:
    chosen = findings.loc[findings["check"] == check, ["rows", "orders", "example"]]
    return sorted(chosen.itertuples(index=False, name=None), key=lambda row: row[2])


class TestHospital:
    def test_all_events_are_in_the_log(self, shared):
        assert open_study(STUDIES / "hospital").ledger()[["reason", "rows"]].to_numpy().tolist() == [["event", 53]]

    def test_missing_values(self, findings, exported):
        assert of(findings, "column not filled") == [
            (1, 1, "event:triagecode · 510.0 · Clinical exam"),
            (2, 2, "resource · 533.0 · 0"),
            (1, 1, "start · 512.0 · Clinical exam"),
        ]
        assert [sum(not row[name] for row in exported) for name in ("triagecode", "originator", "start")] == [1, 2, 1]

    def test_wrong_labels(self, findings, exported):
        assert {row["activity"] for row in exported} - {*STEPS} == {"registration", "Trage", "Triaga", "0"}
        assert of(findings, "label not allowed") == [(4, 4, "0 · 533.0")]
        assert of(findings, "label differs only in case, space or width") == [(1, 1, "registration → Registration")]
        assert of(findings, "label like a far more frequent one") == [(2, 2, "Trage → Triage")]

    def test_durations(self, findings, exported):
        lasted = [
            datetime.fromisoformat(row["complete"]) - datetime.fromisoformat(row["start"])
            for row in exported
            if row["start"]
        ]
        assert [sum(time.total_seconds() < 0 for time in lasted), sum(not time for time in lasted)] == [4, 1]
        assert of(findings, "start later than completion") == [(4, 2, "518.0 · Registration")]
        assert of(findings, "no duration, in an activity that takes time") == [(1, 1, "528.0 · Clinical exam")]

    def test_gaps_between_the_numbers_of_orders(self, findings, exported):
        numbers = {int(float(row["patient_visit_nr"])) for row in exported}
        assert {*range(min(numbers), max(numbers))} - numbers == {511, 513, 514, 515, 516}
        assert of(findings, "order number left out") == [(0, 5, "511, 513–516")]

    def test_activities_in_the_wrong_order(self, findings, exported):
        visits = defaultdict(list)
        for row in sorted(exported, key=lambda row: row["complete"]):
            if row["activity"] in STEPS:
                visits[row["patient_visit_nr"]].append(STEPS.index(row["activity"]))
        wrong = {
            visit: sum(step <= max(steps[:place]) for place, step in enumerate(steps) if place)
            for visit, steps in visits.items()
        }
        assert {visit for visit, number in wrong.items() if number} == {"512.0", "518.0", "521.0", "535.0"}
        [(events, orders, example)] = of(findings, "activity out of the expected order")
        assert (events, orders, example) == (sum(wrong.values()), 4, "512.0 · Clinical exam")

    def test_activities_too_often(self, findings):
        """As daqapo's own documentation prints: registration three times in 518, twice in 535, two exams in 512."""
        assert of(findings, "activity more often than expected") == [
            (1, 1, "512.0 · Clinical exam"),
            (3, 2, "518.0 · Registration"),
        ]

    def test_activities_that_visits_lack(self, findings, exported):
        visits = defaultdict(set)
        for row in exported:
            visits[row["patient_visit_nr"]].add(row["activity"])
        lacking = [sum(step not in steps for steps in visits.values()) for step in STEPS[:3]]
        found = {example.split(" · ")[0]: orders for _, orders, example in of(findings, "required activity missing")}
        assert found == dict(zip(STEPS, lacking, strict=False))

    def test_values_out_of_range(self, findings, exported):
        codes = sum(row["triagecode"] not in {"", "1.0", "2.0", "3.0", "4.0", "5.0"} for row in exported)
        units = sum(row["specialization"] not in {"URG", "TRAU", "PED"} for row in exported)
        found = {example.split(" · ")[0]: number for number, _, example in of(findings, "value out of range")}
        assert found == {"event:triagecode": codes, "event:specialization": units}

    def test_overlaps_of_one_nurse_or_doctor(self, findings, exported):
        whole = [row for row in exported if row["originator"] and row["start"] and row["start"] <= row["complete"]]
        overlapping = 0
        by_start = sorted(whole, key=lambda row: (row["start"], row["complete"]))
        for place, row in enumerate(by_start):
            before = [other for other in by_start[:place] if other["originator"] == row["originator"]]
            overlapping += any(other["complete"] > row["start"] for other in before)
        assert sum(number for number, *_ in of(findings, "overlaps the event before")) == overlapping

    @pytest.mark.parametrize("seed", [1, 2])
    def test_the_order_of_rows_decides_nothing(self, findings, exported, make_study, seed):
        random.Random(seed).shuffle(exported)
        text = io.StringIO()
        export = csv.DictWriter(text, fieldnames=list(exported[0]))
        export.writeheader()
        export.writerows(exported)
        definition = (STUDIES / "hospital" / "study.yaml").read_text(encoding="utf-8")
        shuffled = make_study(definition, {"hospital_actlog.csv": text.getvalue()})
        pd.testing.assert_frame_equal(shuffled.findings(), findings)


class TestNoFalseAlarms:
    @pytest.mark.parametrize("name", ["two-systems", "loan-designed", "loan-without-approval", "running-example"])
    def test_clean_logs(self, shared, name):
        assert open_study(STUDIES / name).findings().empty

    def test_a_shop(self, shared):
        findings = open_study(STUDIES / "olist").findings()
        assert set(findings["check"]) == {
            "several values of an order attribute",
            "order decided only by the row in the export",
            "order without its beginning",
            "time within a change of the clock",
            "nothing recorded for a long time",
        }
        assert of(findings, "order without its beginning") == [
            (3, 3, "1a5d21f44c73693b9930d0ca33a9d0b1 · Ask for review")
        ]
