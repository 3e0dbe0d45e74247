"""Simulate a study and write it: its exports, the flow as designed, its `study.yaml`, and the truth beside them."""

import datetime as dt
import gc
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module, resources
from os import PathLike
from pathlib import Path
from string import Template
from typing import Literal, get_args

from procmine.errors import SimulationError, nearest
from procmine.simulate.exports import Writer
from procmine.simulate.faults import Fault
from procmine.simulate.flow import Flow
from procmine.simulate.flow_bpmn import bpmn
from procmine.simulate.happened import Run
from procmine.simulate.hours import DAY, Calendar, china
from procmine.simulate.layout import Layout
from procmine.simulate.numbers import with_numbers
from procmine.simulate.play import play
from procmine.simulate.standards import write_standards
from procmine.simulate.truth import write_truth

State = Literal["before", "after", "both"]
FLOWS = ("enterprise_activation", "converged_broadband", "sim_card_supply")
LEAST_DAYS = 28
FIRST, LAST = dt.date(2000, 1, 1), dt.date(2100, 1, 1)
MOST_ORDERS = 10_000_000
PLAYING = 0.6
"""The share of the time that goes into playing; the rest is writing."""


@dataclass(frozen=True, kw_only=True)
class Described:
    """A described flow: its two states, how its systems write it down, and the time over which it is simulated.

    A flow's package holds one of these as `DESCRIBED`, and its `study.yaml`.
    """

    before: Flow
    after: Flow
    layout: Layout
    time_zone: str = "Asia/Shanghai"
    first: dt.date = dt.date(2025, 1, 1)
    last: dt.date = dt.date(2026, 1, 1)
    """The first day, and the day after the last. The redesign is in the middle."""


