import csv
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
import yaml

from procmine import engine
from procmine.assemble.mapping import StudyFile
from procmine.errors import ProcmineError, SimulationError
from procmine.simulate import simulate, writing
from procmine.simulate.enterprise_activation import FLOW, LAYOUT
from procmine.simulate.flow import Skipped
from procmine.study import open_study

COMMITTED = Path(__file__).resolve().parents[2] / "eventlogs" / "enterprise_activation"
EXPORTS = (*LAYOUT.steps, LAYOUT.statuses, LAYOUT.orders, LAYOUT.links)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(folder=tmp_path_factory.mktemp("simulated") / "study")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def export(study: Path, name: str) -> pd.DataFrame:
    encoding = next(form.encoding for form in EXPORTS if form.file == f"{name}.csv")
    return pd.read_csv(study / "exports" / f"{name}.csv", encoding=encoding, dtype=str, keep_default_na=False)


def truth(study: Path) -> pd.DataFrame:
    return pd.read_csv(study / "truth" / "truth.csv", keep_default_na=False, parse_dates=["start", "completed"])


def with_fault(study: Path, name: str) -> pd.DataFrame:
    events = truth(study)
    return events[events.faults.str.split(";").apply(lambda faults: name in faults)]


def test_the_committed_study_is_what_the_command_makes(study: Path) -> None:
    committed = contents(COMMITTED)
    assert committed.pop("README.md")
    assert committed == contents(study)
    assert sum(path.stat().st_size for path in COMMITTED.rglob("*")) < 1_000_000


def test_equal_arguments_give_equal_bytes_and_another_seed_others(tmp_path: Path) -> None:
    one, again, other = (
        contents(simulate(orders=30, seed=seed, folder=tmp_path / name))
        for name, seed in (("one", 1), ("again", 1), ("other", 2))
    )
    assert one == again
    assert {file for file in one if one[file] != other[file]} >= {"truth/truth.csv", "exports/eoms_steps.csv"}


def test_study_file_is_valid_and_names_what_is_there(study: Path) -> None:
    text = (study / "study.yaml").read_text(encoding="utf-8")
    file = StudyFile.model_validate(yaml.safe_load(text))
    assert {source.file for source in file.sources.values()} == {form.file for form in EXPORTS}
    assert set(file.activities.values()) == {task.name for task in FLOW.tasks.values()} - {"Open billing"}
    exported = {*LAYOUT.departments.values(), *(new for _since, new in LAYOUT.renamed.values())}
    assert set(file.departments) <= exported
    assert set(file.departments.values()) | set(file.owners.values()) == set(FLOW.departments)
    owned = {task.name: task.department for task in FLOW.tasks.values() if task.system in {"OA", "BOSS", "Billing"}}
    assert file.owners == owned
    assert (study / file.designed_flow).is_file()


def test_the_names_in_study_file_are_those_in_which_the_systems_write(study: Path) -> None:
    names = yaml.safe_load((study / "study.yaml").read_text(encoding="utf-8"))["activities"]
    wrong = {task: text for task, text in LAYOUT.activities.items() if names.get(text) != FLOW.tasks[task].name}
    assert wrong == {"open_billing": "开帐"}


def test_every_true_event_is_exported_and_nothing_else(study: Path) -> None:
    counts = Counter(truth(study).activity)
    names = {text: FLOW.tasks[task].name for task, text in LAYOUT.activities.items()}
    found = Counter(names[step] for step in [*export(study, "crm_steps")["环节"], *export(study, "eoms_steps")["工序"]])
    found["Open billing"] = len(export(study, "billing_accounts"))
    orders = export(study, "boss_orders")
    for cell in LAYOUT.orders.cells:
        found[FLOW.tasks[cell.task].name] += int((orders[cell.completed] != "").sum())
    statuses = {status: FLOW.tasks[task].name for (task, _outcome), status in LAYOUT.statuses.done.items()}
    for status in export(study, "oa_approvals")["状态"]:
        assert status in statuses or status in LAYOUT.statuses.begun.values()
        if status in statuses:
            found[statuses[status]] += 1
    assert found == counts
    assert sum(counts.values()) == 5831


