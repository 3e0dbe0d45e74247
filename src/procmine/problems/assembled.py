"""What a log that could be assembled does not hold, or holds in doubt."""

from collections.abc import Iterator

import pandas as pd

from procmine.problems.problem import Problem
from procmine.report import unmatched_activities
from procmine.schema import USED_ROWS
from procmine.study import Study


def set_aside(study: Study) -> Iterator[Problem]:
    """Rows that gave nothing, by export and reason, the most first."""
    names = {source.export: name for name, source in study.file.sources.items()}
    ledger = study.ledger()
    unused = ledger[~ledger["reason"].isin(USED_ROWS)].sort_values("rows", ascending=False, kind="stable")
    for row in unused.to_dict("records"):
        expected = f"study.set_aside({names[row['source']]!r}) shows them"
        yield Problem("lost", row["source"], f"{row['rows']:,} rows set aside: {row['reason']}", expected)


def unmatched(study: Study) -> Iterator[Problem]:
    """Activities that only the log or only the designed flow has.

    Errors: `FlowError` where the flow cannot be read, or has nothing in common with the log.
    """
    for row in unmatched_activities(study).to_dict("records"):
        expected = "Rename one of the two, in study.yaml under activities, if they are one step"
        yield Problem("lost", str(study.designed_flow), f"only the {row['only_in']} has {row['activity']!r}", expected)


def findings(study: Study) -> Iterator[Problem]:
    """What a reader of the log should know of its data, as `Study.findings` has it."""
    for row in study.findings().to_dict("records"):
        place = study.name if pd.isna(row["source"]) else row["source"]
        concerned = ", ".join(f"{row[of]:,} {of}" for of in ("rows", "orders") if row[of])
        about = f" ({concerned})" if concerned else ""
        yield Problem("doubtful", place, f"{row['check']}{about}, such as {row['example']}", row["advice"])
