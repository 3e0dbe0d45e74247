"""Checks of what belongs to which order: rows of no order, orders without their beginning, numbers left out."""

from collections.abc import Iterator, Mapping

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.findings.finding import Check, stated, tally, words
from procmine.assemble.ledger import Ledger
from procmine.assemble.mapping import RowEvents, StudyFile
from procmine.assemble.reasons import AMBIGUOUS, CLAIMED, DISAGREE, INCOMPLETE, NO_KEY, UNKNOWN_KEY
from procmine.assemble.rows import ROW, cell
from procmine.schema import STATUS

ELUSIVE = Check("row of no order", "Find the missing links; see study.set_aside(source) for the rows and their reasons")
SCATTERED = Check(
    "order without its beginning", "Another order may be its beginning: look for a lost link or a second registration"
)
UNDECLARED = Check(
    "system that the study does not declare",
    "Declare it in study.yaml, with its rank and time_zone, or correct its name",
)
GAPS = Check("order number left out", "Ask whether these orders were left out, deleted or never were")
IDLE = Check("rule about an activity that no event has", "Correct the name, or drop the rule")

_NO_ORDER = (NO_KEY, UNKNOWN_KEY, AMBIGUOUS, CLAIMED, DISAGREE, INCOMPLETE)
_MOST_BEGIN = 0.75
_SHOWN_GAPS = 5


def elusive(study: StudyFile, rows: Mapping[str, Table], ledger: Ledger) -> Iterator[Table]:
    """Rows of events whose order is not known: pattern 5, elusive case, of Suriadi, Andrews, ter Hofstede and Wynn,
    Information Systems 64 (2017).

    The example is the reason and the row's keys, which stay what they are when the rows are shuffled.
    """
    concerned = set(ledger.totals.loc[ledger.totals["reason"].isin(_NO_ORDER), "name"])
    for name, source in study.sources_of_events.items():
        if name in concerned:
            lost = ledger.accounts[name].filter(_.reason.isin(_NO_ORDER)).inner_join(rows[name], [("source_row", ROW)])
            keys = [ibis.literal(f"{kind} ") + cell(lost, column) for kind, column in source.keys.items()]
            marked = lost.mutate(source=ibis.literal(source.export))
            yield tally(marked, ELUSIVE, example=words(lost.reason, *keys), orders=ibis.literal(0))


def scattered(log: Table, study: StudyFile) -> list[Table]:
    """Orders that begin in another system than nearly all: the events before may be under another order's number.

    Where at least three quarters of the orders begin in one of several systems; orders that the observation window cut
    begin anywhere (pattern 6, scattered case, of Suriadi et al. 2017).
    """
    if len(study.systems) == 1:
        return []
    firsts = log.filter(_.position == 1)
    if STATUS in log.columns:
        firsts = firsts.filter(firsts[STATUS] != "cut")
    begun = engine.collect(firsts.group_by("system").agg(orders=_.count()).order_by(_.orders.desc(), "system"))
    if begun.empty or begun["orders"].iloc[0] < _MOST_BEGIN * begun["orders"].sum() or len(begun) == 1:
        return []
    usual = begun["system"].iloc[0]
    others = firsts.filter(_.system.isnull() | (_.system != usual))
    return [tally(others, SCATTERED, example=words(_.case_id, _.activity), rows=_.count())]


def undeclared(log: Table, study: StudyFile) -> list[Table]:
    """Events of a system that an export names and the study does not: it has no rank, and no zone of its own."""
    forms = [source.events for source in study.sources.values() if isinstance(source.events, RowEvents)]
    if all(form.system is None for form in forms):
        return []
    others = log.filter(_.system.notin([*study.systems]))
    return [tally(others, UNDECLARED, example=words(_.system, _.case_id))]


def left_out(log: Table) -> pd.DataFrame:
    """Numbers between the orders' own that no order has (daqapo's `detect_case_id_sequence_gaps`).

    `orders` counts the missing numbers. Identifiers that hold other than digits are compared by their last digits,
    within what stands before them: of A-7 and A-9, A-8 is left out. The .0 that spreadsheets add is not looked at.
    """
    named = log.select("case_id").distinct().mutate(whole=_.case_id.re_replace(r"\.0+$", ""))
    parts = named.select(
        prefix=_.whole.re_replace(r"[0-9]+$", ""), number=_.whole.re_extract(r"([0-9]{1,18})$", 1).try_cast("int64")
    )
    numbers = parts.filter(_.number.notnull()).distinct()
    before = _.number.lag().over(group_by="prefix", order_by="number")
    gaps = numbers.mutate(before=before).filter(_.number - _.before > 1)
    frame = engine.collect(gaps.order_by("prefix", "number"))
    if frame.empty:
        return stated([])
    missing = int((frame["number"] - frame["before"] - 1).sum())
    first = frame[["prefix", "before", "number"]].head(_SHOWN_GAPS).to_numpy().tolist()
    shown = [_numbers(prefix, before + 1, number - 1) for prefix, before, number in first]
    more = ["…"] if len(frame) > _SHOWN_GAPS else []
    return stated([(GAPS, None, 0, missing, ", ".join(shown + more))])


def idle_rules(study: StudyFile, known: set[str]) -> pd.DataFrame:
    """Activities that the study has rules for and no event has: a misspelt rule never fails."""
    rules = {"owners": [*study.owners], "known_order": [name for pair in study.known_order for name in pair]}
    if study.status is not None:
        rules |= {"status.finished": study.status.finished, "status.cancelled": study.status.cancelled}
    if study.expect is not None:
        rules |= {f"expect.{rule}": names for rule, names in study.expect.named_activities().items()}
    idle = {(rule, name) for rule, names in rules.items() for name in names if name not in known}
    return stated([(IDLE, None, 0, 0, f"{rule} · {name}") for rule, name in sorted(idle)])


def _numbers(prefix: str, first: int, last: int) -> str:
    return f"{prefix}{first}" if first == last else f"{prefix}{first}–{last}"
