"""Hold the simulated studies against the published figures, and what procmine assembles of them against the truth.

Everything is measured on the logs that procmine assembles from the raw exports; `make calibration` prints the tables.
"""

import datetime as dt
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import holidays
import numpy as np
import pandas as pd

import procmine as pm
from procmine.study import Study
from raw_exports import truth

DAY = 86_400


@dataclass(frozen=True)
class Figure:
    """A published figure, what the simulated log gives, and how far it may be from it."""

    study: str
    measure: str
    published: str
    simulated: float
    least: float
    most: float

    @property
    def holds(self) -> bool:
        """Whether the simulated figure lies within the tolerance."""
        return self.least <= self.simulated <= self.most


def calibration(open_study: Callable[[str], Study]) -> list[Figure]:
    """Every row of the published before/after table that can be simulated, and the figures of enterprise activation."""
    return [
        *_enterprise(_events(open_study("enterprise_activation"))),
    ]


def assembly(study: Study) -> dict[str, float]:
    """How much of what truly happened procmine's assembled log holds, and how truly.

    - `events`: the true events; `in_log`: the share that the log has;
    - `true_order`: of the log's events, the share that stands in its true order; `wrong`: how many do not;
    - `whole`: the share of true orders that have all of their events in one order of the log;
    - `lost`: how many events are missing although no link of their order was lost.
    """
    happened, records, keys = (truth(study.folder, table) for table in ("events", "records", "keys"))
    faults = truth(study.folder, "faults")
    log = study.log().select("case_id", "source", "source_row").to_pandas()
    log["file"] = log["source"].str.partition("#")[0]
    true_of_key = keys[keys.kind == "order"].set_index("key").order
    rows = records.merge(happened[["event", "order"]], on="event")
    order_of_row = rows.drop_duplicates(["file", "row"]).set_index(["file", "row"]).order
    true = order_of_row.reindex(pd.MultiIndex.from_frame(log[["file", "source_row"]])).to_numpy()
    found = rows.merge(log, left_on=["file", "row"], right_on=["file", "source_row"])
    held = set(found.event)
    missing = happened[~happened.event.isin(held)]
    pieces = found.groupby("order").case_id.nunique()
    whole = set(happened.order) - set(missing.order) - set(pieces[pieces > 1].index)
    unlinked = set(faults[faults.fault == "lost-links"].order)
    put = true_of_key.reindex(log.case_id).to_numpy()
    return {
        "events": len(happened),
        "in_log": len(held) / len(happened),
        "true_order": float((put == true).mean()),
        "wrong": int((put != true).sum()),
        "whole": len(whole) / happened.order.nunique(),
        "lost": int((~missing.order.isin(unlinked)).sum()),
    }


def _events(study: Study) -> pd.DataFrame:
    """The events of a study's log, times on the clock of Shanghai."""
    log = study.log().to_pandas()
    log["timestamp"] = log["timestamp"].dt.tz_convert("Asia/Shanghai")
    return log.rename(columns={"case:version": "version", "case:status": "status"})


def _enterprise(log: pd.DataFrame) -> Iterator[Figure]:
    """From the need found to the order archived."""
    before = log[log.version == "before"]
    begun = before[before.activity == "Find need"].groupby("case_id").timestamp.min()
    ended = before[before.activity == "Archive order"].groupby("case_id").timestamp.max()
    both = pd.concat([begun.rename("begun"), ended.rename("ended")], axis=1, join="inner")
    worked = _working_days(both.begun.dt.date.to_numpy(), both.ended.dt.date.to_numpy())
    months = (both.ended - both.begun).dt.days
    name = "enterprise_activation"
    yield Figure(name, "working days to archive, before, mean", "over 25", worked.mean(), 25, 32)
    yield Figure(name, "share that takes 2–3 months, before", "some", (months >= 60).mean(), 0.02, 0.15)


def _working_days(begun: np.ndarray, ended: np.ndarray) -> np.ndarray:
    """China's working days from one day to another, by the holidays package."""
    china = holidays.country_holidays("CN", years=(2024, 2025, 2026))
    days = [dt.date(2024, 1, 1) + dt.timedelta(more) for more in range(3 * 365)]
    worked = pd.Series(np.cumsum([china.is_working_day(day) for day in days]), index=days)
    return worked[ended].to_numpy() - worked[begun].to_numpy()


def _print(title: str, rows: pd.DataFrame) -> None:
    sys.stdout.write(f"{title}\n{rows.to_string(index=False)}\n\n")


if __name__ == "__main__":
    figures = pd.DataFrame([{**vars(figure), "holds": figure.holds} for figure in calibration(pm.open_study)])
    _print("Published and simulated figures", figures.round(3))
    names = [path.parent.name for path in sorted(Path("eventlogs").glob("*/study.yaml"))]
    told = pd.DataFrame([{"study": name, **assembly(pm.open_study(name))} for name in names])
    _print("What procmine assembles of what truly happened", told.round(4))
