"""What procmine makes of the bundled studies, beside what truly happened and beside the published figures."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

import calibration
from procmine import cli
from procmine.schema import USED_ROWS
from procmine.simulate.faults import ClockSkew
from procmine.simulate.writing import FLOWS, describe
from procmine.study import Study, open_study
from raw_exports import raw_exports, truth

EVENTLOGS = Path(__file__).resolve().parents[2] / "eventlogs"
AT_MOST = 15_000_000
"""Bytes of the three studies together."""


@pytest.fixture
def opened(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Study]:
    """Opens a bundled study; its log is stored in this worker's own place."""
    monkeypatch.setenv("PROCMINE_HOME", str(home))
    return open_study


@pytest.mark.parametrize("name", FLOWS)
def test_the_command_in_the_readme_makes_the_same_bytes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = (EVENTLOGS / name / "README.md").read_text(encoding="utf-8")
    command = re.search(r"^    procmine (simulate .*) --out \S+$", readme, re.MULTILINE)
    assert command
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        cli.main([*shlex.split(command[1]), "--out", "again"])
    assert not ended.value.code
    made, committed = (
        {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (tmp_path / "again", EVENTLOGS / name)
    )
    assert committed.pop("README.md")
    assert [*made]
    assert {file for file in made | committed if made.get(file) != committed.get(file)} == set()


def test_the_studies_are_small() -> None:
    assert sum(path.stat().st_size for path in EVENTLOGS.rglob("*") if path.is_file()) < AT_MOST


@pytest.mark.parametrize("name", FLOWS)
def test_the_ledger_adds_up(name: str, opened: Callable[[str], Study]) -> None:
    study = opened(name)
    ledger = study.ledger()
    rows = {
        form.file: len(rows)
        for form, rows in zip(
            describe(name).layout.exports, raw_exports(study.folder, describe(name).layout).values(), strict=True
        )
    }
    read = ledger.groupby(ledger.source.str.partition("#")[0])["rows"].sum()
    assert read.to_dict() == rows
    assert ledger["events"].sum() == len(study.log().to_pandas())
    for source in study.file.sources:
        export = study.file.sources[source].export
        aside = ledger[(ledger.source == export) & ~ledger.reason.isin(USED_ROWS)]
        assert len(study.set_aside(source).to_pandas()) == aside["rows"].sum()


@pytest.mark.parametrize("name", FLOWS)
def test_events_stand_in_their_true_orders_and_what_is_missing_has_lost_its_link(
    name: str, opened: Callable[[str], Study]
) -> None:
    found = calibration.assembly(opened(name))
    assert found["wrong"] == 0
    assert found["true_order"] == 1
    assert found["lost"] == 0
    assert found["in_log"] > 0.99
    assert found["whole"] > 0.97


@pytest.mark.parametrize("name", FLOWS)
def test_registrations_of_one_order_are_joined_or_told_of_and_no_others_joined(
    name: str, opened: Callable[[str], Study]
) -> None:
    study = opened(name)
    keys = truth(study.folder, "keys")
    own = keys[keys.kind == next(iter(describe(name).layout.keys))]
    true = {frozenset((key, order)) for key, order in zip(own.key, own.order, strict=True) if key != order}
    told = study.same_orders()
    joined, reported = (
        {frozenset((row.order, row.same_as)) for row in told[told.joined == sure].itertuples()}
        for sure in (True, False)
    )
    assert joined <= true
    assert true <= joined | reported
    assert true


@pytest.mark.parametrize("name", FLOWS)
def test_clocks_are_found_within_half_a_minute(name: str, opened: Callable[[str], Study]) -> None:
    study = opened(name)
    fast = {fault.at: fault.strength * 60 for fault in describe(name).after.faults if isinstance(fault, ClockSkew)}
    clocks = study.clocks()
    assert len(clocks)
    for row in clocks.itertuples():
        true = fast.get(row.system, 0) - fast.get(row.against, 0)
        assert abs(row.offset_s - true) < 30, row
    assert set(fast) <= {*clocks.system, *clocks.against}


def test_the_published_figures_come_out(opened: Callable[[str], Study]) -> None:
    figures = calibration.calibration(opened)
    assert len(figures) == 17
    for figure in figures:
        assert figure.holds, figure


def test_the_readme_shows_the_tables_as_they_are(opened: Callable[[str], Study]) -> None:
    readme = (EVENTLOGS / "README.md").read_text(encoding="utf-8")
    assert calibration.calibration_table(calibration.calibration(opened)) in readme
    assert calibration.assembly_table(opened) in readme
