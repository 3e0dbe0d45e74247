"""Alignments against answers somebody else worked out: ProM's costs, pm4py's alignments, logs with known faults."""

import csv
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis import _
from ibis.expr.types import Table

from conftest import log_of, rows
from procmine import engine
from procmine.exchange import read_xes
from procmine.mine import conformance, discover, read_flow
from procmine.mine.align import align, cheapest_run
from procmine.mine.bridge import variant_counts
from procmine.mine.net import Net, to_pm4py
from procmine.mine.ties import Ties
from procmine.schema import EVENT
from procmine.sequencing import sequence

STATES = 1_000_000
pytestmark = pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")  # pm4py uses it


def loan_log(path: Path) -> Table:
    frame = pd.read_csv(path, dtype={"case:concept:name": str})
    named = frame.rename(
        columns={"case:concept:name": "case_id", "concept:name": "activity", "org:resource": "resource"}
    )
    named["timestamp"] = pd.to_datetime(named["time:timestamp"], utc=True, format="ISO8601")
    named["source"], named["source_row"] = path.name, range(1, len(named) + 1)
    named = named.reindex(columns=list(EVENT)).astype({"start": "datetime64[us, UTC]"})
    return sequence(engine.table(named, EVENT), by=("timestamp", "source_row"))


def test_loan_log_fits_its_designed_flow(shared: Path) -> None:
    flow = read_flow(shared / "loan-designed" / "LoanApp_simplified.bpmn")
    check = conformance(loan_log(shared / "loan-designed" / "LoanApp_simplified.csv.gz"), flow)
    assert (check.fitness, check.fitting_share) == (1.0, 1.0)
    assert engine.scalar(check.orders.count()) == 500
    assert engine.scalar(check.deviations.count()) == 0


def test_loan_log_without_one_activity(shared: Path) -> None:
    flow = read_flow(shared / "loan-designed" / "LoanApp_simplified.bpmn")
    check = conformance(loan_log(shared / "loan-designed" / "LoanApp_without_approve_loan_offer.csv.gz"), flow)
    assert check.fitting_share == pytest.approx(0.38)
    assert check.unmatched.flow == ("Approve loan offer",)
    assert rows(check.by("activity")) == [("Approve loan offer", 310, 310, 0.62)]
    assert rows(check.by("kind")) == [("skipped", 310, 310, 0.62)]


def test_costs_of_prom(shared: Path) -> None:
    folder = shared / "bpic2013-open"
    lines = (folder / "expected_alignment_costs.csv").read_text(encoding="utf-8").splitlines()
    expected, fitness = {}, {}
    for row in filter(lambda row: row["Trace Fitness"], csv.DictReader(lines[2:])):
        for case in filter(None, (row["Case IDs"] or "").split("|")):
            expected[case] = int(float(row["Raw Fitness Cost"].replace(",", ".")))
            fitness[case] = float(row["Trace Fitness"].replace(",", "."))
    log = read_xes(folder / "BPIC2013-OpenProblems.xes.gz")
    check = conformance(log, read_flow(folder / "BPIC2013-OpenProblems.pnml"))
    found = dict(rows(check.orders, "case_id", "cost"))
    assert found == expected
    assert (len(found), sum(found.values())) == (819, 966)
    assert sum(cost == 0 for cost in found.values()) == 370
    own = dict(rows(check.orders, "case_id", "fitness"))
    assert all(own[case] == pytest.approx(fitness[case], abs=0.0051) for case in own)
    assert engine.scalar(check.deviations.count()) == 966


@pytest.mark.parametrize(("noise", "share", "fitness"), [("00", 1, 1), ("10", 0.91, 0.98209), ("50", 0.5, 0.89912)])
def test_noise(shared: Path, noise: str, share: float, fitness: float) -> None:
    log = read_xes(shared / "noise" / f"a12f0n{noise}.xes.gz")
    check = conformance(log, read_flow(shared / "noise" / "a12.pnml"))
    assert check.fitting_share == pytest.approx(share, abs=1e-9)
    assert check.fitness == pytest.approx(fitness, abs=5e-6)