def test_exports_keep_the_time_of_the_truth_each_in_its_own_writing(study: Path) -> None:
    events = truth(study)
    eoms = export(study, "eoms_steps")
    site = events[events.activity.isin([FLOW.tasks[key].name for key in LAYOUT.work_orders])]
    assert sorted(pd.to_datetime(eoms["完成时间"])) == sorted(site.completed)
    assert sorted(pd.to_datetime(eoms["开始时间"])) == sorted(site.start)
    opened = pd.to_datetime(export(study, "billing_accounts")["opened_at"])
    assert str(opened.dt.tz) == "UTC"
    local = opened.dt.tz_convert("Asia/Shanghai").dt.tz_localize(None)
    assert sorted(local) == sorted(events[events.activity == "Open billing"].completed)
    changed = pd.to_datetime(export(study, "oa_approvals")["变更时间"], format="%Y/%m/%d %H:%M:%S")
    assert set(events[events.activity == "Run trial"].completed) <= set(changed)


def test_keys_lead_from_each_system_to_the_order(study: Path) -> None:
    events = truth(study)
    orders, crm, eoms = export(study, "boss_orders"), export(study, "crm_steps"), export(study, "eoms_steps")
    links, lost = export(study, "contract_links"), pd.read_csv(study / "truth" / "lost_links.csv")
    assert set(orders["受理编号"]) == set(events.order)
    assert len(links) + len(lost) == len(orders) == 400
    assert 0 < len(lost) <= 12
    contract = dict(zip(links["合同编号"], links["受理编号"], strict=True)) | dict(
        zip(lost.contract, lost.order, strict=True)
    )
    named = crm[crm["合同编号"] != ""]
    assert named["商机编号"].is_unique
    opportunity = {row["商机编号"]: contract[row["合同编号"]] for _, row in named.iterrows()}
    assert Counter(crm["商机编号"].map(opportunity)) == Counter(
        events[events.activity.isin(["Find need", "Analyse need", "Design solution", "Complete order data"])].order
    )
    first = eoms[eoms["受理编号"] != ""].set_index("工单编号")["受理编号"]
    assert first.index.is_unique
    assert set(first.index) == set(eoms["工单编号"])
    assert first.value_counts().max() > 2
    assert set(export(study, "billing_accounts")["account_no"]) == set(orders["帐户号"]) - {""}


def test_no_row_lies_outside_the_window(study: Path) -> None:
    events = truth(study)
    first, last = FLOW.window
    assert (events.start >= first).all()
    assert (events.completed <= last).all()
    assert (events.start <= events.completed).all()


def sequences(study: Path) -> dict[str, list[str]]:
    return truth(study).groupby("order", sort=False).activity.agg(list).to_dict()


def test_planted_faults_are_in_the_exports_where_the_truth_says(study: Path) -> None:
    orders = export(study, "boss_orders").set_index("受理编号")
    ways = sequences(study)
    missing = set(with_fault(study, "missing data").order)
    assert missing == set(orders.index[orders["退单时间"] != ""])
    assert set(orders.loc[list(missing), "退单原因"]) == {"D01", "D02", "D03"}
    looped = set(with_fault(study, "allocation loop").order)
    assert looped == {
        order for order, way in ways.items() if ("Allocate resources", "Survey site") in set(pairwise(way))
    }
    hosted = set(with_fault(study, "hosted box").order)
    assert set(orders.loc[list(hosted), "产品"]) == {"MAS box"}
    assert hosted == {o for o, way in ways.items() if ("Allocate resources", "Configure gateway") in set(pairwise(way))}
    untested = set(with_fault(study, "skipped test").order)
    assert untested == {o for o, way in ways.items() if ("Configure gateway", "Activate service") in set(pairwise(way))}
    early = set(with_fault(study, "early billing").order)
    assert early == {o for o, way in ways.items() if ("Configure gateway", "Open billing") in set(pairwise(way))}
    assert min(map(len, (missing, looped, hosted, untested, early))) >= 10


