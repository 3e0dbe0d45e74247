"""The findings in Chinese: every check that there is has its words, and a new one is shown as it is."""

import importlib
import pkgutil

import pandas as pd
import pytest

from procmine import show
from procmine.assemble import findings
from procmine.assemble.findings.found import Check, stated
from procmine.errors import ProcmineError


def checks() -> list[Check]:
    modules = [
        importlib.import_module(f"{findings.__name__}.{found.name}")
        for found in pkgutil.iter_modules(findings.__path__)
    ]
    return sorted({value for module in modules for value in vars(module).values() if isinstance(value, Check)})


def test_every_check_has_a_name_of_its_own():
    names = [check.name for check in checks()]
    assert len(set(names)) == len(names) > 30


@pytest.mark.parametrize("check", checks(), ids=lambda check: check.name)
def test_every_check_has_chinese_words(check):
    page = show.findings_table(stated([(check, "crm.csv", 2, 1, "A · Bill")]), language="zh").to_html()
    assert check.name not in page
    assert check.advice not in page
    assert "<th" in page
    assert "建议" in page


def test_the_table_in_english_and_without_words():
    frame = stated([(Check("new check", "do <this>"), None, 1234, 1, "A")])
    for language in ("en", "zh"):
        page = show.findings_table(frame, language=language).to_html()
        assert "new check" in page
        assert "do &lt;this&gt;" in page
        assert "1,234" in page


def test_no_findings_and_no_such_columns():
    assert "new" not in show.findings_table(stated([]), language="zh").to_html()
    with pytest.raises(ProcmineError, match="the table has no column check, advice"):
        show.findings_table(pd.DataFrame({"finding": []}))