def simulate(
    flow: str = "enterprise_activation",
    *,
    orders: int = 1000,
    first: dt.date | None = None,
    last: dt.date | None = None,
    state: State = "both",
    faults: Mapping[str, float | None] | None = None,
    seed: int = 7,
    folder: str | PathLike[str],
    progress: Callable[[float], None] = lambda _share: None,
) -> Path:
    """Write a simulated study to `folder`, which must be new or empty, and return it.

    So many orders come in from the day `first` up to the day `last`, and run until then; by default over the time that
    the flow is described for. With `state` "both", orders that come in the second half follow the redesigned flow.
    `faults` names those that are switched on, each with its strength, or None for the strength that the flow describes;
    left out, all are as described. `progress` is called with the share that is done, from 0 to 1.

    Equal arguments give equal bytes. The study has:

    - ``exports/``: what the flow's systems export;
    - ``study.yaml`` and ``designed_flow.bpmn``, the redesigned flow, so that it opens like any other study;
    - ``standards.csv``, ``hours.csv`` and ``calendar.csv``: what that flow promises, and when people work, see
      `procmine.simulate.standards.write_standards`;
    - ``truth/``: what truly happened, see `procmine.simulate.truth.write_truth`.

    Errors: `SimulationError` for an unknown flow or fault, a strength out of range, `orders` below 1, an impossible
    range of days, or a folder that is not empty or cannot be written. Nothing is half-written.
    """
    described = describe(flow)
    if not 1 <= orders <= MOST_ORDERS:
        raise SimulationError(f"{orders} orders", where="orders", expected=f"A whole number from 1 to {MOST_ORDERS:,}")
    if state not in get_args(State):
        raise SimulationError(f"no state {state!r}", where="state", expected=nearest(state, get_args(State)))
    begin, end = first or described.first, last or described.last
    if begin < FIRST or end > LAST:
        raise SimulationError(f"{begin} to {end}", where="from, to", expected=f"Days from {FIRST} to {LAST}")
    days = (end - begin).days
    if days < LEAST_DAYS:
        raise SimulationError(
            f"{days} days from {begin} to {end}", where="from, to", expected=f"At least {LEAST_DAYS} days, `from` first"
        )
    flows = {name: planted(getattr(described, name), faults) for name in ("before", "after") if state in (name, "both")}
    target = Path(folder).absolute()
    try:
        _refuse_full(target)
        with _parents(target), tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as scratch:
            whole = Path(scratch) / target.name
            whole.mkdir()
            calendar = Calendar(china(begin, days), begin, days)
            with _uncollected():
                _write_study(whole, described, flows, calendar, orders=orders, seed=str(seed), progress=progress)
            if target.is_dir():
                target.rmdir()
            whole.rename(target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SimulationError(
            f"the folder cannot be written: {reason}",
            where=target,
            expected="Name a folder in a place you may write to",
        ) from error
    progress(1.0)
    return target


def describe(flow: str) -> Described:
    """The described flow of that name.

    Errors: `SimulationError` where there is none.
    """
    if flow not in FLOWS:
        raise SimulationError(f"no flow {flow!r}", where="flow", expected=nearest(flow, FLOWS))
    described: Described = import_module(f"procmine.simulate.{flow}").DESCRIBED
    return described


def planted(flow: Flow, faults: Mapping[str, float | None] | None) -> Flow:
    """`flow` with the named faults at the strengths given, or at those described, and all others at none.

    Errors: `SimulationError` for a fault that the flow does not have, or a strength out of range.
    """
    if faults is None:
        return flow
    known = {fault.name: fault for fault in flow.faults}
    for name in faults:
        if name not in known:
            raise SimulationError(f"no fault {name!r}", where=flow.name, expected=nearest(name, known))
    return replace(flow, faults=tuple(_at_strength(fault, faults) for fault in flow.faults))


def _at_strength(fault: Fault, strengths: Mapping[str, float | None]) -> Fault:
    """The fault as it was asked for. One that was not stays, at strength 0: so an order has the same luck in every run
    of a seed, whatever faults are planted, and two runs differ by the faults alone.
    """
    strength = strengths.get(fault.name, 0.0)
    return fault if strength is None else fault.with_strength(strength)


@contextmanager
def _parents(target: Path) -> Iterator[None]:
    """The folders above `target` are there; those that were not go again where it does not come about."""
    new = [folder for folder in target.parents if not folder.exists()]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        if not target.exists():
            for folder in new:
                with suppress(OSError):
                    folder.rmdir()


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for garbage: what a run makes lives to its end, and searching it takes a fifth of the time."""
    searching = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searching:
            gc.enable()


def _report(progress: Callable[[float], None], done: float, whole: float, part: float) -> None:
    """Tell `progress` how far the playing of one state is; the writing is the rest."""
    progress(PLAYING * (done + whole * part))


def _refuse_full(target: Path) -> None:
    if target.is_dir() and any(target.iterdir()):
        raise SimulationError("the folder is not empty", where=target, expected="Name a new or an empty folder")
    if target.exists() and not target.is_dir():
        raise SimulationError("this is a file", where=target, expected="Name a new or an empty folder")


def _write_study(
    folder: Path,
    described: Described,
    flows: Mapping[str, Flow],
    calendar: Calendar,
    *,
    orders: int,
    seed: str,
    progress: Callable[[float], None],
) -> None:
    exports, truth = folder / "exports", folder / "truth"
    exports.mkdir()
    truth.mkdir()
    runs: list[tuple[str, Flow, Run]] = []
    for place, (state, flow) in enumerate(flows.items()):
        first, last = (calendar.days * part // len(flows) * DAY for part in (place, place + 1))
        share = orders * (place + 1) // len(flows) - orders * place // len(flows)
        done = place / len(flows)
        run = play(
            flow,
            calendar,
            orders=share,
            first=first,
            last=last,
            seed=f"{seed}/{state}",
            progress=partial(_report, progress, done, 1 / len(flows)),
        )
        runs.append((state, flow, run))
    played = with_numbers(runs, described.layout, seed=seed)
    written = Writer(described.layout, calendar, described.time_zone, seed).write(played, exports)
    progress(0.85)
    write_truth(runs, played, written, calendar, truth)
    (folder / "designed_flow.bpmn").write_text(bpmn(described.after), encoding="utf-8", newline="\n")
    write_standards({"before": described.before, "after": described.after}, calendar, folder)
    template = resources.files("procmine.simulate") / described.after.name / "study.yaml"
    days = {"first": calendar.first.isoformat(), "last": calendar.moment(calendar.end).date().isoformat()}
    text = Template(template.read_text(encoding="utf-8")).substitute(days)
    (folder / "study.yaml").write_text(text, encoding="utf-8", newline="\n")
