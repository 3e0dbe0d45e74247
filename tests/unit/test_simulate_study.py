import datetime as dt
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from procmine import engine
from procmine.assemble.mapping import ColumnEvents, StatusEvents
from procmine.assemble.mapping.study_file import load_study_file
from procmine.errors import SimulationError
from procmine.simulate import simulate
from procmine.simulate.exports import LAG
from procmine.simulate.faults import ClockSkew
from procmine.simulate.layout import AnyExport, StatusRows, StepRows, WideRows
from procmine.simulate.truth import CAUSES
from procmine.simulate.writing import FLOWS, Described, describe
from procmine.study import open_study
from raw_exports import raw_export, truth

ZONE = "Asia/Shanghai"


@pytest.fixture(scope="module", params=FLOWS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Described, Path]:
    folder = tmp_path_factory.mktemp("simulated") / request.param
    return describe(request.param), simulate(request.param, orders=150, folder=folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("flow", FLOWS)
def test_equal_arguments_give_equal_bytes_and_another_seed_others(tmp_path: Path, flow: str) -> None:
    one, again, other = (
        contents(simulate(flow, orders=40, seed=seed, folder=tmp_path / name))
        for name, seed in (("one", 1), ("again", 1), ("other", 2))
    )
    assert one == again
    promised = {"study.yaml", "designed_flow.bpmn", "standards.csv", "hours.csv", "calendar.csv"}
    assert {name for name in one if one[name] == other[name]} == promised


def test_study_file_is_valid_and_names_what_the_systems_write(made: tuple[Described, Path]) -> None:
    described, study = made
    file = load_study_file(study / "study.yaml")
    forms = {form.file: form for form in described.layout.exports}
    assert {source.file for source in file.sources.values()} == set(forms)
    tasks = described.before.tasks | described.after.tasks
    for source in file.sources.values():
        form = forms[str(source.file)]
        if isinstance(form, StepRows) and form.step is not None:
            assert {file.activities.get(text, text) for text in form.tasks.values()} == {
                tasks[key].name for key in form.tasks
            }
        elif isinstance(form, StatusRows):
            assert isinstance(source.events, StatusEvents)
            named = {text: tasks[key].name for (key, _outcome), text in form.done.items()}
            steps = {text: step for text, step in source.events.activities.items() if step is not None}
            assert {text: file.activities.get(step, step) for text, step in steps.items()} == named
            assert set(source.events.activities) - set(steps) == set(form.begun.values()) - set(named)
        elif isinstance(form, WideRows):
            assert isinstance(source.events, ColumnEvents)
            columns = {
                part.timestamp: file.activities.get(part.activity, part.activity) for part in source.events.columns
            }
            assert columns == {cell.completed: tasks[cell.task].name for cell in form.cells}
    owners = set(file.departments.values()) | set(file.owners.values())
    assert owners <= set(described.before.departments) | set(described.after.departments)
    assert (study / str(file.designed_flow)).is_file()


def test_every_event_is_recorded_at_its_time_on_the_clock_of_its_system(made: tuple[Described, Path]) -> None:
    described, study = made
    events, records = truth(study, "events").set_index("event"), truth(study, "records")
    assert set(records.event) == set(events.index)
    tasks = {task.name: key for flow in (described.before, described.after) for key, task in flow.tasks.items()}
    fast = {fault.at: fault.strength for fault in described.after.faults if isinstance(fault, ClockSkew)}
    for form in described.layout.exports:
        rows = raw_export(study, form)
        own = records[records.file == form.file].join(events, on="event")
        for row, told in own.groupby("row"):
            shown = _shown_times(form, rows.iloc[row - 1])
            true = [moment + pd.Timedelta(minutes=fast.get(form.system, 0)) for moment in told.completed]
            lags = [LAG if tasks[name] in form.mirrored else 0 for name in told.activity]
            assert len(shown) >= len(true)
            for moment, lag in zip(true, lags, strict=True):
                assert any(_agrees(one, moment, lag) for one in shown), (form.file, row, shown, moment)


def _agrees(shown: tuple[pd.Timestamp, bool], moment: pd.Timestamp, lag: int) -> bool:
    when, only_day = shown
    if only_day:
        return when in {moment.normalize(), (moment + pd.Timedelta(seconds=lag)).normalize()}
    return pd.Timedelta(0) <= when - moment <= pd.Timedelta(seconds=lag)


def _shown_times(form: AnyExport, row: pd.Series) -> list[tuple[pd.Timestamp, bool]]:
    """The times in a row, on the clock of the wall in Shanghai, and whether each is a day only."""
    columns = [form.completed] if isinstance(form, StepRows) else [form.changed] if isinstance(form, StatusRows) else []
    columns += [cell.completed for cell in form.cells] if isinstance(form, WideRows) else []
    found = []
    for column in columns:
        if row[column]:
            when = pd.to_datetime(row[column])
            when = when.tz_convert(ZONE).tz_localize(None) if when.tz else when
            found.append((when, form.times.zone is None and "%H" not in form.times.pattern))
    return found


def test_every_row_belongs_to_one_order_and_its_keys_lead_there(made: tuple[Described, Path]) -> None:
    described, study = made
    keys = truth(study, "keys")
    order_of = {(kind, key): order for kind, key, order in keys.itertuples(index=False)}
    assert len(order_of) == len(keys)
    events, records = truth(study, "events").set_index("event"), truth(study, "records")
    assert records.join(events, on="event").groupby(["file", "row"]).order.nunique().max() == 1
    for form in described.layout.exports:
        rows = raw_export(study, form)
        for _place, record in records[records.file == form.file].iterrows():
            own = rows.iloc[record.row - 1][form.key[1]]
            assert order_of[form.key[0], own] == events.order[record.event]


def test_causes_of_waits_add_up_and_events_follow_each_other(made: tuple[Described, Path]) -> None:
    events = truth(made[1], "events")
    waited = (events.start - events.enabled).dt.total_seconds()
    assert (events[list(CAUSES)].sum(axis=1) == waited).all()
    assert (events[list(CAUSES)] >= 0).all(axis=None)
    assert (events.start < events.completed).all()


def test_no_row_lies_outside_the_days_asked_for(tmp_path: Path) -> None:
    first, last = dt.date(2024, 3, 1), dt.date(2024, 7, 1)
    study = simulate(orders=60, first=first, last=last, folder=tmp_path / "study")
    events = truth(study, "events")
    assert events.completed.min() >= pd.Timestamp(first)
    assert events.completed.max() <= pd.Timestamp(last)
    came = events.groupby(["version", "order"]).completed.min()
    assert came["before"].min() < pd.Timestamp("2024-03-10")
    assert pd.Timestamp("2024-05-01") < came["after"].min() < pd.Timestamp("2024-05-12")
    window = load_study_file(study / "study.yaml").window
    assert window is not None
    assert [moment.isoformat() for moment in window.bounds() if moment] == [
        "2024-02-29T16:00:00+00:00",
        "2024-06-30T16:00:00+00:00",
    ]


def test_one_state_alone(tmp_path: Path) -> None:
    for state in ("before", "after"):
        study = simulate(orders=30, state=state, folder=tmp_path / state)
        assert set(truth(study, "events").version) == {state}


def test_registered_twice_has_two_numbers_that_lead_to_one_order(tmp_path: Path) -> None:
    study = simulate(orders=40, faults={"registered-twice": 1}, folder=tmp_path / "study")
    events, keys = truth(study, "events"), truth(study, "keys")
    numbers = keys[keys.kind == "order"].groupby("order").key.agg(list)
    twice = set(events[events.faults == "registered-twice"].order)
    assert len(twice) > 25
    assert {order for order, own in numbers.items() if len(own) == 2} == twice
    assert numbers[sorted(twice)[0]][0] == sorted(twice)[0]


def test_numbers_of_orders_rise_with_time_and_say_nothing_of_other_keys(tmp_path: Path) -> None:
    study = simulate(orders=300, folder=tmp_path / "study")
    keys, events = truth(study, "keys"), truth(study, "events")
    first = events.groupby("order").enabled.min()  # when the order came
    assert first.sort_index().is_monotonic_increasing
    numbers = keys[keys.kind.isin(["order", "contract"])].copy()
    numbers["digits"] = numbers.key.str[-5:].astype(int)
    both = numbers.drop_duplicates(["kind", "order"]).pivot(index="order", columns="kind", values="digits").dropna()
    assert abs(np.corrcoef(both["order"], both["contract"])[0, 1]) < 0.2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"flow": "enterprise"}, "flow: no flow 'enterprise'. Did you mean 'enterprise_activation'? "),
        ({"orders": 0}, "orders: 0 orders. A whole number from 1 to 10,000,000."),
        ({"state": "between"}, "state: no state 'between'. Known: after, before, both."),
        (
            {"faults": {"lost-link": 0.1}},
            "enterprise_activation: no fault 'lost-link'. Did you mean 'lost-links'? Known: ",
        ),
        ({"faults": {"lost-links": 1.5}}, "fault lost-links: strength 1.5 is out of range. From 0 to 1 of the links."),
        ({"faults": {"lost-links": float("nan")}}, "fault lost-links: strength nan is out of range. "),
        (
            {"faults": {"understaffed": 1}},
            "fault understaffed: strength 1 is out of range. From 0 to 0.9 of the people",
        ),
        (
            {"faults": {"clock-skew": -11}},
            "fault clock-skew: strength -11 is out of range. From -10 to 10 minutes fast.",
        ),
        ({"orders": 10**20}, "orders: 100000000000000000000 orders. A whole number from 1 to 10,000,000."),
        (
            {"first": dt.date(9999, 1, 1), "last": dt.date(9999, 12, 31)},
            "from, to: 9999-01-01 to 9999-12-31. Days from 2000-01-01 to 2100-01-01.",
        ),
        (
            {"first": dt.date(2025, 5, 1), "last": dt.date(2025, 4, 1)},
            "from, to: -30 days from 2025-05-01 to 2025-04-01. At least 28 days, `from` first.",
        ),
    ],
)
def test_what_cannot_be_simulated(tmp_path: Path, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(SimulationError) as error:
        simulate(**{"folder": tmp_path / "study", **arguments})  # type: ignore[arg-type]
    assert str(error.value).startswith(message)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_taken(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    with pytest.raises(SimulationError) as error:
        simulate(orders=1, folder=tmp_path / "full")
    assert str(error.value) == f"{tmp_path / 'full'}: the folder is not empty. Name a new or an empty folder."
    with pytest.raises(SimulationError, match="this is a file"):
        simulate(orders=1, folder=tmp_path / "full" / "thesis.txt")
    with pytest.raises(SimulationError, match="the folder cannot be written"):
        simulate(orders=1, folder=tmp_path / "full" / "thesis.txt" / "study")
    assert contents(tmp_path) == {"full/thesis.txt": b"mine"}


def test_a_run_that_breaks_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("procmine.simulate.writing.write_truth", broken)
    with pytest.raises(SimulationError, match="No space left on device"):
        simulate(orders=5, folder=tmp_path / "study")
    assert not list(tmp_path.iterdir())


def test_what_is_broken_off_leaves_no_folder_behind(tmp_path: Path) -> None:
    def stop(share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(orders=5, folder=tmp_path / "new" / "newer" / "study", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_progress_rises_to_the_end(tmp_path: Path) -> None:
    shares: list[float] = []
    append: Callable[[float], None] = shares.append
    simulate(orders=5, folder=tmp_path / "study", progress=append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) > 100


def test_waits_told_apart(tmp_path: Path) -> None:
    clean = simulate(orders=200, faults={}, folder=tmp_path / "clean")
    events = truth(clean, "events")
    assert Counter(truth(clean, "faults").fault) == Counter()
    assert (events.batching_s == 0).all()
    assert (events.prioritisation_s == 0).all()
    assert events.extraneous_s.sum() > 0
    assert events.unavailability_s.sum() > 0


@pytest.mark.parametrize("flow", FLOWS)
def test_a_study_of_one_order_opens(flow: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCMINE_HOME", str(tmp_path))
    study = open_study(simulate(flow, orders=1, folder=tmp_path / "eventlogs" / "one"))
    events = truth(study.folder, "events")
    assert engine.scalar(study.log().count()) == len(events)
