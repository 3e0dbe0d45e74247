"""Filters: log in, log out. One that keeps whole orders changes nothing else; one that drops events sequences anew."""

from collections.abc import Iterable
from datetime import datetime

from ibis import Deferred, _
from ibis.expr.types import BooleanValue, Table

from procmine.errors import LogError, nearest
from procmine.schema import CASE, STATUS, require_log
from procmine.sequencing import resequence


def orders(log: Table, case_ids: Iterable[str]) -> Table:
    """The orders named in `case_ids`; names the log lacks match nothing."""
    return require_log(log).filter(_.case_id.isin(list(case_ids)))


def with_attribute(log: Table, name: str, values: Iterable[object]) -> Table:
    """The orders whose attribute `case:<name>` is one of `values`.

    Errors: `LogError` for an attribute that the log lacks, and for one text in the place of several values.
    """
    if isinstance(values, str):
        raise LogError(f"one text {values!r}", where="values", expected=f"A list of values, such as [{values!r}]")
    column = f"{CASE}{name}"
    if column not in require_log(log).columns:
        known = [other.removeprefix(CASE) for other in log.columns if other.startswith(CASE)]
        raise LogError(f"no order attribute {name!r}", where="name", expected=nearest(name, known))
    return log.filter(_[column].isin(list(values)))


def finished(log: Table) -> Table:
    """The orders whose `case:status` is finished; all orders where the log has no status."""
    return with_attribute(log, "status", ["finished"]) if STATUS in require_log(log).columns else log


def performing(log: Table, activity: str) -> Table:
    """The orders in which `activity` occurs."""
    return _orders_where(log, _.activity == activity)


def begun_between(log: Table, first: datetime, last: datetime) -> Table:
    """The orders whose first event completed in [`first`, `last`); times with a zone."""
    return _orders_where(log, (_.position == 1) & (_.timestamp >= first) & (_.timestamp < last))


def keep_activities(log: Table, activities: Iterable[str]) -> Table:
    """The events of `activities` only, sequenced anew: what follows an event is the next one that was kept."""
    return resequence(require_log(log).filter(_.activity.isin(list(activities))))


def drop_activities(log: Table, activities: Iterable[str]) -> Table:
    """All events but those of `activities`, sequenced anew."""
    return resequence(require_log(log).filter(_.activity.notin(list(activities))))


def _orders_where(log: Table, condition: BooleanValue | Deferred) -> Table:
    return log.semi_join(require_log(log).filter(condition).select("case_id"), "case_id")
