"""The sentences that read a report's pictures, with their figures, in English and Chinese."""

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from procmine import engine
from procmine.report.summary import by_status, holders, slowest_pairs
from procmine.schema import USED_ROWS
from procmine.show.words import FEWEST, Language, count, duration, share, spoken

if TYPE_CHECKING:
    from procmine.mine import Check

NOT_RECORDED = ("Not recorded: ", "没有记录：")


@dataclass(frozen=True, repr=False)
class Reading:
    """A sentence or two below a picture. A notebook shows it by itself; names in it are escaped."""

    text: str

    def _repr_html_(self) -> str:
        return f'<p class="reading">{escape(self.text)}</p>'

    def __repr__(self) -> str:
        return self.text


def ledger(accounts: pd.DataFrame, *, language: Language = "en") -> Reading:
    """Whether every exported row is accounted for, and what most rows were set aside for."""
    used = accounts["reason"].isin(USED_ROWS)
    rows, aside = accounts["rows"].sum(), accounts["rows"][~used].sum()
    events = count(accounts["events"].sum())
    said = _said(
        f"Of {count(rows)} exported rows, {count(rows - aside)} are used and {count(aside)} were set aside; together "
        f"they account for every row. They gave {events} events.",
        f"导出的 {count(rows)} 行中，采用 {count(rows - aside)} 行，未采用 {count(aside)} 行，每一行都有去向；"
        f"共得到 {events} 个事件。",
        language,
    )
    if aside:
        most = accounts[~used].sort_values(["rows", "source"], ascending=[False, True]).iloc[0]
        said += _said(
            f" The most frequent reason: “{most['reason']}”, {count(most['rows'])} rows of {most['source']}.",
            f"最常见的原因：“{spoken(most['reason'], language)}”，{most['source']} 的 {count(most['rows'])} 行。",
            language,
        )
    return Reading(said)


def variants(ways: pd.DataFrame, *, top: int = 10, language: Language = "en") -> Reading:
    """How alike the ways are that orders take."""
    first, most = ways["share"].iloc[0], ways["share"].head(top).sum()
    once = int((ways["count"] == 1).sum())
    orders = count(ways["count"].sum())
    return Reading(
        _said(
            f"{orders} orders took {count(len(ways))} different ways. The most frequent is that of "
            f"{share(first)} of the orders, the first {min(top, len(ways))} together of {share(most)}; "
            f"{count(once)} ways were taken once.",
            f"{orders} 个订单走了 {count(len(ways))} 种路径。最常见的一种占 {share(first)}，"
            f"前 {min(top, len(ways))} 种合计占 {share(most)}；有 {count(once)} 种路径只出现过一次。",
            language,
        )
    )


def process_map(arcs: pd.DataFrame, *, language: Language = "en") -> Reading:
    """The step most often taken, and the slowest one between two departments."""
    if arcs.empty:
        return Reading(_said("Every order has one event only.", "每个订单都只有一个事件。", language))
    most = arcs.sort_values(["count", "activity", "next_activity"], ascending=[False, True, True]).iloc[0]
    said = _said(
        f"Most often “{most['activity']}” is followed by “{most['next_activity']}” ({count(most['count'])} times).",
        f"最常见的是“{most['activity']}”之后“{most['next_activity']}”（{count(most['count'])} 次）。",
        language,
    )
    slow = arcs[(arcs["handoffs"] * 2 >= arcs["count"]) & (arcs["count"] >= FEWEST)].dropna(subset=["elapsed_median_s"])
    if not slow.empty:
        slowest = slow.sort_values(["elapsed_median_s", "activity"], ascending=[False, True]).iloc[0]
        took = duration(slowest["elapsed_median_s"], language=language)
        said += _said(
            f" Of the steps from one department to another, the longest is from “{slowest['activity']}” to "
            f"“{slowest['next_activity']}”: {took} at the median.",
            f"跨部门的步骤中，用时最长的是从“{slowest['activity']}”到“{slowest['next_activity']}”，中位数 {took}。",
            language,
        )
    return Reading(said)


def durations(orders: pd.DataFrame, *, language: Language = "en") -> Reading:
    """How many orders there are of each status, and how long finished ones take."""
    status = by_status(orders)
    if status.empty:
        return _not_recorded(
            "the study states no rule for when an order is over, so that the times of open orders are among these.",
            "研究没有规定订单何时算结束，因此这里也包含未完成订单的用时。",
            language,
        )
    finished = orders.loc[orders["case:status"] == "finished", "duration_s"].dropna()
    parts = ", ".join(f"{spoken(str(name), language)} {count(number)}" for name, number in status.items())
    middle = duration(finished.median(), language=language) if len(finished) >= FEWEST else None
    return Reading(
        _said(
            f"Orders by status: {parts}. "
            + (f"A finished order takes {middle} at the median." if middle else f"Too few finished ({len(finished)})."),
            f"订单状态：{parts}。"
            + (f"已完成订单用时中位数为 {middle}。" if middle else f"已完成订单过少（{len(finished)}）。"),
            language,
        )
    )


