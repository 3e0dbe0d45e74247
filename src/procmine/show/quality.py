"""The findings of a study's data as a table in the language of its reader."""

from typing import TYPE_CHECKING

import pandas as pd
from ibis.expr.types import Table

from procmine.show.frames import finished
from procmine.show.tables import table
from procmine.show.words import Language, spoken

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

_CHINESE = {
    "activity longer than expected": ("活动用时超过预期", "核实是否忘记登记结束；计算用时时不计入"),
    "activity missing from orders of this kind": ("此类订单缺少应有的活动", "核实是否已办理而未登记"),
    "activity more often than expected": ("活动次数超过预期", "核实是重复登记还是返工"),
    "activity out of the expected order": ("活动顺序与预期不符", "核实登记的是办理时间还是录入时间"),
    "activity shorter than expected": ("活动用时短于预期", "核实是否事后补录；计算用时时不计入"),
    "activity without the one it belongs with": ("活动缺少与其配套的活动", "核实另一活动应由哪个系统登记"),
    "attribute holds times": ("属性中存有时间", "若是单独的步骤，映射为事件；否则声明 type: time"),
    "cell does not read as declared": ("单元格与声明的类型不符", "修改 study.yaml 中的类型，或更正系统中的数据"),
    "column missing in some exports": ("部分导出文件缺少该列", "这些文件中按空值处理：若本应有值，请重新导出"),
    "column not filled": ("列未填写", "核实系统为何允许为空；按此列的统计不含这些事件"),
    "duration far above the usual": ("用时远超平常", "核实是否忘记登记结束；计算用时时不计入"),
    "event in several exports": (
        "同一事件见于多个导出文件",
        "每个文件中各为一个事件：将此类记录的键写入 newest，或每个事件只导出一次",
    ),
    "key rounded by a spreadsheet": (
        "键被电子表格舍入",
        "导出为文本：末几位已丢失，不同订单会变成同一个",
    ),
    "key written in another way": (
        "同一键的写法不同",
        "请各系统按同一写法导出，或设为两种键并用关联表连接：不会凭猜测合并",
    ),
    "label differs only in case, space or width": (
        "名称仅大小写、空格或全半角不同",
        "在 activities 或 departments 中映射为常用名称",
    ),
    "label like a far more frequent one": ("名称近似于常用得多的名称", "若为笔误，在 activities 中映射为常用名称"),
    "label not allowed": ("名称不在允许之列", "在 activities 中映射，加入 expect.activities，或更正导出数据"),
    "label with a number that changes": ("名称中含有变动的编号", "映射为同一名称，编号另存为属性"),
    "no day of the month after the 12th": ("日期均不超过每月 12 日", "月与日可能颠倒：写明该来源的 time_format"),
    "no duration, in an activity that takes time": (
        "需要时间的活动用时为零",
        "核实开始与结束是否同时录入；计算用时时不计入",
    ),
    "nothing recorded for a long time": ("长时间没有记录", "补取缺失的导出数据；涉及这段时间的指标偏低"),
    "one label in unlike places": ("同一名称用于不同环节", "若含义不同，为各系统的步骤分别命名"),
    "order decided only by the row in the export": (
        "先后仅由导出文件中的行序决定",
        "在 study.yaml 中写明导出的序号列，或视为同时发生",
    ),
    "order number left out": ("订单编号不连续", "核实这些订单是被筛除、删除还是从未存在"),
    "system that the study does not declare": (
        "研究未声明的系统",
        "在 study.yaml 中声明该系统及其 rank 和 time_zone，或更正其名称",
    ),
    "order without its beginning": ("订单缺少开头", "开头可能在另一订单名下：查找丢失的关联或重复登记"),
    "overlaps the event before": ("与前一事件时间重叠", "核实是否多项工作并行，或开始时间录入过早"),
    "recorded in one go": ("集中一次性录入", "时间是录入时间而非办理时间：计算等待时不计入"),
    "required activity missing": ("缺少必需的活动", "核实是否已办理而未登记；这些订单另行分析"),
    "row of no order": ("不属于任何订单的行", "查找缺失的关联；各行及原因见 study.set_aside(来源)"),
    "row delivered again": (
        "同一行重复导出",
        "每行仍各为一个事件：声明 doubles: set_aside 或 newest，或每行只导出一次",
    ),
    "rule about an activity that no event has": ("规则涉及的活动从未出现", "更正名称，或删除该规则"),
    "several activities of an order at one moment": (
        "同一订单的多个活动时间完全相同",
        "由同一表单一并保存：先后与间隔没有意义，应合并或排定次序",
    ),
    "several values of an order attribute": ("同一订单的属性有多个值", "取最小值：请导出有效的值，或改为事件属性"),
    "several values where one is expected": ("应有一个值而有多个", "核实哪个正确，或删除 expect.determines"),
    "silence longer than expected": ("无记录的时间超过预期", "补取缺失的导出数据"),
    "start later than completion": ("开始晚于完成", "核实两列是否颠倒；计算用时时不计入"),
    "time is a placeholder": ("时间为占位值", "没有时间时请系统导出空值，该行即不采用"),
    "time within a change of the clock": ("时间处于夏令时切换期间", "导出时间请带时区偏移：这些时间可能相差一小时"),
    "two activities always at one moment": (
        "两个活动总是同时发生",
        "同一步骤记录了两次：保留其一，或声明系统消息不是步骤",
    ),
    "two labels in the same place": ("两个名称处于同一环节", "若含义相同，在 activities 中合并"),
    "value missing where it is usual": ("通常有值处为空", "核实为何可以为空：按此列的统计不含这些事件"),
    "value out of range": ("值超出范围", "在系统中更正，或放宽 expect.ranges"),
    "values do not go together": ("各列的值互相矛盾", "核实哪一列有误"),
}


def findings_table(findings: Table | pd.DataFrame, *, language: Language = "en") -> "Styler":
    """What a reader should know of the data, as `Study.findings` gives it: a row a finding, what to do beside it.

    A check that has no Chinese words is shown in English.
    """
    frame = finished(findings, "check", "advice", "example", picture="findings_table").copy()
    if language == "zh":
        told = zip(frame["check"], frame["advice"], frame["example"], strict=True)
        said = [(*_CHINESE.get(check, (check, advice)), _example(check, shown)) for check, advice, shown in told]
        frame[["check", "advice", "example"]] = pd.DataFrame(said, index=frame.index, columns=range(3))
    return table(frame, language=language)


def _example(check: str, shown: str) -> str:
    """The example of a finding is data, but that of a row of no order begins with its reason."""
    if check != "row of no order":
        return shown
    reason, dot, keys = shown.partition(" · ")
    return spoken(reason, "zh") + dot + keys
