"""SIM-card supply behaves as published: steps, lead time and stock staff before and after, found in the raw exports."""

from pathlib import Path

import pandas as pd
import pytest

from procmine import engine
from procmine.simulate import simulate
from procmine.simulate.flow import Decision, Flow
from procmine.simulate.sim_card_supply import DESCRIBED
from procmine.simulate.sim_card_supply.steps import CENTRAL, CITY, COUNTY, NUMBERS, PROVINCE
from procmine.study import open_study
from raw_exports import raw_exports, truth

SEEDS = (7, 8)
STORES = {DESCRIBED.layout.departments[name] for name in (COUNTY, CITY, PROVINCE, CENTRAL)}
ONLY_AGENTS = {"Pay for order", "Approve order"}


@pytest.fixture(scope="module", params=SEEDS)
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cards") / "study"
    return simulate("sim_card_supply", orders=900, seed=request.param, folder=folder)


@pytest.fixture(scope="module")
def exports(study: Path) -> dict[str, pd.DataFrame]:
    return raw_exports(study, DESCRIBED.layout)


@pytest.fixture(scope="module")
def faultless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cards") / "faultless"
    return simulate("sim_card_supply", orders=300, faults={}, folder=folder)


def with_order_attributes(events: pd.DataFrame, study: Path) -> pd.DataFrame:
    """The events with the channel of their order, which the truth leaves to the exports."""
    orders = raw_exports(study, DESCRIBED.layout)["channel_orders"]
    return events.merge(orders[["订货单号", "渠道类型"]], left_on="order", right_on="订货单号")


def lead_days(orders: pd.DataFrame, version: str) -> pd.Series:
    """The days from an order placed to its cards received, of the orders of a version whose cards were received."""
    received = orders[(orders["流程版本"] == version) & (orders["签收时间"] != "")]
    placed, done = (pd.to_datetime(received[column], format="%Y/%m/%d %H:%M:%S") for column in ("下单时间", "签收时间"))
    return (done - placed).dt.total_seconds() / 86400


def test_thirteen_and_nine_steps_before_seven_and_five_after(faultless: Path) -> None:
    events = with_order_attributes(truth(faultless, "events"), faultless)
    finished = events[events.order.isin(events[events.activity == "Receive cards"].order)]
    steps = finished.groupby(["version", "渠道类型", "order"]).size()
    assert {key: {*counts} for key, counts in steps.groupby(level=[0, 1])} == {
        ("before", "agent"): {13},
        ("before", "own hall"): {9},
        ("after", "agent"): {7},
        ("after", "own hall"): {5},
    }


def test_the_first_orders_take_the_old_way_and_the_last_the_new(faultless: Path) -> None:
    events = truth(faultless, "events")
    placed = events[events.activity == "Place order"]
    assert placed[placed.version == "before"].completed.max() <= placed[placed.version == "after"].completed.min()
    old, new = ({*events[events.version == version].activity} for version in ("before", "after"))
    assert new <= old
    assert old - new - {"Cancel order"} == {  # few are, in either
        "Confirm payment",
        "Review order",
        "Request from city store",
        "Request from province store",
        "Stock in at city store",
        "Stock in at county store",
    }


def test_own_halls_neither_pay_nor_ask_for_approval(study: Path) -> None:
    events = with_order_attributes(truth(study, "events"), study)
    assert not ONLY_AGENTS & {*events[events["渠道类型"] == "own hall"].activity}
    assert {*events[events["渠道类型"] == "agent"].activity} >= ONLY_AGENTS


def test_three_to_five_days_before(exports: dict[str, pd.DataFrame]) -> None:
    days = lead_days(exports["channel_orders"], "before")
    assert len(days) > 430
    assert 3 <= days.mean() <= 5
    assert days.between(3, 5).mean() > 0.55
    assert days.min() > 1


def test_within_a_day_after(exports: dict[str, pd.DataFrame]) -> None:
    days = lead_days(exports["channel_orders"], "after")
    assert len(days) > 430
    assert days.mean() < 1
    assert (days <= 1).mean() >= 0.97


