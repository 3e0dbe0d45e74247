"""Converged broadband behaves as published, before and after its redesign: found in the log of its exports."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from procmine import engine
from procmine.simulate import simulate
from procmine.simulate.converged_broadband import DESCRIBED
from procmine.simulate.converged_broadband.steps import INSTALLERS, ORDER_CENTRE
from procmine.simulate.exports import LAG
from procmine.study import Study, open_study
from raw_exports import raw_export, raw_exports, truth

SEEDS = (8, 9)
ORDERS = 1400
AS_OF = pd.Timestamp(DESCRIBED.last, tz=DESCRIBED.time_zone)
FOLLOW_UP = pd.Timedelta(days=30)
"""Orders placed so shortly before the exports end may still be on their way, and are not judged."""


@dataclass(frozen=True)
class Made:
    """A simulated study, what was assembled of it, and the first time of each activity of each order."""

    folder: Path
    study: Study
    log: pd.DataFrame
    first: pd.DataFrame

    def judged(self, version: str) -> pd.DataFrame:
        """The orders of a version that were placed long enough ago."""
        of_version = self.first["version"] == version
        return self.first[of_version & (self.first["Place order"] < AS_OF - FOLLOW_UP)]

    def withdrawn(self, version: str) -> float:
        """The percentage of orders that were withdrawn, be it after completion."""
        return 100 * self.judged(version)["Withdraw order"].notna().mean()

    def completed(self, version: str) -> float:
        """The percentage of orders that were completed and not withdrawn."""
        orders = self.judged(version)
        return 100 * (orders["Complete order"].notna() & orders["Withdraw order"].isna()).mean()

    def elapsed(self, version: str, last: str) -> pd.Series:
        """The time from an order placed to the activity `last`, in hours, where there is one."""
        orders = self.judged(version)
        return ((orders[last] - orders["Place order"]).dt.total_seconds() / 3600).dropna()


@pytest.fixture(scope="module", params=SEEDS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("broadband") / "study"
    simulate("converged_broadband", orders=ORDERS, seed=request.param, folder=folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROCMINE_HOME", str(tmp_path_factory.mktemp("home")))
        study = open_study(folder)
        log = engine.collect(study.log())
        study.ledger()
    first = log.groupby(["case_id", "activity"]).timestamp.min().unstack()
    return Made(folder, study, log, first.assign(version=log.groupby("case_id")["case:version"].first()))


def test_seven_to_fifteen_days_before_and_two_after(made: Made) -> None:
    before, after = (made.elapsed(version, "Complete order") / 24 for version in ("before", "after"))
    assert 7 <= before.mean() <= 15
    assert before.between(7, 15).mean() > 0.65
    assert abs(after.mean() - 2) <= 0.3


def test_response_an_hour_and_a_half_before_and_at_most_half_an_hour_after(made: Made) -> None:
    before, after = (made.elapsed(version, "Assign order") for version in ("before", "after"))
    assert abs(before.mean() - 1.5) <= 0.2
    assert 0 < after.min() < after.max() <= 0.5


def test_completion_and_withdrawals(made: Made) -> None:
    assert abs(made.completed("before") - 87) <= 2
    assert abs(made.completed("after") - 98.7) <= 1
    assert abs(made.withdrawn("before") - made.withdrawn("after") - 6) <= 1.5


def test_nearly_nobody_enquires_any_more(made: Made) -> None:
    enquiries = made.log[made.log.activity == "Enquire about resources"]["case:version"].value_counts()
    assert enquiries["after"] / enquiries["before"] <= 0.03


def test_nobody_stands_still_but_where_a_document_was_lost(made: Made) -> None:
    faults = truth(made.folder, "faults")
    still = made.first["Complete order"].isna() & made.first["Withdraw order"].isna()
    judged = made.first["Place order"] < AS_OF - 3 * FOLLOW_UP
    assert {*made.first[still & judged].index} <= {*faults[faults.fault == "lost-document"].order}


def test_the_log_has_all_but_what_lost_its_link_and_joins_nothing_wrongly(made: Made) -> None:
    events = truth(made.folder, "events")
    told = truth(made.folder, "records").merge(events, on="event").sort_values("event")
    log = made.log.assign(file=made.log.source.str.split("#").str[0], row=made.log.source_row)
    place = ["file", "row", "activity"]
    log, told = (rows.assign(again=rows.groupby(place).cumcount()) for rows in (log.sort_values("position"), told))
    found = log.merge(told, on=[*place, "again"])
    assert len(found) == len(log)
    assert found.event.is_unique
    assert (found.case_id == found.order).all()
    faults = truth(made.folder, "faults")
    missing = events[~events.event.isin(found.event)]
    assert {*missing.order} <= {*faults[faults.fault == "lost-links"].order}
    assert {*missing.activity} <= {"Place order", "Complete order data"}
    assert len(missing) < 0.001 * len(events)


def test_activation_and_completion_are_recorded_twice(made: Made) -> None:
    exports = raw_exports(made.folder, DESCRIBED.layout)
    activated = (exports["boss_orders"]["开通时间"] != "").sum()
    assert (exports["installer_app"]["工序"] == "业务激活").sum() == activated
    completed = (exports["boss_orders"]["竣工时间"] != "").sum()
    assert (exports["order_centre"]["订单状态"] == "已完结").sum() == completed
    ledger = made.study.ledger()
    assert ledger[ledger.reason == "mirrored"].rows.sum() == activated + completed


def test_the_installers_clock_is_five_minutes_fast(made: Made) -> None:
    exports = raw_exports(made.folder, DESCRIBED.layout)
    boss = exports["boss_orders"].query("开通时间 != ''").set_index("订单编号")
    app = exports["installer_app"].query("工序 == '业务激活' and 订单编号 != ''").set_index("订单编号")
    app = app[app.index.isin(boss.index) & ~app.index.duplicated()]
    times = (pd.to_datetime(rows) for rows in (app["完成时间"], boss["开通时间"].reindex(app.index)))
    ahead = next(times) - next(times)
    assert ahead.between(pd.Timedelta(minutes=5), pd.Timedelta(minutes=5, seconds=LAG)).all()


def test_installers_are_renamed_with_the_redesign(made: Made) -> None:
    form = next(form for form in DESCRIBED.layout.exports if form.file == "installer_app.csv")
    rows = raw_export(made.folder, form)
    installs = rows[(rows["工序"] == "上门安装") & rows["处理部门"].isin(["装维班", "智家工程师团队"])].sort_values(
        "完成时间"
    )
    assert {*installs["处理部门"].head(200)} == {"装维班"}
    assert {*installs["处理部门"].tail(200)} == {"智家工程师团队"}
    assert INSTALLERS in {*made.log.department}


def test_the_order_centre_is_a_machine_after(made: Made) -> None:
    rows = made.log[(made.log.department == ORDER_CENTRE) & made.log["case:version"].notna()]
    assert {*rows[rows["case:version"] == "after"].resource} == {"system"}
    assert "system" not in {*rows[rows["case:version"] == "before"].resource}


def test_steps_have_one_name_and_faults_are_weaker_after() -> None:
    before, after = DESCRIBED.before, DESCRIBED.after
    assert {key: task.name for key, task in before.tasks.items()} == {
        key: task.name for key, task in after.tasks.items()
    }
    strengths = {fault.name: fault.strength for fault in before.faults}
    assert {*strengths} == {fault.name for fault in after.faults}
    assert all(fault.strength <= strengths[fault.name] for fault in after.faults)
