"""Hold the simulated studies against the published figures, and what procmine assembles of them against the truth.

Everything is measured on the logs that procmine assembles from the raw exports; `make calibration` prints the tables.
"""

import datetime as dt
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import holidays
import numpy as np
import pandas as pd

import procmine as pm
from procmine.simulate.writing import FLOWS
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
    """Every row of the published before/after table that can be simulated, and the figures of enterprise activation.

    Two rows cannot: the orders that the order centre took on its busiest day are a load, not an outcome; and enquiries
    a day depend on how many orders come a day, so it is their share that is compared.
    """
    return [
        *_enterprise(open_study("enterprise_activation")),
        *_broadband(open_study("converged_broadband")),
        *_sim_cards(open_study("sim_card_supply")),
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
    return log.rename(columns={"case:version": "version", "case:status": "status", "case:channel": "channel"})


def _moments(log: pd.DataFrame, activity: str) -> "pd.Series[pd.Timestamp]":
    """When each order first did the activity, by version and order."""
    return log[log.activity == activity].groupby(["version", "case_id"]).timestamp.min()


def _between(log: pd.DataFrame, first: str, then: str) -> "pd.Series[pd.Timedelta]":
    return (_moments(log, then) - _moments(log, first)).dropna()


def _enterprise(study: Study) -> Iterator[Figure]:
    """From the need found to the order archived."""
    log = _events(study)
    begun, ended = _moments(log, "Find need")["before"], _moments(log, "Archive order")["before"]
    both = pd.concat([begun.rename("begun"), ended.rename("ended")], axis=1, join="inner")
    worked = _working_days(both.begun.dt.date.to_numpy(), both.ended.dt.date.to_numpy())
    months = (both.ended - both.begun).dt.days
    name = "enterprise_activation"
    yield Figure(name, "working days to archive, before: mean", "over 25", worked.mean(), 25, 32)
    yield Figure(name, "orders that take 2–3 months, before: share", "some", (months >= 60).mean(), 0.02, 0.15)


def _broadband(study: Study) -> Iterator[Figure]:
    """Rates are of orders placed at least 30 days before the as-of moment."""
    name, log = "converged_broadband", _events(study)
    done = _between(log, "Place order", "Complete order").dt.total_seconds() / DAY
    response = _between(log, "Place order", "Assign order").dt.total_seconds() / 3600
    placed = log.groupby(["version", "case_id"]).timestamp.min()
    judged = placed[placed <= pd.Timestamp(study.as_of) - pd.Timedelta(days=30)].index
    withdrawn = pd.Series(judged.isin(_moments(log, "Withdraw order").index), index=judged)
    finished = pd.Series(judged.isin(_moments(log, "Complete order").index), index=judged) & ~withdrawn
    rates = pd.DataFrame({"finished": finished, "withdrawn": withdrawn}).groupby("version").mean() * 100
    enquiries = log[log.activity == "Enquire about resources"].groupby("version").size()
    share = enquiries["after"] / enquiries["before"]
    fewer = rates.withdrawn["before"] - rates.withdrawn["after"]
    yield Figure(name, "days to completion, before: mean", "7–15", done["before"].mean(), 7, 15)
    yield Figure(name, "days to completion, after: mean", "2", done["after"].mean(), 1.7, 2.3)
    yield Figure(name, "hours to response, before: mean", "1.5", response["before"].mean(), 1.3, 1.7)
    yield Figure(name, "hours to response, after: longest", "at most 0.5", response["after"].max(), 0, 0.5)
    yield Figure(name, "completion rate, before: %", "87", rates.finished["before"], 85, 89)
    yield Figure(name, "completion rate, after: %", "98.7", rates.finished["after"], 97.7, 99.7)
    yield Figure(name, "withdrawal rate, before − after: points", "6", fewer, 4.5, 7.5)
    yield Figure(name, "enquiries, after ÷ before", "under 2 of 105 a day", share, 0, 2 / 105)


def _sim_cards(study: Study) -> Iterator[Figure]:
    """Steps are those that most orders of a channel take."""
    name, log = "sim_card_supply", _events(study)
    lead = _between(log, "Place order", "Receive cards").dt.total_seconds() / 3600
    yield Figure(name, "days from order to receipt, before: mean", "3–5", lead["before"].mean() / 24, 3, 5)
    yield Figure(name, "received within 24 h, after: share", "all", (lead["after"] <= 24).mean(), 0.97, 1)
    steps = log.groupby(["version", "channel", "case_id"]).size().groupby(["version", "channel"])
    usual = steps.agg(lambda counts: counts.mode().iloc[0])
    for version, channel, published in (
        ("before", "agent", 13),
        ("after", "agent", 7),
        ("before", "own hall", 9),
        ("after", "own hall", 5),
    ):
        found = usual[version, channel]
        yield Figure(name, f"steps of {channel} orders, {version}: usual", str(published), found, published, published)
    stores = log[log.department.str.endswith(" store", na=False)].groupby("version").resource.nunique()
    yield Figure(name, "stock staff, after ÷ before", "26 %", stores["after"] / stores["before"], 0.22, 0.30)


def _working_days(begun: np.ndarray, ended: np.ndarray) -> np.ndarray:
    """China's working days from one day to another, by the holidays package."""
    china = holidays.country_holidays("CN", years=(2024, 2025, 2026))
    days = [dt.date(2024, 1, 1) + dt.timedelta(more) for more in range(3 * 365)]
    worked = pd.Series(np.cumsum([china.is_working_day(day) for day in days]), index=days)
    return worked[ended].to_numpy() - worked[begun].to_numpy()


def calibration_table(figures: Sequence[Figure]) -> str:
    """The figures as a table in Markdown."""
    rows = [
        (figure.study, figure.measure, figure.published, f"{figure.simulated:.3g}", _tolerance(figure))
        for figure in figures
    ]
    return _markdown(("study", "measure", "published", "simulated", "tolerance"), rows)


def assembly_table(open_study: Callable[[str], Study]) -> str:
    """What procmine assembles of the three studies, as a table in Markdown."""
    rows = []
    for name in FLOWS:
        found = assembly(open_study(name))
        shares = (f"{100 * found[share]:.2f} %" for share in ("in_log", "true_order", "whole"))
        rows.append((name, f"{found['events']:,.0f}", *shares, f"{found['wrong']:.0f}", f"{found['lost']:.0f}"))
    told = (
        "true events",
        "in the log",
        "in their true order",
        "orders whole",
        "joined wrongly",
        "missing otherwise",
    )
    return _markdown(("study", *told), rows)


def _tolerance(figure: Figure) -> str:
    return f"{figure.least:.3g}" if figure.least == figure.most else f"{figure.least:.3g} to {figure.most:.3g}"


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    known = calibration(pm.open_study)
    sys.stdout.write(f"{calibration_table(known)}\n{assembly_table(pm.open_study)}")
    sys.exit(not all(figure.holds for figure in known))
