"""What a log that could be assembled does not hold, or holds in doubt."""

from collections.abc import Iterator

import pandas as pd

from procmine.assemble.reasons import ON_PURPOSE
from procmine.errors import nearest
from procmine.problems.problem import Problem
from procmine.report import unmatched_activities
from procmine.schema import USED_ROWS
from procmine.study import Study


def set_aside(study: Study) -> Iterator[Problem]:
    """Rows that gave nothing although the study does not say so, by source and reason, the most first."""
    names = {source.export: name for name, source in study.file.sources.items()}
    ledger = study.ledger(by="source")
    meant = [*USED_ROWS, *ON_PURPOSE]
    unused = ledger[~ledger["reason"].isin(meant)].sort_values("rows", ascending=False, kind="stable")
    for row in unused.to_dict("records"):
        expected = f"study.set_aside({names[row['source']]!r}) shows them"
        yield Problem("lost", row["source"], f"{row['rows']:,} rows set aside: {row['reason']}", expected)


def unmatched(study: Study) -> Iterator[Problem]:
    """Activities that only the designed flow has, each; and those that only the log has, together: steps outside of it.

    Errors: `FlowError` where the flow cannot be read, or has nothing in common with the log.
    """
    names = unmatched_activities(study)
    in_flow, in_log = ([*names.loc[names["only_in"] == side, "activity"]] for side in ("designed flow", "log"))
    for name in in_flow:
        expected = nearest(name, in_log) if in_log else "No order does it; look for its name in the exports"
        yield Problem("doubtful", str(study.designed_flow), f"only the designed flow has {name!r}", expected)
    if in_log:
        expected = "Rename them in study.yaml, under activities, where they are a step of the flow"
        yield Problem("doubtful", str(study.designed_flow), f"only the log has {', '.join(in_log)}", expected)


def findings(study: Study) -> Iterator[Problem]:
    """What a reader of the log should know of its data, as `Study.findings` has it."""
    for row in study.findings().to_dict("records"):
        place = study.name if pd.isna(row["source"]) else row["source"]
        concerned = ", ".join(f"{row[of]:,} {of}" for of in ("rows", "orders") if row[of])
        about = f" ({concerned})" if concerned else ""
        yield Problem("doubtful", place, f"{row['check']}{about}, such as {row['example']}", row["advice"])
