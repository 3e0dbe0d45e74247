"""Notebooks are kept like code: short, in order, executed, and about procmine only."""

import ast
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
STORED = sorted(NOTEBOOKS.glob("*.ipynb")) + sorted((NOTEBOOKS / "lessons").glob("*.ipynb"))
REPORTS = sorted((NOTEBOOKS / "reports").glob("*.ipynb"))
ALLOWED = {"procmine", "pandas", "seaborn", "datetime", "pathlib", "typing", "IPython"}
PICTURES = ("_map(", "_chart(")


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def by_name(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=[path.stem for path in paths])


def test_the_five_explorations_and_the_report_are_there() -> None:
    assert [path.stem for path in STORED] == [
        "1_build_the_log",
        "2_discover_the_process",
        "3_check_the_designed_flow",
        "4_find_rework",
        "5_find_stalled_handoffs",
    ]
    assert "end_to_end" in [path.stem for path in REPORTS]


@by_name(STORED + REPORTS)
def test_a_notebook_is_short_and_defines_nothing(path: Path) -> None:
    assert len(read(path).cells) <= 30
    for cell in code_cells(path):
        assert len(cell.source.splitlines()) <= 10, cell.source
        tree = ast.parse(cell.source)
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda)]


@by_name(STORED + REPORTS)
def test_a_notebook_imports_procmine_and_little_else(path: Path) -> None:
    for cell in code_cells(path):
        for node in ast.walk(ast.parse(cell.source)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert {name.partition(".")[0] for name in names} <= ALLOWED, cell.source


@by_name(STORED + REPORTS)
def test_a_notebook_opens_with_its_question_and_who_asks_it(path: Path) -> None:
    first = read(path).cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    assert "?" in first.source
    assert "Asked by" in first.source or "Who asks" in first.source


@by_name(STORED + REPORTS)
def test_every_picture_is_followed_by_words_that_read_it(path: Path) -> None:
    """Written words in an exploration; in a report, whose figures differ, words that the library finds."""
    cells = read(path).cells
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        if cell.cell_type == "code" and any(picture in cell.source for picture in PICTURES):
            assert following is not None, cell.source
            computed = path in REPORTS and "pm.report.reading." in cell.source + following.source
            written = following.cell_type == "markdown" and len(following.source.split()) >= 8
            assert computed or written, cell.source


@by_name(STORED)
def test_an_exploration_was_executed_once_from_top_to_bottom(path: Path) -> None:
    cells = code_cells(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [output for cell in cells for output in cell.outputs if output.output_type == "error"]
    drawn = [cell for cell in cells if any(picture in cell.source for picture in PICTURES)]
    assert all(cell.outputs for cell in drawn)


@by_name(STORED)
def test_nothing_is_left_out_of_the_comparison_but_pictures(path: Path) -> None:
    for cell in code_cells(path):
        if "nbval-ignore-output" in cell.metadata.get("tags", []):
            assert any(picture in cell.source for picture in PICTURES), cell.source


@by_name(REPORTS)
def test_a_report_is_stored_without_outputs_and_has_one_parameters_cell(path: Path) -> None:
    cells = code_cells(path)
    assert not [cell for cell in cells if cell.outputs or cell.execution_count]
    assert len([cell for cell in cells if "parameters" in cell.metadata.get("tags", [])]) == 1
