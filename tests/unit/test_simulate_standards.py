"""What the designed flows promise: the time for steps and handoffs, and when departments work."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from procmine.simulate import simulate
from procmine.simulate.flow import Task
from procmine.simulate.writing import FLOWS, describe


@pytest.fixture(scope="module")
def promised(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], pd.DataFrame]:
    folder = tmp_path_factory.mktemp("promised")
    made: dict[str, Path] = {}

    def read(flow: str, table: str) -> pd.DataFrame:
        if flow not in made:
            made[flow] = simulate(flow, orders=5, folder=folder / flow)
        return pd.read_csv(made[flow] / f"{table}.csv", keep_default_na=False)

    return read


@pytest.mark.parametrize("name", FLOWS)
def test_every_step_and_every_handoff_of_the_designed_flow_has_a_standard_for_each_tier(
    name: str, promised: Callable[[str, str], pd.DataFrame]
) -> None:
    flow, standards = describe(name).after, promised(name, "standards")
    steps, handoffs = (standards[standards.kind == kind] for kind in ("step", "handoff"))
    tiers = set(flow.orders.attributes["tier"])
    assert set(steps.activity) == {node.name for node in flow.nodes.values() if isinstance(node, Task)}
    assert (steps.groupby("activity").tier.agg(set) == tiers).all()
    owners = {node.name: node.department for node in flow.nodes.values() if isinstance(node, Task)}
    assert (handoffs.activity.map(owners) == handoffs.to_department).all()
    assert (handoffs.from_department != handoffs.to_department).all()
    assert not handoffs.duplicated(["from_department", "to_department", "activity", "tier"]).any()
    assert (standards.working_hours > 0).all()
    assert (standards.working_hours * 2 % 1 == 0).all()


def test_standards_worked_by_hand(promised: Callable[[str, str], pd.DataFrame]) -> None:
    rows = promised("enterprise_activation", "standards").set_index(["kind", "from_department", "activity", "tier"])
    hours = rows.working_hours
    assert hours["step", "", "Install at customer", "silver"] == 18  # three times six
    assert hours["step", "", "Install at customer", "gold"] == 12  # two thirds of it, 11.7, as full half hours
    # three times eight hours on the way to the installers, two thirds of it for gold: 15.6, as full half hours
    assert hours["handoff", "Network department", "Install at customer", "gold"] == 16
    assert hours["handoff", "Network department", "Install at customer", "bronze"] == 30
    # over two gateways: from dispatch straight to the set-up, where nothing is done at the site
    assert hours["handoff", "Operations and delivery centre", "Configure gateway", "silver"] == 6


@pytest.mark.parametrize("name", FLOWS)
def test_the_hours_are_those_of_every_department_before_and_after(
    name: str, promised: Callable[[str, str], pd.DataFrame]
) -> None:
    hours = promised(name, "hours")
    for version in ("before", "after"):
        flow = getattr(describe(name), version)
        assert set(hours[hours.version == version].department) == set(flow.departments)
        for department in flow.departments.values():  # what the waits are measured by covers all shifts
            for shift in department.shifts:
                assert department.hours is not None
                assert shift.weekdays <= department.hours.weekdays
                within = [(opens, closes) for opens, closes in department.hours.spans]
                assert all(any(o <= s[0] and s[1] <= c for o, c in within) for s in shift.spans)


def test_hours_and_calendar(promised: Callable[[str, str], pd.DataFrame]) -> None:
    hours = promised("enterprise_activation", "hours")
    office = hours[hours.department == "Account management"]
    spans = {("08:30", "12:00", "yes"), ("13:30", "17:30", "yes")}
    assert set(office[["opens", "closes", "keeps_holidays"]].itertuples(index=False, name=None)) == spans
    assert sorted(set(office.weekday)) == [1, 2, 3, 4, 5]
    assert set(office.version) == {"before", "after"}
    machine = hours[hours.department == "Operations and delivery centre"]
    assert set(machine[["opens", "closes"]].itertuples(index=False, name=None)) == {("00:00", "24:00")}
    calendar = promised("enterprise_activation", "calendar").set_index("date")
    assert len(calendar) == 365
    assert calendar.works["2025-10-01"] == "no"
    assert calendar["name"]["2025-10-01"] == "National Day"
    assert calendar.works["2025-09-28"] == "yes"  # a Sunday, worked for the days off in October
    assert calendar.works["2025-09-27"] == "no"