def test_figures_are_those_of_the_domain(study: Path) -> None:
    events = truth(study)
    journeys = events.groupby("order").agg(begun=("start", "min"), done=("completed", "max"), last=("activity", "last"))
    finished = journeys[journeys["last"] == "Archive order"]
    days = pd.Series([len(pd.bdate_range(row.begun.date(), row.done.date())) for row in finished.itertuples()])
    assert 25 < days.mean() < 35
    assert 0.03 < (days > 44).mean() < 0.2  # two to three months
    assert (journeys["last"] == "Cancel order").sum() == 38
    assert (~journeys["last"].isin(["Archive order", "Cancel order"])).sum() == 40
    faulty = events[events.faults.str.replace("stalled review", "").str.strip(";") != ""].order.nunique()
    assert 0.70 <= 1 - faulty / 400 <= 0.76
    before = events.groupby("order").completed.shift()
    waits = (events.start - before).dt.total_seconds().groupby(events.activity).median().dropna().sort_values()
    assert waits.index[-1] == "Review project"
    others = waits.drop(["Review project", "Accept order", "Extend network"])
    assert min(waits["Review project"], waits["Accept order"]) > 2 * others.max()
    ways = Counter(map(tuple, sequences(study).values()))
    assert sum(count for _way, count in ways.most_common(6)) > 0.55 * 400


def test_a_step_skipped_everywhere_is_exported_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    always = Skipped(name="always", strength=1.0, task="run_trial")
    flow = replace(FLOW, faults=(always,))
    monkeypatch.setattr(writing, "FLOWS", {flow.name: (flow, LAYOUT)})
    statuses = export(simulate(orders=20, folder=tmp_path / "study"), "oa_approvals")["状态"]
    assert "试用完成" not in set(statuses)
    assert "合同签订" in set(statuses)


def test_one_order(tmp_path: Path) -> None:
    folder = simulate(orders=1, folder=tmp_path / "one")
    with (folder / "exports" / "boss_orders.csv").open(encoding="utf-8") as lines:
        assert len(list(csv.reader(lines))) == 2


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    target = tmp_path / "empty"
    target.mkdir()
    assert simulate(orders=2, folder=target) == target
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"orders": 0}, "orders: 0 orders. A whole number from 1."),
        (
            {"flow": "enterprise_activaton"},
            "flow: no flow 'enterprise_activaton'. Did you mean 'enterprise_activation'? Known: enterprise_activation.",
        ),
    ],
)
def test_what_cannot_be_simulated(tmp_path: Path, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(SimulationError) as error:
        simulate(folder=tmp_path / "study", **arguments)
    assert str(error.value) == message
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ProcmineError) as error:
        simulate(orders=2, folder=tmp_path)
    assert str(error.value) == f"{tmp_path}: the folder is not empty. Name a new or an empty folder."
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("below", ["taken", "taken/study"])
def test_a_folder_that_cannot_be_written(tmp_path: Path, below: str) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(
        SimulationError, match=r"the folder cannot be written: .+\. Name a folder in a place you may write to\."
    ):
        simulate(orders=2, folder=tmp_path / below)
    assert (tmp_path / "taken").read_text() == "a file"
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_nothing_is_left_of_a_study_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_flow: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "bpmn", full)
    with pytest.raises(SimulationError, match="cannot be written: No space left on device"):
        simulate(orders=2, folder=tmp_path / "study")
    assert list(tmp_path.iterdir()) == []


def test_the_assembled_log_is_the_truth_less_what_lost_its_link(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROCMINE_HOME", str(tmp_path))
    log = engine.collect(open_study(study).log())
    lost = set(pd.read_csv(study / "truth" / "lost_links.csv").order)
    unlinked = {task.name for task in FLOW.tasks.values() if task.system in {"CRM", "OA"}}
    true = truth(study)
    true = true[~(true.order.isin(lost) & true.activity.isin(unlinked))]
    moments = true.completed.dt.tz_localize(FLOW.time_zone).dt.tz_convert("UTC")
    owners = true.activity.map({task.name: task.department for task in FLOW.tasks.values()})
    assert list(zip(log.case_id, log.activity, log.timestamp, log.resource, log.department, strict=True)) == list(
        zip(true.order, true.activity, moments, true.performer, owners, strict=True)
    )
