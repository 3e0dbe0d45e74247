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
    "row that is no JSON object": "该行不是 JSON 对象",
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
