"""Opening a study, and the stored log: reused while nothing changed, made anew when something did, never half made."""

import gc
import os
from pathlib import Path

import pytest

from conftest import rows, study_in
from procmine import engine
from procmine.assemble.stored import code_state, log_name
from procmine.errors import ExportError, LogError, StudyError
from procmine.project import project_root
from procmine.study import open_study

DEFINITION = """\
title: Small orders
order: order
systems:
  crm: {rank: 1, time_zone: UTC}
sources:
  crm:
    file: crm.csv
    system: crm
    keys: {order: no}
    events: {form: row, activity: step, timestamp: time}
"""
CRM = "no,step,time\n1,Accept,2024-01-01\n1,Install,2024-01-02\n"


def stored(root: Path) -> list[Path]:
    return sorted(path for path in (root / "outputs").rglob("*") if path.is_file())


def scratch_tables() -> set[str]:
    gc.collect()  # a small frame given to the engine goes with its last expression
    return {name for name in engine.connection().list_tables() if "read_parquet" not in name}


def test_an_unknown_study_names_the_nearest(tmp_path, make_study):
    make_study(DEFINITION, {"crm.csv": CRM})
    with pytest.raises(StudyError) as caught:
        open_study("smal")
    assert str(caught.value) == f"{tmp_path / 'eventlogs'}: no study 'smal'. Did you mean 'small'? Known: small."


def test_no_studies_at_all(tmp_path, monkeypatch):
    monkeypatch.setenv("PROCMINE_HOME", str(tmp_path))
    with pytest.raises(StudyError, match=r"no study 'small'\. Known: none"):
        open_study("small")


def test_a_study_opens_by_name_and_by_path(tmp_path, make_study, monkeypatch):
    make_study(DEFINITION, {"crm.csv": CRM})
    assert open_study("small").folder == tmp_path / "eventlogs" / "small"
    monkeypatch.chdir(tmp_path / "eventlogs")
    assert open_study("small").folder == tmp_path / "eventlogs" / "small"
    assert open_study(tmp_path / "eventlogs" / "small").name == "small"


def test_the_project_root_is_the_nearest_folder_with_studies(tmp_path, monkeypatch):
    monkeypatch.delenv("PROCMINE_HOME")
    (tmp_path / "eventlogs").mkdir()
    (tmp_path / "notebooks" / "lessons").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "notebooks" / "lessons")
    assert project_root() == tmp_path


def test_a_stored_log_is_reused(tmp_path, make_study):
    study = make_study(DEFINITION, {"crm.csv": CRM})
    study.log()
    before = [(path, path.stat().st_ino, path.stat().st_mtime_ns) for path in stored(tmp_path)]
    assert {"findings.parquet", "ledger.parquet", "log.parquet"} <= {path.name for path, *_ in before}
    study.ledger()
    open_study("small").log()
    assert [(path, path.stat().st_ino, path.stat().st_mtime_ns) for path in stored(tmp_path)] == before


def test_a_changed_export_is_read_again(tmp_path, make_study):
    make_study(DEFINITION, {"crm.csv": CRM}).log()
    study = make_study(DEFINITION, {"crm.csv": CRM + "2,Accept,2024-01-03\n"})
    assert engine.scalar(study.log().count()) == 3


def test_the_log_before_is_kept_for_those_who_look_at_it_and_older_ones_go(tmp_path, make_study):
    first = make_study(DEFINITION, {"crm.csv": CRM}).log()
    make_study(DEFINITION, {"crm.csv": CRM + "2,Accept,2024-01-03\n"}).log()
    assert engine.scalar(first.count()) == 2
    make_study(DEFINITION, {"crm.csv": CRM + "2,Accept,2024-01-03\n3,Accept,2024-01-03\n"}).log()
    assert len([path for path in stored(tmp_path) if path.name == "log.parquet"]) == 2


def test_an_open_study_sees_its_exports_change(tmp_path, make_study):
    study = make_study(DEFINITION, {"crm.csv": CRM})
    study.log()
    export = tmp_path / "eventlogs" / "small" / "exports" / "crm.csv"
    export.write_text(CRM + "2,Accept,2024-01-03\n")
    assert engine.scalar(study.log().count()) == 3
    assert study.ledger()["rows"].sum() == 3


def test_a_changed_mapping_is_used(make_study):
    make_study(DEFINITION, {"crm.csv": CRM}).log()
    study = make_study(DEFINITION + "activities: {Accept: Take}\n", {"crm.csv": CRM})
    assert rows(study.log(), "activity") == [("Install",), ("Take",)]


def test_a_mapping_changed_after_opening_is_not_mixed_up_with_the_old_one(make_study):
    old = make_study(DEFINITION, {"crm.csv": CRM})
    new = make_study(DEFINITION + "activities: {Accept: Take}\n", {"crm.csv": CRM})
    assert rows(old.log(), "activity") == [("Accept",), ("Install",)]
    assert rows(new.log(), "activity") == [("Install",), ("Take",)]


