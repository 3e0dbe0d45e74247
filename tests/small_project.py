"""A project typed by hand: study `tiny` (2 orders, 4 events, a row set aside), reports `tiny` and `end_to_end`."""

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

CHECKOUT = Path(__file__).resolve().parents[1]
STUDY = """\
title: Two orders
order: order
systems: {shop: {rank: 1, time_zone: Asia/Shanghai}}
sources:
  steps:
    file: steps.csv
    system: shop
    keys: {order: order}
    events: {form: row, activity: step, timestamp: done, resource: by}
    order_attributes: {customer: customer}
personal: [resource, customer]
"""
STEPS = """\
order,step,done,by,customer
1,受理,2024-01-01 09:00,Ann,<b>Acme & Co</b>
1,安装,2024-01-01 11:00,Bob,<b>Acme & Co</b>
2,受理,2024-01-02 09:00,Ann,Beta
2,安装,2024-01-02 12:00,Bob,Beta
,受理,2024-01-02 13:00,Bob,Beta
"""
PARAMETERS = """\
from typing import Literal

study: str = "tiny"  # the study
folder: str = ""  # where tables go
language: Literal["en", "zh"] = "en"  # of headings
names: Literal["pseudonyms", "plain"] = "pseudonyms"  # how people are shown
share: float = 0.5  # a part of one
most: int = 3  # how many
strict: bool = False  # whether to be strict
as_of: str = ""  # when the export was taken
ends: str = "well"  # well, mistake, bug or crash
"""
WORK = """\
import procmine as pm
from procmine.errors import FlowError

log = pm.privacy.shareable_log(pm.open_study(study), names=names)
written = pm.report.save_tables(folder, follows=pm.measure.follows(log), cases=pm.measure.cases(log))
if ends == "mistake":
    raise FlowError("no such lane", where="flow.bpmn", expected="Draw it")
if ends == "bug":
    1 / 0
"""
FLOW = """\
<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
  <process id="p" isExecutable="false">
    <startEvent id="s"/><task id="a" name="Other"/><endEvent id="e"/>
    <sequenceFlow id="f1" sourceRef="s" targetRef="a"/><sequenceFlow id="f2" sourceRef="a" targetRef="e"/>
  </process>
</definitions>
"""


def make_project(root: Path) -> Path:
    """Write the project to `root` and return it."""
    study = root / "eventlogs" / "tiny"
    (study / "exports").mkdir(parents=True)
    (study / "study.yaml").write_text(STUDY, "utf-8")
    (study / "exports" / "steps.csv").write_text(STEPS, "utf-8")
    reports = root / "notebooks" / "reports"
    reports.mkdir(parents=True)
    (reports / "end_to_end.ipynb").symlink_to(CHECKOUT / "notebooks" / "reports" / "end_to_end.ipynb")
    cells = [
        tagged(new_markdown_cell("# How orders go\n\n## What they do"), "en"),
        tagged(new_markdown_cell("# 订单怎么走\n\n## 做什么"), "zh"),
        tagged(new_code_cell(PARAMETERS), "parameters"),
        new_code_cell(WORK),
        new_code_cell('if ends == "crash":\n    import os\n    os._exit(3)'),
        new_code_cell("written"),
    ]
    for place, cell in enumerate(cells):
        cell.id = f"cell-{place}"
    nbformat.write(new_notebook(cells=cells), reports / "tiny.ipynb")
    return root


def tagged(cell, tag: str):
    """`cell` with `tag` in its metadata."""
    cell.metadata["tags"] = [tag]
    return cell
