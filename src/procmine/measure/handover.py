"""Handoffs: where an order passes from one owner to another."""

from ibis import _
from ibis.expr.types import Table

from procmine.measure.expressions import elapsed_s
from procmine.schema import Owner, require_log, require_owner


def handoffs(log: Table, *, owner: Owner = "department") -> Table:
    """Who passed an order to whom, when, and how long until the receiver was done.

    Definition: two consecutive events of an order with different owners, both known. Without the designed flow
    parallel branches cannot be told from causes, so a pair that merely ran side by side counts as well. Elapsed is the
    time from the sender's completion to the receiver's completion: the receiver's work is in it, so it is not waiting.

    Reads: case_id, position, activity, timestamp, `owner` and their `next_` columns.

    Returns one row per handoff:

    - case_id: string; position: int64, of the sender's event
    - from_owner, to_owner, from_activity, to_activity: string
    - sent, received: timestamp UTC, completion of the sender's and of the receiver's event
    - elapsed_s: float64, seconds between them, null in a log without times

    Errors: `LogError` where `log` lacks a log's columns, or `owner` is none of system, department, resource.

    Source: van der Aalst, Reijers, Song, "Discovering social networks from event logs", CSCW 14 (2005).

    >>> from procmine.example import example_log
    >>> handoffs(example_log())[["case_id", "from_owner", "to_owner", "elapsed_s"]].to_pandas()
      case_id from_owner   to_owner  elapsed_s
    0      o1     Centre  Engineers     3600.0
    1      o1  Engineers     Centre     3600.0
    2      o2     Centre  Engineers     3600.0
    """
    receiver = f"next_{require_owner(owner)}"
    passed = require_log(log).filter(_[owner] != _[receiver])
    return passed.select(
        "case_id",
        "position",
        from_owner=_[owner],
        to_owner=_[receiver],
        from_activity=_.activity,
        to_activity=_.next_activity,
        sent=_.timestamp,
        received=_.next_timestamp,
        elapsed_s=elapsed_s(_.timestamp, _.next_timestamp),
    ).order_by("case_id", "position")