@pytest.mark.parametrize("form", ["bpmn", "pnml"])
def test_running_example_fits(shared: Path, form: str) -> None:
    folder = shared / "running-example"
    check = conformance(read_xes(folder / "running-example.xes"), read_flow(folder / f"running-example.{form}"))
    assert (check.fitness, check.fitting_share, check.unmatched.log) == (1.0, 1.0, ())


def pm4py_costs(net: Net, variants: list[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    """pm4py's optimal costs: 10,000 a move that does not agree, and 1 or so a silent one."""
    from pm4py.algo.conformance.alignments.petri_net import algorithm
    from pm4py.objects.log.obj import Event, Trace

    made = to_pm4py(net)
    costs = {}
    for variant in variants:
        trace = Trace([Event({"concept:name": name}) for name in variant])
        costs[variant] = int(algorithm.apply_trace(trace, *made)["cost"]) // 10_000
    return costs


@pytest.mark.parametrize("name", ["N1", "N2"])
def test_book_variants_against_pm4py(shared: Path, name: str) -> None:
    folder = shared / "book-fitness"
    variants = [tuple(v.split()) for v in pd.read_csv(folder / "book_L_full_variants.csv")["variant"]]
    net = read_flow(folder / f"book_fig8_2_{name}.pnml").petri
    found = align(net, variants, max_states=STATES)
    assert {variant: alignment.cost for variant, alignment in found.items() if alignment} == pm4py_costs(net, variants)


letters = st.lists(st.lists(st.sampled_from("ABCDE"), min_size=1, max_size=6), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None)
@given(model=letters, log=letters)
def test_small_logs_against_pm4py(model: list[list[str]], log: list[list[str]]) -> None:
    """A model of one random log, the orders of another: equal costs; and ties settled at the same costs."""
    net = discover(log_of(" | ".join(f"{n}: {' '.join(word)}" for n, word in enumerate(model))), noise=0).petri
    variants = sorted({tuple(word) for word in log})
    found = align(net, variants, max_states=STATES)
    costs = {variant: alignment.cost for variant, alignment in found.items() if alignment}
    assert costs == pm4py_costs(net, variants)
    assert cheapest_run(net, max_states=STATES) == pm4py_costs(net, [()])[()]


def test_ties_are_settled_at_the_cost_of_r4pm(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = read_xes(shared / "noise" / "a12f0n50.xes.gz")
    model = discover(log, noise=0.2)
    settled = align(model.petri, list(model.variants), max_states=STATES)
    monkeypatch.setattr("procmine.mine.align._within", lambda *_: False)
    assert align(model.petri, list(model.variants), max_states=STATES) == settled
    monkeypatch.setattr(Ties, "of", staticmethod(lambda net: None))
    plain = align(model.petri, list(model.variants), max_states=STATES)
    assert [a and a.cost for a in settled.values()] == [plain[v] and plain[v].cost for v in settled]


def test_precision_and_discovery_against_pm4py(shared: Path) -> None:
    """On fitting logs with one way to align them, align-ETC is the same figure."""
    import pm4py

    for name in ("running-example/running-example.xes", "noise/a12f0n00.xes.gz"):
        log = read_xes(shared / name)
        model = discover(log, noise=0)
        frame = engine.collect(
            log.select(
                **{
                    "case:concept:name": _.case_id,
                    "concept:name": _.activity,
                    "time:timestamp": _.timestamp,
                    "p": _.position,
                }
            )
        )
        frame["time:timestamp"] = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(frame.pop("p"), unit="h")
        expected = pm4py.precision_alignments(frame, *model.net)
        assert model.quality.precision == pytest.approx(expected)
        assert model.quality.fitness == pytest.approx(1.0)


def test_variants_of_a_log(shared: Path) -> None:
    log = read_xes(shared / "running-example" / "running-example.xes")
    assert variant_counts(log).total() == 6
    assert isinstance(variant_counts(log), Counter)
