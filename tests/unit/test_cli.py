import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell

from procmine import cli
from procmine.cli.lab import lab_command
from procmine.cli.stopping import stopped_by_signals
from procmine.report import kernel, making
from small_project import FLOW


def exits(arguments, capsys):
    """Run the command line; its exit code, standard output and standard error."""
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    captured = capsys.readouterr()
    return stop.value.code or 0, captured.out, captured.err


@pytest.fixture
def quick(monkeypatch, no_kernel):
    """Reports whose notebook is not run: what surrounds it is tested."""
    given = {}

    def execute(document, target, parameters, kernel):
        given.update(parameters)
        return document

    monkeypatch.setattr(making, "execute", execute)
    return given


def test_a_report_prints_where_its_page_is(project, capsys, quick):
    code, out, err = exits(["report", "tiny", "--study", "tiny", "-p", "share=0.25", "--language", "zh"], capsys)
    assert (code, err) == (0, "")
    assert out.strip().endswith("report.html")
    assert (quick["share"], quick["language"], quick["names"]) == (0.25, "zh", "pseudonyms")


def test_names_are_plain_when_asked(project, capsys, quick):
    code, *_ = exits(["report", "tiny", "--study", "tiny", "--names", "plain"], capsys)
    assert (code, quick["names"]) == (0, "plain")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-p", "shaer=1"], "procmine: parameter shaer: the report has no such parameter. Did you mean 'share'?"),
        (["-p", "share=much"], "procmine: parameter share: 'much' cannot be used. share is a number: a part of one."),
        (["-p", "share"], "procmine: --parameter: 'share' is no parameter. Write key=value."),
        (["-p", "most=1", "-p", "most=2"], "procmine: --parameter: most is given twice."),
    ],
)
def test_a_mistaken_parameter_is_one_message_and_code_2(project, capsys, arguments, message):
    code, out, err = exits(["report", "tiny", "--study", "tiny", *arguments], capsys)
    assert (code, out) == (2, "")
    assert err.startswith(message)
    assert err.count("\n") == 1
    assert not (project / "outputs").exists()


def test_a_misspelt_option_is_code_2(project, capsys):
    code, _, err = exits(["report", "tiny", "--stduy", "tiny"], capsys)
    assert code == 2
    assert "--study" in err


def test_a_missing_file_is_code_2(project, capsys, no_kernel):
    (project / "eventlogs" / "tiny" / "exports" / "steps.csv").rename(
        project / "eventlogs" / "tiny" / "exports" / "s.csv"
    )
    code, _, err = exits(["report", "tiny", "--study", "tiny"], capsys)
    assert code == 2
    assert "steps.csv: no such file" in err


@pytest.mark.parametrize("verb", ["report", "log"])
def test_a_study_with_a_wrong_column_is_code_2(project, capsys, no_kernel, verb):
    path = project / "eventlogs" / "tiny" / "study.yaml"
    path.write_text(path.read_text("utf-8").replace("resource: by", "resource: who"), "utf-8")
    code, out, err = exits(["report", "tiny", "--study", "tiny"] if verb == "report" else [verb, "tiny"], capsys)
    assert (code, out) == (2, "")
    assert "steps.csv: no column 'who'" in err
    assert "Traceback" not in err


def test_check_says_every_mistake_and_that_the_study_cannot_be_used(project, capsys):
    path = project / "eventlogs" / "tiny" / "study.yaml"
    text = path.read_text("utf-8").replace("resource: by", "resource: who").replace("activity: step", "activity: stp")
    path.write_text(text, "utf-8")
    code, out, err = exits(["check", "tiny"], capsys)
    assert (code, err) == (2, "")
    assert "steps.csv: no column 'who'" in out
    assert "steps.csv: no column 'stp'. Did you mean 'step'?" in out
    assert out.splitlines()[-1] == "tiny cannot be used: 2 to put right."


def test_check_of_no_study_is_one_message(project, capsys):
    code, out, err = exits(["check", "tinny"], capsys)
    assert (code, out) == (2, "")
    assert "no study 'tinny'. Did you mean 'tiny'?" in err


def give_a_flow_of_other_steps(project):
    study = project / "eventlogs" / "tiny"
    (study / "flow.bpmn").write_text(FLOW, "utf-8")
    (study / "study.yaml").write_text((study / "study.yaml").read_text("utf-8") + "designed_flow: flow.bpmn\n", "utf-8")


@pytest.mark.parametrize("arguments", [["report", "tiny", "--study", "tiny"], ["check", "tiny"]])
def test_a_flow_that_matches_nothing_is_code_2(project, capsys, no_kernel, arguments):
    give_a_flow_of_other_steps(project)
    code, out, err = exits(arguments, capsys)
    assert code == 2
    assert "flow.bpmn: none of its steps (Other) is an activity of the log" in out + err


