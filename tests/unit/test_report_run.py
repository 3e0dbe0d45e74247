import asyncio
import json
import os
import shutil

import nbformat
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_notebook

from procmine.errors import ExportError, FlowError, ProcmineError, ReportError, StudyError
from procmine.report import FailedRunError, as_of, kernel, making, run, run_report, zone
from procmine.report.kernel import StoppedNotebookError, _mistakes
from procmine.study import open_study
from small_project import FLOW


@pytest.fixture
def unstarted(monkeypatch):
    """A kernel's start is an error: what is tested must be found before."""

    def start(*_):
        raise AssertionError("a kernel was started")

    monkeypatch.setattr(run, "starting", start)


@pytest.fixture
def unexecuted(monkeypatch, no_kernel):
    """To run the notebook is an error: what is tested must be found before."""

    def execute(*_):
        raise AssertionError("the notebook was run")

    monkeypatch.setattr(making, "execute", execute)


def reported(project):
    folder = project / "outputs" / "tiny" / "tiny"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def change_study(project, **changes):
    path = project / "eventlogs" / "tiny" / "study.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text("utf-8")), **changes}), "utf-8")


def test_a_report_is_written_whole_and_the_same_again_equals_it(project):
    folder = run_report("tiny", study="tiny", parameters={"language": "zh"})
    first = (folder / "manifest.json").read_bytes()
    assert folder.parent == project / "outputs" / "tiny" / "tiny"
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()) == [
        "log.xes.gz", "manifest.json", "report.html", "report.ipynb",
        "tables/cases.csv", "tables/cases.parquet", "tables/follows.csv", "tables/follows.parquet",
    ]  # fmt: skip

    page = (folder / "report.html").read_text("utf-8")
    assert "订单怎么走" in page
    assert "How orders go" not in page
    for hidden in ("Ann", "Acme"):
        assert hidden not in page
        assert hidden not in (folder / "tables" / "cases.csv").read_text("utf-8")

    notebook = nbformat.read(folder / "report.ipynb", as_version=4)
    injected = next(cell for cell in notebook.cells if "injected-parameters" in cell.metadata.get("tags", []))
    assert injected.source.splitlines()[:3] == ["study = 'tiny'", "folder = ''", "language = 'zh'"]
    assert str(project) not in (folder / "report.ipynb").read_text("utf-8")

    async def within_a_running_loop():
        return run_report("tiny", study=project / "eventlogs" / "tiny", parameters={"language": "zh"})

    assert asyncio.run(within_a_running_loop()) == folder
    assert (folder / "manifest.json").read_bytes() == first
    assert reported(project) == [folder.name]

    manifest = json.loads(first)
    assert manifest["run"] == folder.name
    assert manifest["inputs"] == open_study("tiny").inputs
    assert manifest["parameters"]["share"] == 0.5
    assert manifest["as_of"] == "2024-01-02T12:00:00+08:00"
    totals = {name: manifest["ledger"][name] for name in ("rows", "used", "set_aside", "events")}
    assert totals == {"rows": 5, "used": 4, "set_aside": 1, "events": 4}
    assert manifest["ledger"]["sources"]["steps.csv"]["event"] == 4
    assert set(manifest["files"]) == {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    } - {"manifest.json"}


def test_a_mistake_that_the_notebook_finds_is_one_message_and_leaves_nothing(project):
    with pytest.raises(ReportError) as refused:
        run_report("tiny", study="tiny", parameters={"ends": "mistake"})
    assert str(refused.value) == "flow.bpmn: no such lane. Draw it."
    assert not isinstance(refused.value, FailedRunError)
    assert reported(project) == []


def test_a_bug_keeps_the_partial_notebook_and_its_end_in_success_removes_it(project, monkeypatch):
    with pytest.raises(FailedRunError) as failed:
        run_report("tiny", study="tiny", parameters={"ends": "bug"})
    assert str(failed.value).startswith(
        "the report did not run to its end: ZeroDivisionError: division by zero (in cell 3). Its notebook is kept in "
    )
    kept = failed.value.folder
    assert kept.name.endswith("-FAILED")
    assert reported(project) == [kept.name]
    assert [path.name for path in kept.iterdir()] == ["report.ipynb"]
    assert "ZeroDivisionError" in (kept / "report.ipynb").read_text("utf-8")

    monkeypatch.setattr(making, "execute", lambda document, *_: document)
    folder = run_report("tiny", study="tiny", parameters={"ends": "bug"})
    assert reported(project) == [folder.name]


