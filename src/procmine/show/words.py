"""Figures and fixed phrases as a reader sees them: durations, counts, shares; English and Chinese.

Data never passes through here: the names of activities and departments are shown as they are.
"""

import math
from typing import Literal

Language = Literal["en", "zh"]

FEWEST = 5
"""A median of fewer cases than this is not shown: the picture says "too few (n)"."""

NOTHING = "–"
"""Shown where there is no figure."""

_UNITS = {"en": ("d", "h", "min", "s"), "zh": ("天", "小时", "分", "秒")}
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60

_PHRASES = {
    "again": ("again", "重复"),
    "arc": (
        "count, and median time between the two steps; the wider, the more often",
        "次数，及两步之间用时的中位数；越粗越频繁",
    ),
    "back": (
        "goes back: at least half of the times, the order had done the step it leads to before the step it comes from",
        "返工：至少一半的次数里，目标步骤在该订单中先于来源步骤完成过",
    ),
    "back_arc": ("goes back", "返工"),
    "beyond": ("; {} longer than {} not shown", "；另有 {} 个超过 {}，未显示"),
    "box": ("activity, and how often it was done; the darker, the more often", "活动及其次数；颜色越深越频繁"),
    "checkpoint": ("checkpoint", "检查站"),
    "checkpoint after the fact": ("checkpoint after the fact", "检查站事后补记"),
    "checkpoint passed over": ("checkpoint passed over", "跳过检查站"),
    "checkpoint_rule": ("checkpoint: a step that must not be passed over", "检查站：不得跳过的步骤"),
    "deviating": ("step on which orders deviate: how often, by kind", "订单发生偏离的步骤：按类型列出次数"),
    "deviations": ("Deviations", "偏离次数"),
    "duration": ("Time from first to last event", "首末事件间用时"),
    "elapsed_median_s": ("Median time of the handoff", "交接用时中位数"),
    "end": ("End", "结束"),
    "flow_map": ("Flow: {} steps in {} lanes.", "流程：{} 个步骤，{} 条泳道。"),
    "folded": (
        "{orders} of orders hidden: they take a folded arc (arcs folded: {arcs}, activities: {activities}). "
        "Figures count all orders.",
        "隐藏了 {orders} 的订单：它们经过已折叠的 {arcs} 条连线之一（折叠了 {activities} 个活动）。"
        "图中数字包含全部订单。",
    ),
    "foreign": ("Not in the designed flow", "不在设计流程中"),
    "from_owner": ("From", "移交方"),
    "fully": ("0 % of orders hidden: every arc is shown.", "隐藏了 0 % 的订单：显示了全部连线。"),
    "handoffs": ("Handoffs", "交接次数"),
    "kept": ("{} of {} rows kept ({})", "保留 {} / {} 行（{}）"),
    "late": ("late", "超时"),
    "median": ("median {}", "中位数 {}"),
    "more_rows": ("{} more not shown", "另有 {} 项未显示"),
    "order_chart": ("Order {}: {} events", "订单 {}：{} 个事件"),
    "orders": ("Orders", "订单数"),
    "orders_counted": ("{} orders", "{} 个订单"),
    "orders_left_out": (", {} not finished left out", "，未计入未正常完成的 {} 个"),
    "other_owners": ("other ({})", "其他（{}）"),
    "out of order": ("out of order", "顺序颠倒"),
    "process_map": ("Process map: {} orders, {} activities, {} arcs.", "流程图：{} 个订单，{} 个活动，{} 条连线。"),
    "redo": ("someone else", "他人"),
    "repeat": ("same person", "同一人"),
    "repeats": ("Times done again", "重复次数"),
    "repetition": ("again, after something else", "隔步重复"),
    "self-loop": ("again at once", "立即重复"),
    "set_aside": ("Rows set aside", "未采用的行数"),
    "skipped": ("skipped", "跳过"),
    "slow": (
        "slow handoff: the owner changes at least half of the times, and the median time is {} or more "
        "(slowest {} of the handoffs shown)",
        "缓慢交接：至少一半的次数更换负责方，且用时中位数不低于 {}（所示交接中最慢的 {}）",
    ),
    "slow_arc": ("slow", "缓慢"),
    "start": ("Start", "开始"),
    "step": ("step of the flow", "流程步骤"),
    "to_owner": ("To", "接收方"),
    "too_few": ("too few ({})", "样本过少（{}）"),
    "unknown": ("person unknown", "执行者未知"),
    "unplanned": ("unplanned", "计划外"),
    "variants_rest": ("; {} more not shown", "；另有 {} 种未显示"),
    "variants_shown": ("{} variants: {} of the orders", "{} 种路径：占订单的 {}"),
    "wrong owner": ("wrong owner", "负责方不符"),
}