def test_a_bug_in_a_notebook_is_code_1_and_one_message(project, capsys, no_kernel, monkeypatch):
    def breaks(*_):
        raise kernel.StoppedNotebookError("KeyError: 'x' (in cell 3)", mistake=False)

    monkeypatch.setattr(making, "execute", breaks)
    code, _, err = exits(["report", "tiny", "--study", "tiny"], capsys)
    assert code == 1
    assert err.startswith("procmine: the report did not run to its end: KeyError: 'x' (in cell 3).")


def test_an_error_that_is_no_mistake_is_not_hidden(project, no_kernel, monkeypatch):
    def breaks(*_):
        raise KeyError("x")

    monkeypatch.setattr(making, "execute", breaks)
    with pytest.raises(KeyError):
        cli.main(["report", "tiny", "--study", "tiny"])


def test_an_interruption_ends_without_a_traceback(project, capsys, no_kernel, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(making, "execute", interrupted)
    code, _, err = exits(["report", "tiny", "--study", "tiny"], capsys)
    assert code not in (0, 2)
    assert "Traceback" not in err


def test_log_shows_every_row_and_writes_xes_with_pseudonyms(project, capsys, tmp_path):
    code, out, err = exits(["log", "tiny", "--xes", str(tmp_path / "tiny.xes")], capsys)
    assert (code, err) == (0, "")
    assert "5 rows read, 1 set aside, 4 events" in out
    assert "log.parquet" in out
    text = (tmp_path / "tiny.xes").read_text("utf-8")
    assert "受理" in text
    assert "Ann" not in text
    exits(["log", "tiny", "--xes", str(tmp_path / "tiny.xes"), "--names", "plain"], capsys)
    assert "Ann" in (tmp_path / "tiny.xes").read_text("utf-8")


def test_check_shows_the_most_harmful_reason_first_and_says_that_all_is_well(project, capsys):
    code, out, _ = exits(["check", "tiny"], capsys)
    assert code == 0
    lines = [line for line in out.splitlines() if "steps.csv" in line]
    assert "event" not in lines[0]
    assert "event" in lines[1]
    assert out.rstrip().endswith("tiny can be used.")


def test_new_drafts_a_study_that_check_leads_through(project, capsys):
    shelf = project / "eventlogs"
    (shelf / "tiny" / "study.yaml").unlink()
    code, out, err = exits(["new", str(shelf / "tiny")], capsys)
    assert (code, out.strip()) == (0, str(shelf / "tiny" / "study.yaml"))
    assert err == f"Lines marked FILL IN: 1. Then: procmine check {shelf / 'tiny'}\n"
    code, out, _ = exits(["check", "tiny"], capsys)
    assert code == 2
    assert "systems.steps.time_zone: no time zone 'FILL IN'" in out
    path = shelf / "tiny" / "study.yaml"
    path.write_text(path.read_text("utf-8").replace("FILL IN", "Asia/Shanghai"), "utf-8")
    code, out, _ = exits(["check", "tiny"], capsys)
    assert code == 0
    assert "5 rows read, 1 set aside, 4 events" in out
    code, _, err = exits(["new", str(shelf / "tiny")], capsys)
    assert code == 2
    assert "there is a study already" in err


def test_log_writes_ocel_parquet_and_csv_with_pseudonyms(project, capsys, tmp_path):
    targets = {"--ocel": tmp_path / "t.json", "--parquet": tmp_path / "t.parquet", "--csv": tmp_path / "t.csv"}
    options = [str(part) for pair in targets.items() for part in pair]
    code, out, err = exits(["log", "tiny", *options, "--object", "customer=case:customer"], capsys)
    assert (code, err) == (0, "")
    assert all(str(path) in out for path in targets.values())
    ocel = json.loads(targets["--ocel"].read_text("utf-8"))
    assert {kind["name"] for kind in ocel["objectTypes"]} == {"order", "customer"}
    shown = [targets["--ocel"].read_text("utf-8"), targets["--csv"].read_text("utf-8-sig")]
    shown.append(repr(pd.read_parquet(targets["--parquet"]).to_numpy().tolist()))
    assert not any(name in text for text in shown for name in ("Ann", "Bob", "Acme", "Beta"))
    assert all("受理" in text for text in shown)


def test_log_writes_names_where_they_are_asked_for(project, capsys, tmp_path):
    code, *_ = exits(["log", "tiny", "--csv", str(tmp_path / "t.csv"), "--names", "plain"], capsys)
    assert code == 0
    assert "Ann" in (tmp_path / "t.csv").read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--object", "a=case:customer"], "procmine: --object: objects are for an OCEL file"),
        (["--object", "customer"], "procmine: --object: 'customer' is no type of objects. Write TYPE=COLUMN."),
        (["--object", "a=x", "--object", "a=y"], "procmine: --object: a is given twice."),
        (
            ["--ocel", "t.json", "--object", "a=case:x"],
            "procmine: objects, a: no column 'case:x' to take objects from.",
        ),
        (["--csv", "t.parquet"], "procmine: --csv: t.parquet is no .csv file. A name ending in .csv."),
        (["--parquet", "t.csv"], "procmine: --parquet: t.csv is no .parquet file."),
    ],
)
def test_a_mistaken_target_is_one_message(project, capsys, monkeypatch, *, arguments, message):
    monkeypatch.chdir(project)
    code, _, err = exits(["log", "tiny", *arguments], capsys)
    assert code == 2
    assert err.startswith(message)
    assert not [*project.glob("t.*")]