def conformance(check: "Check | None", *, language: Language = "en") -> Reading:
    """How many orders go as designed, and what is most often otherwise."""
    if check is None:
        return _not_recorded(
            "the study has no designed flow to check against.", "研究没有设计流程，无从对照。", language
        )
    checked = engine.collect(check.orders)
    known = checked["fits"].dropna().astype(bool)
    said = _said(
        f"{count(known.sum())} of {count(len(known))} orders ({share(check.fitting_share)}) go as designed; the "
        f"fitness of the log is {check.fitness:.3f} (1 is a perfect fit). Open orders are checked as far as they have "
        "come.",
        f"{count(len(known))} 个订单中有 {count(known.sum())} 个（{share(check.fitting_share)}）符合设计流程；"
        f"日志符合度为 {check.fitness:.3f}（1 为完全符合）。未完成的订单只检查已走过的部分。",
        language,
    )
    said += _unmatched(check, language)
    kinds = engine.collect(check.deviations).groupby(["kind", "activity"])["case_id"].nunique()
    if len(kinds):
        (kind, activity), orders = kinds.sort_values(ascending=False, kind="stable").index[0], kinds.max()
        said += _said(
            f" The most frequent deviation: “{activity}” {spoken(kind, language)}, in {count(orders)} orders.",
            f"最常见的偏离：“{activity}”{spoken(kind, language)}，涉及 {count(orders)} 个订单。",
            language,
        )
    return Reading(said)


def rework(pieces: pd.DataFrame, orders: pd.DataFrame, *, language: Language = "en") -> Reading:
    """How much is done again, and what most of all. `pieces` is the measure rework, `orders` the measure cases."""
    if pieces.empty:
        return Reading(_said("No activity was done twice in an order.", "没有订单重复做过同一活动。", language))
    by_activity = pieces.groupby("activity")["count"].sum().sort_values(ascending=False, kind="stable")
    total, activity, times = by_activity.sum(), by_activity.index[0], by_activity.iloc[0]
    return Reading(
        _said(
            f"An activity was done again {count(total)} times in {count(len(orders))} orders; “{activity}” most often, "
            f"{count(times)} times ({share(times / total)}). Whether that is waste, the log alone cannot tell.",
            f"{count(len(orders))} 个订单中共有 {count(total)} 次重复；最多的是“{activity}”，{count(times)} 次"
            f"（{share(times / total)}）。是否浪费，仅凭日志无法判断。",
            language,
        )
    )


def handoffs(passed: pd.DataFrame, log_has_owners: bool, *, language: Language = "en") -> Reading:
    """How often orders pass between departments, and where that takes longest."""
    if passed.empty and not log_has_owners:
        return _not_recorded("no event names its department.", "没有事件注明部门。", language)
    if passed.empty:
        return Reading(_said("No order passed between departments.", "没有订单在部门之间移交。", language))
    pairs = passed.groupby(["from_owner", "to_owner"]).size().sort_values(ascending=False, kind="stable")
    (sender, receiver), times = pairs.index[0], pairs.iloc[0]
    said = _said(
        f"Orders passed from one department to another {count(len(passed))} times, most often from “{sender}” to "
        f"“{receiver}” ({count(times)}).",
        f"订单在部门之间移交 {count(len(passed))} 次，最多的是从“{sender}”到“{receiver}”（{count(times)} 次）。",
        language,
    )
    slow = slowest_pairs(passed, top=1)
    if len(slow):
        row = slow.iloc[0]
        took = duration(row["elapsed_median_s"], language=language)
        said += _said(
            f" It takes longest from “{row['from_owner']}” to “{row['to_owner']}”: {took} at the median, the "
            "receiver's work included.",
            f"用时最长的是从“{row['from_owner']}”到“{row['to_owner']}”：中位数 {took}，含接收方的作业时间。",
            language,
        )
    return Reading(said)


def open_orders(standing: pd.DataFrame | None, *, language: Language = "en") -> Reading:
    """Who holds open orders now, and for how long. `standing` is None where the log has no status."""
    if standing is None:
        return _not_recorded(
            "the study states no rule for when an order is over, so no order is known to be open.",
            "研究没有规定订单何时算结束，因此无法得知哪些订单未完成。",
            language,
        )
    if standing.empty:
        return Reading(_said("No order is open.", "没有未完成的订单。", language))
    most, longest = holders(standing).iloc[0], standing.iloc[0]
    stood = duration(longest["standing_s"], language=language)
    return Reading(
        _said(
            f"{count(len(standing))} orders are open; the most ({count(most['orders'])}) stand after "
            f"“{most['last_activity']}”. Order {longest['case_id']} has stood longest: {stood} after "
            f"“{longest['last_activity']}”.",
            f"有 {count(len(standing))} 个订单未完成；"
            f"停在“{most['last_activity']}”之后的最多（{count(most['orders'])} 个）。"
            f"停留最久的是订单 {longest['case_id']}：“{longest['last_activity']}”之后已 {stood}。",
            language,
        )
    )


def _unmatched(check: "Check", language: Language) -> str:
    sides = (
        (check.unmatched.log, " Only in the log: ", "只见于日志："),
        (check.unmatched.flow, " Only in the designed flow: ", "只见于设计流程："),
    )
    quoted = [
        (", ".join(f"“{name}”" for name in names), english, chinese) for names, english, chinese in sides if names
    ]
    return "".join(_said(f"{english}{names}.", f"{chinese}{names}。", language) for names, english, chinese in quoted)


def _said(english: str, chinese: str, language: Language) -> str:
    return chinese if language == "zh" else english


def _not_recorded(english: str, chinese: str, language: Language) -> Reading:
    return Reading(_said(NOT_RECORDED[0] + english, NOT_RECORDED[1] + chinese, language))