def test_a_kernel_that_dies_is_a_failed_run(project, monkeypatch, no_kernel):
    def dies(document, target, *_):
        nbformat.write(document, target)
        raise StoppedNotebookError("DeadKernelError: Kernel died", mistake=False)

    monkeypatch.setattr(making, "execute", dies)
    with pytest.raises(FailedRunError, match="DeadKernelError: Kernel died"):
        run_report("tiny", study="tiny")
    (kept,) = reported(project)
    assert kept.endswith("-FAILED")


def test_a_kernel_works_in_the_run_s_folder_with_the_libraries_loaded(tmp_path):
    source = "import os, sys\nprint(os.getcwd(), 'procmine.show' in sys.modules, 'matplotlib.pyplot' in sys.modules)"
    document = new_notebook(cells=[new_code_cell(source)])
    with kernel.starting(tmp_path) as started:
        executed = kernel.execute(document, tmp_path / "work.ipynb", {}, started)
    assert executed.cells[0].outputs[0].text == f"{tmp_path} True True\n"
    assert not started.manager.has_kernel


def test_a_kernel_that_was_not_needed_is_ended(tmp_path):
    with kernel.starting(tmp_path) as started:
        process = started.manager.provisioner.process
        assert process.poll() is None
    assert process.poll() is not None


def test_an_interrupted_run_leaves_nothing(project, monkeypatch, no_kernel):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(making, "execute", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_report("tiny", study="tiny")
    assert reported(project) == []


@pytest.mark.usefixtures("unstarted")
class TestBeforeAKernel:
    def test_an_unknown_report_is_told_with_the_nearest(self, project):
        with pytest.raises(ReportError, match=r"no report 'tinny'. Did you mean 'tiny'. Known: end_to_end, tiny"):
            run_report("tinny", study="tiny")
        with pytest.raises(ReportError, match=r"no report '../reports/tiny'"):
            run_report("../reports/tiny", study="tiny")

    def test_an_unknown_study_is_told_with_the_nearest(self, project):
        with pytest.raises(StudyError, match=r"no study 'tinny'. Did you mean 'tiny'"):
            run_report("tiny", study="tinny")

    def test_an_unknown_parameter_is_told_with_the_nearest(self, project):
        with pytest.raises(ReportError, match=r"parameter shaer: .* Did you mean 'share'"):
            run_report("tiny", study="tiny", parameters={"shaer": 1})
        assert not (project / "outputs").exists()

    @pytest.mark.parametrize("content", ["{", "[]", '{"worksheets": []}'])
    def test_a_file_that_is_no_notebook_is_named(self, project, content):
        (project / "notebooks" / "reports" / "tiny.ipynb").write_text(content, "utf-8")
        with pytest.raises(ReportError, match=r"tiny.ipynb: not a notebook. A Jupyter notebook of format 4"):
            run_report("tiny", study="tiny")


@pytest.mark.usefixtures("unexecuted")
class TestBeforeTheNotebook:
    def test_a_missing_export_is_named(self, project):
        (project / "eventlogs" / "tiny" / "exports" / "steps.csv").unlink()
        with pytest.raises(ExportError, match=r"steps.csv: no such file"):
            run_report("tiny", study="tiny")
        assert reported(project) == []

    def test_a_column_that_the_export_lacks_is_named(self, project):
        path = project / "eventlogs" / "tiny" / "study.yaml"
        path.write_text(path.read_text("utf-8").replace("activity: step", "activity: stepp"), "utf-8")
        with pytest.raises(ExportError, match=r"steps.csv: no column 'stepp'. Did you mean 'step'"):
            run_report("tiny", study="tiny")
        assert reported(project) == []

    def test_a_flow_that_shares_no_activity_with_the_log_is_refused_with_both_sides(self, project):
        (project / "eventlogs" / "tiny" / "flow.bpmn").write_text(FLOW, "utf-8")
        change_study(project, designed_flow="flow.bpmn")
        with pytest.raises(FlowError) as refused:
            run_report("tiny", study="tiny")
        assert "flow.bpmn: none of its steps (Other) is an activity of the log (受理, 安装)." in str(refused.value)
        assert reported(project) == []

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ("yesterday", "parameter as_of: 'yesterday' is no time with its offset. Such as 2024-06-30T18:00+08:00."),
            ("2024-06-30", "'2024-06-30' is no time with its offset"),
            ("2024-01-01T00:00Z", "2024-01-01T00:00Z is before the last event of the log"),
        ],
    )
    def test_an_as_of_that_cannot_be_is_refused(self, project, given, message):
        with pytest.raises(ReportError) as refused:
            run_report("tiny", study="tiny", parameters={"as_of": given})
        assert message in str(refused.value)

    def test_an_as_of_beside_the_study_s_window_is_refused(self, project):
        change_study(project, window={"to": "2024-01-03T00:00:00", "time_zone": "Asia/Shanghai"})
        study = open_study("tiny")
        assert as_of(study, "2024-01-03T00:00+08:00") == study.as_of
        with pytest.raises(ReportError, match="is not where the study's window ends"):
            as_of(study, "2024-01-04T00:00+08:00")


