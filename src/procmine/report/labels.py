"""Whether a study's log and its designed flow speak of the same activities, told before anything is computed."""

import pandas as pd

from procmine import engine
from procmine.errors import FlowError
from procmine.study import Study


def unmatched_activities(study: Study) -> pd.DataFrame:
    """The activities that only the log or only the designed flow has: `activity`, `only_in` ("log" or "designed flow").

    Without a designed flow there is no row.

    Errors: `FlowError` where the flow cannot be read, or not one of its steps is an activity of the log.
    """
    if study.designed_flow is None:
        return _table([], [])
    from procmine.mine import read_flow

    steps = set(read_flow(study.designed_flow).steps["activity"])
    activities = set(engine.collect(study.log().select("activity").distinct())["activity"])
    if not steps & activities:
        raise FlowError(
            f"none of its steps ({_some(steps)}) is an activity of the log ({_some(activities)})",
            where=study.designed_flow,
            expected="Give them the same names: rename in study.yaml, under activities, or in the flow",
        )
    return _table(sorted(activities - steps), sorted(steps - activities))


def _table(log: list[str], flow: list[str]) -> pd.DataFrame:
    sides = ["log"] * len(log) + ["designed flow"] * len(flow)
    return pd.DataFrame({"activity": [*log, *flow], "only_in": sides}, dtype="str")


def _some(names: set[str], most: int = 5) -> str:
    return ", ".join(sorted(names)[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