def test_nearly_all_orders_are_completed(exports: dict[str, pd.DataFrame]) -> None:
    orders = exports["channel_orders"]
    settled = orders[~orders["结算单号"].duplicated()].assign(
        done=(orders["签收时间"] != "") & (orders["退卡时间"] == "") & (orders["撤单时间"] == "")
    )
    shares = settled.groupby("流程版本").done.mean()
    assert shares["before"] > 0.95
    assert shares["after"] > 0.98


def test_a_quarter_of_the_stock_staff_is_left(study: Path, exports: dict[str, pd.DataFrame]) -> None:
    registers = exports["store_registers"][["仓库", "保管员"]]
    rows = exports["resource_centre"][["处理部门", "处理人"]].set_axis(registers.columns, axis=1)
    people = pd.concat([registers, rows])
    people = people[people["仓库"].isin(STORES)].drop_duplicates()
    central = people["仓库"] == DESCRIBED.layout.departments[CENTRAL]
    assert abs(central.sum() / (~central).sum() - 0.26) <= 0.04


def test_the_checkpoint_is_passed_by_machine_after_the_redesign(study: Path) -> None:
    events = truth(study, "events")
    numbers = events[events.department == NUMBERS]
    assert {*numbers.activity} == {"Synchronise card data"}
    assert {*numbers[numbers.version == "after"].performer} == {"system"}
    assert len({*numbers[numbers.version == "before"].performer}) > 1


def test_only_the_first_row_of_a_requisition_names_its_order(exports: dict[str, pd.DataFrame]) -> None:
    rows = exports["resource_centre"]
    named = rows[rows["订货单号"] != ""]
    assert named["领用单号"].is_unique
    assert {*named["领用单号"]} == {*rows["领用单号"]}
    assert len(rows) > 1.5 * len(named)


def test_deliveries_tell_the_day_of_receipt_again(exports: dict[str, pd.DataFrame]) -> None:
    days = exports["deliveries"]["签收日期"]
    received = exports["channel_orders"]["签收时间"]
    assert len(days) == (received != "").sum()
    assert days.str.contains("00:00:00").all()


def test_a_department_is_renamed_with_the_redesign(exports: dict[str, pd.DataFrame]) -> None:
    rows = exports["resource_centre"]
    approvals = rows[rows["环节"] == "资源审批"].sort_values("完成时间")["处理部门"]
    assert {"市场部终端物资室", "营销资源中心"} < {*approvals}
    assert "营销资源中心" not in {*approvals.head(100)}
    assert "市场部终端物资室" not in {*approvals.tail(100)}


@pytest.mark.parametrize("flow", [DESCRIBED.before, DESCRIBED.after], ids=["before", "after"])
def test_the_way_of_an_order_parts_by_its_channel(flow: Flow) -> None:
    parted = flow.nodes["who_orders"]
    assert isinstance(parted, Decision)
    assert {channel: [branch.weight(channel) for branch in parted.branches] for channel in ("agent", "own hall")} == {
        "agent": [1, 0],
        "own hall": [0, 1],
    }


def test_the_log_has_all_but_what_lost_its_link_and_joins_nothing_wrongly(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROCMINE_HOME", str(tmp_path))
    opened = open_study(study)
    log = engine.collect(opened.log())
    events = truth(study, "events")
    log["file"] = log.source.str.split("#").str[0]
    told = truth(study, "records").merge(events, on="event")
    found = log.merge(told, left_on=["file", "source_row", "activity"], right_on=["file", "row", "activity"])
    assert len(found) == len(log)
    assert found.event.is_unique
    assert (found.case_id == found.order).all()
    faults = truth(study, "faults")
    lost = {*faults[faults.fault == "lost-links"].order}
    missing = events[~events.event.isin(found.event)]
    assert {*missing.order} <= lost
    assert {*missing.activity} == {"Synchronise card data"}
    assert (opened.ledger().query("reason == 'mirrored'").rows > 0).sum() == 2