def test_two_studies_of_one_name_keep_their_logs_apart(tmp_path, make_study):
    before = make_study(DEFINITION, {"crm.csv": CRM})
    after = study_in(tmp_path / "after" / "small", DEFINITION, {"crm.csv": CRM + "2,Accept,2024-01-03\n"})
    first, second = before.log(), after.log()
    assert (engine.scalar(first.count()), engine.scalar(second.count())) == (2, 3)


def test_a_missing_export(make_study):
    with pytest.raises(ExportError, match=r"exports/crm.csv: no such file. Did you mean 'crm2.csv'\? Known: crm2.csv"):
        make_study(DEFINITION, {"crm2.csv": CRM}).log()


def test_a_missing_designed_flow(make_study):
    study = make_study(DEFINITION + "designed_flow: flow.bpmn\n", {"crm.csv": CRM})
    with pytest.raises(ExportError, match=r"flow\.bpmn: no such file"):
        study.log()


@pytest.mark.parametrize(
    ("export", "error"),
    [
        ("", ExportError),
        ("no,step\n1,2\n", ExportError),
        (CRM + "2,Accept\n" * 3, ExportError),
        (CRM.encode() + "2,安装,2024-01-01\n".encode("gb18030") * 3, ExportError),
        ("no,step,time\n,Accept,2024-01-01\n", LogError),
    ],
)
def test_nothing_is_left_of_a_failed_assembly(tmp_path, make_study, export, error):
    study = make_study(DEFINITION, {"crm.csv": export})
    tables = scratch_tables()
    with pytest.raises(error):
        study.log()
    assert [path for path in stored(tmp_path) if path.parent.name != "rows"] == []  # what was read whole is kept
    assert list((tmp_path / "outputs").rglob(".*")) == []
    assert scratch_tables() == tables


def test_a_failed_assembly_leaves_the_stored_log_alone(tmp_path, make_study):
    make_study(DEFINITION, {"crm.csv": CRM}).log()
    before = stored(tmp_path)
    with pytest.raises(ExportError):
        make_study(DEFINITION, {"crm.csv": ""}).log()
    assert stored(tmp_path) == before


def test_no_table_of_the_assembly_is_left_in_the_engine(make_study):
    tables = scratch_tables()
    make_study(DEFINITION, {"crm.csv": CRM}).ledger()
    assert scratch_tables() == tables


def test_set_aside_of_an_unknown_source(make_study):
    with pytest.raises(StudyError, match=r"no source 'crn'. Did you mean 'crm'\?"):
        make_study(DEFINITION, {"crm.csv": CRM}).set_aside("crn")


def test_inputs_name_every_file_by_its_content(tmp_path, make_study):
    study = make_study(DEFINITION, {"crm.csv": CRM})
    assert set(study.inputs) == {"study.yaml", "exports/crm.csv"}
    assert all(len(digest) == 64 for digest in study.inputs.values())


def test_exports_can_be_a_link(tmp_path, make_study):
    study = make_study(DEFINITION, {"crm.csv": CRM})
    elsewhere = tmp_path / "elsewhere"
    (study.folder / "exports").rename(elsewhere)
    (study.folder / "exports").symlink_to(os.path.relpath(elsewhere, study.folder))
    assert engine.scalar(open_study("small").log().count()) == 2


def test_an_export_can_be_a_link(tmp_path, make_study):
    study = make_study(DEFINITION, {"crm.csv": CRM})
    export = study.folder / "exports" / "crm.csv"
    export.rename(tmp_path / "elsewhere.csv")
    export.symlink_to(os.path.relpath(tmp_path / "elsewhere.csv", export.parent))
    assert engine.scalar(open_study("small").log().count()) == 2


def test_the_code_that_decides_what_is_in_a_log_names_the_stored_one(tmp_path, make_study):
    study = make_study(DEFINITION, {"crm.csv": CRM})
    code = tmp_path / "procmine"
    for name in ("engine/session.py", "schema.py", "sequencing.py", "assemble/reading/text.py", "exchange/xes_read.py"):
        (code / name).parent.mkdir(parents=True, exist_ok=True)
        (code / name).write_text("")
    names = {log_name(study.file, {}, own="own", code=code_state(code))}
    for path in code.rglob("*.py"):
        path.write_text("# changed")
        names.add(log_name(study.file, {}, own="own", code=code_state(code)))
    assert len(names) == 6


def test_a_misspelt_path_is_told_its_neighbours(tmp_path, make_study):
    folder = make_study(DEFINITION, {"crm.csv": CRM}).folder
    with pytest.raises(StudyError, match=rf"no study '{folder.parent}/smal'\. Did you mean 'small'\? Known: small"):
        open_study(folder.parent / "smal")


def test_exports_without_rows_give_no_log(make_study):
    with pytest.raises(LogError, match=r"no row of the exports gives an event \(they have no rows\)"):
        make_study(DEFINITION, {"crm.csv": CRM.splitlines()[0] + "\n"}).log()