def phrase(key: str, language: Language) -> str:
    """The fixed phrase `key`, with its places still open for `str.format`."""
    return _PHRASES[key][("en", "zh").index(language)]


_VALUES = {
    "after the window": "晚于观察期",
    "at least": "至少",
    "before the window": "早于观察期",
    "bytes that are not of the encoding": "含有不属于该编码的字节",
    "cancelled": "已取消",
    "characters that are no text": "含有非文本字符",
    "contradiction": "相互矛盾",
    "cut": "被观察期截断",
    "designed flow": "设计流程",
    "estimate": "估计值",
    "event": "事件",
    "exact double": "完全重复",
    "finished": "已完成",
    "key of no order": "键不属于任何订单",
    "key of several orders": "键对应多个订单",
    "keys of different orders": "各键指向不同订单",
    "known order": "已知先后",
    "line that is no JSON object": "该行不是 JSON 对象",
    "link incomplete": "关联不完整",
    "link repeated": "关联重复",
    "link": "关联",
    "log": "日志",
    "mirrored": "两系统重复记录",
    "no activity": "没有活动",
    "no order key": "没有订单键",
    "no time": "没有时间",
    "open": "未完成",
    "order attributes": "订单属性",
    "order claimed by several keys": "多个键争用同一订单",
    "order without events": "订单没有事件",
    "quoted cell that does not end as it should": "引号未正确结束",
    "recovered": "已恢复关联",
    "row that is too long": "行过长",
    "row with too few cells": "单元格过少",
    "row with too many cells": "单元格过多",
    "same order": "同一订单",
    "start time not readable": "开始时间无法识别",
    "status is no step": "状态不对应步骤",
    "status not in the study": "状态未在研究中列出",
    "superseded by a later row": "已被后来的行取代",
    "time not readable": "时间无法识别",
    "time without zone": "时间缺少时区",
    "zero bytes in the row": "含有零字节",
}
"""The values of procmine's own columns that stand for themselves in English, such as the reasons of the ledger."""


def spoken(value: str, language: Language) -> str:
    """A value out of procmine's own vocabulary ("self-loop", "no time") in `language`; any other text as it is."""
    if value in _PHRASES:
        return phrase(value, language)
    return _VALUES.get(value, value) if language == "zh" else value


