"""Ledger and findings in Chinese: every reason and check that there is has its words; a new one is shown as it is."""

import importlib
import pkgutil

import pandas as pd
import pytest

from procmine import show
from procmine.assemble import findings, reasons
from procmine.assemble.findings.belonging import ELUSIVE
from procmine.assemble.findings.finding import Check, stated
from procmine.errors import ProcmineError
from procmine.schema import USED_ROWS
from procmine.show.words import spoken


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


def known_reasons() -> list[str]:
    return sorted(
        {value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)} | {*USED_ROWS}
    )


def test_there_are_reasons():
    assert len(known_reasons()) > 25


@pytest.mark.parametrize("reason", known_reasons())
def test_every_reason_has_chinese_words(reason):
    said = spoken(reason, "zh")
    assert said != reason
    assert any("\u4e00" <= sign <= "\u9fff" for sign in said)
    assert spoken(reason, "en") == reason
    ledger = pd.DataFrame({"source": ["crm.csv"], "reason": [reason], "rows": [1], "events": [0]})
    assert said in show.table(ledger, language="zh").to_html()
    assert reason in show.table(ledger).to_html()


def test_no_two_reasons_are_said_alike():
    assert len({spoken(reason, "zh") for reason in known_reasons()}) == len(known_reasons())


def test_the_reason_of_a_row_of_no_order_is_said_in_chinese_and_its_keys_are_not():
    page = show.findings_table(
        stated([(ELUSIVE, "crm.csv", 2, 0, "no time · contract no time")]), language="zh"
    ).to_html()
    assert "没有时间 · contract no time" in page


def test_the_ledger_chart_says_its_reasons_in_chinese():
    ledger = pd.DataFrame({"source": ["a", "a"], "reason": ["event", "no order key"], "rows": [8, 2]})
    (label,) = show.ledger_chart(ledger, language="zh").get_legend_handles_labels()[1]
    assert label == "没有订单键"


def test_only_the_values_of_own_columns_are_said_in_chinese():
    frame = pd.DataFrame({"activity": ["no time"], "reason": ["no time"], "fits": [True]})
    page = show.table(frame, language="zh").to_html()
    assert (page.count("no time"), page.count("没有时间"), page.count("是<")) == (1, 1, 1)


def test_the_table_in_english_and_without_words():
    frame = stated([(Check("new check", "do <this>"), None, 1234, 1, "A")])
    for language in ("en", "zh"):
        page = show.findings_table(frame, language=language).to_html()
        assert "new check" in page
        assert "do &lt;this&gt;" in page
        assert "1,234" in page


def test_no_findings_and_no_such_columns():
    assert "new" not in show.findings_table(stated([]), language="zh").to_html()
    with pytest.raises(ProcmineError, match="the table has no column check, advice, example"):
        show.findings_table(pd.DataFrame({"finding": []}))