def test_an_as_of_after_the_last_event_counts_where_the_study_has_no_window(project):
    moment = as_of(open_study("tiny"), "2024-01-05T00:00+08:00")
    assert moment.isoformat() == "2024-01-04T16:00:00+00:00"
    assert zone(open_study("tiny")) == "Asia/Shanghai"


def test_reports_of_other_parameters_stand_beside_each_other_and_go_where_they_are_told(
    project, monkeypatch, no_kernel
):
    monkeypatch.setattr(making, "execute", lambda document, *_: document)
    elsewhere = project / "else {where}"
    first = run_report("tiny", study="tiny", output=elsewhere)
    second = run_report("tiny", study="tiny", output=elsewhere, parameters={"names": "plain"})
    assert sorted([first, second]) == sorted(elsewhere.iterdir())
    assert json.loads((second / "manifest.json").read_text("utf-8"))["pseudonym_key"] is None


def test_a_run_with_other_inputs_has_another_name(project, monkeypatch, no_kernel):
    monkeypatch.setattr(making, "execute", lambda document, *_: document)
    first = run_report("tiny", study="tiny")
    with (project / "eventlogs" / "tiny" / "exports" / "steps.csv").open("a", encoding="utf-8") as export:
        export.write("3,受理,2024-01-02 10:00,Ann,Beta\n")
    second = run_report("tiny", study="tiny")
    assert first != second
    assert {first.name[:10], second.name[:10]} == {"2024-01-02"}


def test_a_folder_with_braces_in_its_name_is_a_folder(project, tmp_path_factory):
    root = tmp_path_factory.mktemp("braces") / "{study}"
    folder = run_report("tiny", study="tiny", output=root)
    assert (folder / "report.html").is_file()
    shutil.rmtree(root)


def test_every_error_of_a_user_s_is_known_as_a_mistake():
    own = {kind.__name__ for kind in ProcmineError.__subclasses__() if kind.__module__ == "procmine.errors"}
    assert own < _mistakes()


def test_what_a_killed_run_left_goes_after_a_day(project, unstarted):
    shelf = project / "outputs" / "tiny" / "tiny"
    left = [shelf / ".building-old", shelf / ".building-new", shelf / "2025-03-01-old"]
    for folder in left:
        folder.mkdir(parents=True)
        stamp = folder.stat().st_mtime - (25 * 3600 if folder.name.endswith("old") else 0)
        os.utime(folder, (stamp, stamp))
    with pytest.raises(AssertionError, match="a kernel was started"):
        run_report("tiny", study="tiny")
    assert [folder.exists() for folder in left] == [False, True, True]