def test_simulate_writes_a_study(project, capsys, tmp_path):
    code, out, _ = exits(["simulate", "--orders", "3", "--out", str(tmp_path / "made")], capsys)
    assert code == 0
    assert (tmp_path / "made" / "study.yaml").is_file()
    assert str(tmp_path / "made") in out
    code, _, err = exits(["simulate", "--orders", "3", "--out", str(tmp_path / "made")], capsys)
    assert code == 2
    assert str(tmp_path / "made") in err


def test_lab_opens_the_notebooks_and_keeps_its_checkpoints_elsewhere(project):
    command = lab_command("/scratch", ["--no-browser"])
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={project / 'notebooks'}" in command
    assert "--FileCheckpoints.checkpoint_dir=/scratch" in command
    assert command[-1] == "--no-browser"


def test_the_installed_command_knows_its_version_and_its_verbs(project):
    version = subprocess.run(
        [sys.executable, "-c", "from procmine.cli import main; main()", "--version"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert version.stdout.startswith("procmine ")


@pytest.mark.parametrize("verb", ["report", "new", "check", "log", "simulate", "lab"])
def test_every_verb_has_a_help(verb, capsys):
    code, out, _ = exits([verb, "--help"], capsys)
    assert code == 0
    assert verb in out


def test_a_fault_that_is_given_twice(capsys, tmp_path):
    with pytest.raises(SystemExit) as ended:
        cli.main(["simulate", "--fault", "ping-pong=0.1", "--fault", "ping-pong=0.9", "--out", str(tmp_path / "study")])
    assert ended.value.code == 2
    assert capsys.readouterr().err == "procmine: --fault: fault ping-pong is given twice. Give each fault once.\n"


def procmine(*arguments, **options):
    """The command line in a process of its own, where SIGINT is heeded even if the tests run in the background."""
    begin = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [sys.executable, "-c", f"{begin}; from procmine.cli import main; main()", *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)


def once(condition):
    """What `condition` gives once that is something."""
    begun = time.monotonic()
    while not (found := condition()):
        assert time.monotonic() - begun < 120
        time.sleep(0.05)
    return found


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_simulation_that_is_terminated_leaves_nothing(tmp_path):
    process = procmine("simulate", "--orders", "200000", "--out", str(tmp_path / "study"))
    once(lambda: list(tmp_path.iterdir()))
    process.terminate()
    assert process.communicate(timeout=60) == (None, "procmine: stopped by SIGTERM\n")
    assert process.returncode == 143
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_report_that_is_stopped_in_its_notebook_ends_its_kernel_and_leaves_nothing(project, number, code):
    begun = project / "begun"
    notebook = project / "notebooks" / "reports" / "tiny.ipynb"
    waits = f"import os, pathlib, time; pathlib.Path({str(begun)!r}).write_text(f'{{os.getpid()}}.'); time.sleep(600)"
    document = nbformat.read(notebook, as_version=4)
    document.cells.insert(3, new_code_cell(waits, id="waits"))
    nbformat.write(document, notebook)

    process = procmine("report", "tiny", "--study", "tiny")
    kernel = int(once(lambda: begun.exists() and begun.read_text().rpartition(".")[0]))
    process.send_signal(number)
    assert process.communicate(timeout=60) == (None, f"procmine: stopped by {number.name}\n")
    assert process.returncode == code
    assert not is_running(kernel)
    assert not (project / "outputs" / "tiny" / "tiny").exists()


def test_a_signal_ends_the_command_in_its_own_way_whatever_a_library_makes_of_it(capsys):
    before = signal.getsignal(signal.SIGTERM)

    @stopped_by_signals()
    def interrupted():
        try:
            signal.raise_signal(signal.SIGTERM)
        except SystemExit as stop:
            signal.raise_signal(signal.SIGTERM)  # not heeded: the command is about to end
            raise RuntimeError("Query interrupted") from stop

    with pytest.raises(SystemExit) as ended:
        interrupted()
    assert ended.value.code == 143
    assert capsys.readouterr().err == "procmine: stopped by SIGTERM\n"
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_signal_that_is_not_heeded_stays_so(capsys):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as under nohup
    try:
        with stopped_by_signals():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert capsys.readouterr().err == ""
