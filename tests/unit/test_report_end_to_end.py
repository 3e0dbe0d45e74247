"""The report end_to_end over a study without department, status or designed flow; and what its notebook looks like."""

import nbformat
import pytest

from procmine.errors import ReportError
from procmine.report import run_report
from small_project import CHECKOUT

NOTEBOOK = CHECKOUT / "notebooks" / "reports" / "end_to_end.ipynb"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["Not recorded: the study has no designed flow", "Not recorded: no event names its department"]),
        ("zh", ["没有记录：研究没有设计流程", "没有记录：没有事件注明部门", "未采用 1 行"]),
    ],
)
def test_what_is_not_recorded_is_said(project, language, said):
    folder = run_report("end_to_end", study="tiny", parameters={"language": language})
    page = (folder / "report.html").read_text("utf-8")
    for sentence in said:
        assert sentence in page
    assert "受理" in page
    assert "<b>Acme" not in page
    tables = {path.stem for path in (folder / "tables").glob("*.csv")}
    assert tables == {"ledger", "findings", "follows", "variants", "cases", "rework", "handoffs"}


def test_a_share_that_is_none_is_refused_by_the_map_in_one_message(project):
    with pytest.raises(ReportError, match=r"coverage: 1.5 is no share. A number from 0 to 1."):
        run_report("end_to_end", study="tiny", parameters={"coverage": 1.5})
    assert not (project / "outputs" / "tiny" / "end_to_end").exists()


def test_the_notebook_is_short_has_no_function_and_is_stored_without_results():
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert len(cells) <= 30
    assert all(len(cell.source.splitlines()) <= 10 for cell in code)
    assert not any(word in cell.source for cell in code for word in ("def ", "lambda", "pm4py", "ibis"))
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


def test_every_text_is_there_in_both_languages():
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    languages = [cell.metadata["tags"] for cell in cells if cell.cell_type == "markdown"]
    assert languages == [["en"], ["zh"]] * (len(languages) // 2)
