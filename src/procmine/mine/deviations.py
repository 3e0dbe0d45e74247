"""From alignments to named deviations, one row each, and the sentences that say them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import ibis
import pandas as pd
import pyarrow as pa
from ibis import _
from ibis.expr.types import StringValue, Table

from procmine.mine.align import Alignment
from procmine.mine.bridge import Variant, way_table

ROW = {
    "way": pa.int64(),
    "kind": pa.string(),
    "activity": pa.string(),
    "position": pa.int64(),
    "last": pa.bool_(),
    "owner": pa.string(),
    "checkpoint": pa.bool_(),
    "known": pa.bool_(),
}


@dataclass(frozen=True)
class Owners:
    """Who owns a flow's steps, by their ids, and by activity where that has one owner; which are checkpoints."""

    by_step: Mapping[str, str]
    by_activity: Mapping[str, str]
    checkpoints: frozenset[str]
    activities: frozenset[str]

    @classmethod
    def of(cls, steps: pd.DataFrame) -> "Owners":
        """Those of a flow's table of steps. An activity drawn in several lanes has no one owner."""
        named = steps.dropna(subset=["department"])
        drawn = named[["activity", "department"]].drop_duplicates()
        alone = drawn.drop_duplicates("activity", keep=False)
        return cls(
            dict(zip(named["id"], named["department"], strict=True)),
            dict(zip(alone["activity"], alone["department"], strict=True)),
            frozenset(steps.loc[steps["checkpoint"], "id"]),
            frozenset(steps["activity"]),
        )


def way_deviations(numbered: Mapping[int, tuple[Variant, Alignment]], owners: Owners) -> Table:
    """One row a deviation of each way that orders went: columns `ROW`; `owner` is the flow's for the activity."""
    rows = [row for way, (variant, found) in numbered.items() for row in _of_one(way, variant, found, owners)]
    return way_table(rows, ROW)


class _Deviation(NamedTuple):
    """A row of `ROW`."""

    way: int
    kind: str
    activity: str | None
    position: int
    last: bool
    owner: str | None
    checkpoint: bool
    known: bool


def _of_one(way: int, variant: Variant, alignment: Alignment, owners: Owners) -> Iterator[_Deviation]:
    done = 0
    for event, step in alignment.moves:
        if event is None and step is not None:
            node, last = step.node or "", done == len(variant)
            owner, checkpoint = owners.by_step.get(node), node in owners.checkpoints
            yield _Deviation(way, "skipped", step.label, done + 1, last, owner, checkpoint, known=True)
        elif event is not None:
            done = event + 1
            if step is None:
                name = variant[event]
                owner, known = owners.by_activity.get(name), name in owners.activities
                yield _Deviation(way, "unplanned", name, done, False, owner, False, known)


def order_deviations(orders: Table, found: Table, log: Table) -> Table:
    """The deviations of every order: those of its way, with who performed the event. Columns of `Check.deviations`."""
    events = log.select("case_id", "position", by_department=_.department, by_system=_.system)
    each = orders.select("case_id", "way").join(found, "way").left_join(events, ["case_id", "position"])
    unplanned = _.kind == "unplanned"
    owned = each.mutate(
        department=unplanned.ifelse(_.by_department.coalesce(_.owner), _.owner),
        system=unplanned.ifelse(_.by_system, ibis.null("string")),
    )
    said = owned.mutate(sentence=_english(owned), sentence_zh=_chinese(owned))
    columns = (
        "case_id",
        "kind",
        "activity",
        "position",
        "department",
        "system",
        "checkpoint",
        "sentence",
        "sentence_zh",
    )
    return said.select(*columns).order_by("case_id", "position", "kind", "activity")


def _english(row: Table) -> StringValue:
    event = row.position.cast("string")
    step = row.checkpoint.ifelse("Checkpoint ", "") + "“" + row.activity + "”" + _in(row, " (", ")")
    due = row["last"].ifelse("the end", "event " + event)
    fault = row.known.ifelse(" was not planned there", " is no step of the flow")
    return (row.kind == "skipped").ifelse(
        step + " was skipped: it was due before " + due, step + " at event " + event + fault
    )


def _chinese(row: Table) -> StringValue:
    event = "第 " + row.position.cast("string") + " 个事件"
    step = row.checkpoint.ifelse("检查站", "") + "“" + row.activity + "”" + _in(row, "（", "）")
    due = row["last"].ifelse("结束", event)
    fault = row.known.ifelse("不应出现在此处", "不是设计流程中的步骤")
    return (row.kind == "skipped").ifelse("跳过了" + step + "，应在" + due + "之前完成", event + step + fault)


def _in(row: Table, before: str, after: str) -> StringValue:
    return (before + row.department + after).fill_null("")