_HEADINGS = {
    "activities": "活动序列",
    "activity": "活动",
    "advice": "建议",
    "against": "对照系统",
    "age_s": "订单历时",
    "by": "执行者",
    "case:status": "状态",
    "case_id": "订单",
    "change": "变化",
    "check": "检查",
    "columns": "列数",
    "corrected": "校正后",
    "corrected_rank": "校正后排名",
    "corrected_s": "已校正",
    "cost": "偏离成本",
    "count": "次数",
    "department": "部门",
    "deviations": "偏离次数",
    "duration_s": "用时",
    "elapsed_mean_s": "平均用时",
    "elapsed_median_s": "用时中位数",
    "elapsed_p90_s": "用时九成分位数",
    "elapsed_s": "用时",
    "end": "结束",
    "event:joined": "关联依据",
    "event:resolution": "时间精度",
    "event:start_resolution": "开始时间精度",
    "events": "事件数",
    "evidence": "依据",
    "example": "例",
    "export": "文件",
    "figure": "指标",
    "first": "前者",
    "first_row": "首行",
    "fitness": "符合度",
    "fits": "完全符合",
    "from_activity": "移交活动",
    "from_owner": "移交方",
    "handoffs": "交接次数",
    "high_s": "上限",
    "joined": "已合并",
    "kept": "保留的行",
    "kept_system": "保留的系统",
    "kind": "类型",
    "lag_s": "滞后",
    "last_activity": "最后活动",
    "last_department": "最后部门",
    "last_event": "最后事件",
    "last_resource": "最后人员",
    "low_s": "下限",
    "method": "方法",
    "next_activity": "下一活动",
    "next_department": "下一部门",
    "next_resource": "下一人员",
    "next_start": "下一活动开始时间",
    "next_system": "下一系统",
    "next_timestamp": "下一活动时间",
    "occurrence": "第几次",
    "offset_s": "偏差",
    "only_in": "只见于",
    "order": "订单",
    "orders": "订单数",
    "pairs": "对数",
    "place": "行内序号",
    "position": "位置",
    "procmine:candidates": "可能的订单",
    "procmine:file": "文件",
    "procmine:kept": "保留的行",
    "procmine:line": "文件行",
    "procmine:reason": "原因",
    "procmine:row": "行号",
    "procmine:text": "原文",
    "reason": "原因",
    "received": "接收时间",
    "recorded": "记录值",
    "recorded_rank": "记录值排名",
    "resource": "人员",
    "rows": "行数",
    "same_as": "另一编号",
    "second": "后者",
    "sent": "移交时间",
    "sentence": "说明",
    "share": "占比",
    "since": "起始时间",
    "source": "来源",
    "source_row": "行号",
    "standing_max_s": "最长停留",
    "standing_median_s": "停留中位数",
    "standing_s": "停留",
    "start": "开始",
    "system": "系统",
    "table": "表",
    "tells": "性质",
    "timestamp": "时间",
    "to_activity": "接收活动",
    "to_owner": "接收方",
    "variant": "路径",
}


def heading(column: str, language: Language) -> str:
    """The heading of a column: its name as words, without the sign of its unit; in Chinese where procmine named it."""
    if language == "zh" and column in _HEADINGS:
        return _HEADINGS[column]
    return column.removeprefix("case:").removeprefix("event:").removesuffix("_s").replace("_", " ")


def duration(seconds: float | None, *, language: Language = "en") -> str:
    """Seconds in words: "3 d 4 h", "12 min", "45 s"; "–" where there is no figure.

    The two largest units; from ten minutes without the seconds, from a hundred days without the hours.
    """
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    day, hour, minute, second = _UNITS[language]
    size = abs(seconds)
    sign = "−" if seconds < 0 else ""
    if 0 < size < 1:
        return f"{sign}< 1 {second}"
    minutes = round(size / _MINUTE)
    if minutes >= _DAY / _MINUTE:
        large, small, large_unit, small_unit = *divmod(round(size / _HOUR), 24), day, hour
    elif minutes >= _HOUR / _MINUTE:
        large, small, large_unit, small_unit = *divmod(minutes, 60), hour, minute
    elif minutes >= 10:
        large, small, large_unit, small_unit = minutes, 0, minute, second
    else:
        large, small, large_unit, small_unit = *divmod(round(size), 60), minute, second
    words = [f"{large:,} {large_unit}"] if large else []
    if not large or (small and large < 100):
        words.append(f"{small} {small_unit}")
    return sign + " ".join(words)


def count(number: float | None) -> str:
    """A whole number with thousands separators."""
    return NOTHING if number is None or not math.isfinite(number) else f"{round(number):,}"


def share(part: float | None) -> str:
    """A part of one in percent: whole, below ten and next to a hundred with one decimal, never rounded to 0 or 100."""
    if part is None or not math.isfinite(part):
        return NOTHING
    part = round(part, 9)
    if 0 < part < 0.001:
        return "< 0.1 %"
    if 0.999 < part < 1:
        return "> 99.9 %"
    precise = 0 < part < 0.0995 or 0.99 < part < 1
    return f"{part:.1%}".replace("%", " %") if precise else f"{part:.0%}".replace("%", " %")
