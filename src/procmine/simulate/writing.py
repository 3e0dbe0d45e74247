"""Simulate a study and write it: its exports, the flow as designed, its `study.yaml`, and the truth beside them."""

import csv
import tempfile
from collections.abc import Mapping, Sequence
from importlib import resources
from os import PathLike
from pathlib import Path
from types import MappingProxyType

from procmine.errors import SimulationError, nearest
from procmine.simulate import enterprise_activation
from procmine.simulate.exports import Played, with_keys, write_exports
from procmine.simulate.flow import Flow
from procmine.simulate.flow_bpmn import bpmn
from procmine.simulate.layout import Layout
from procmine.simulate.play import draw_orders, play

FLOWS: Mapping[str, tuple[Flow, Layout]] = MappingProxyType(
    {enterprise_activation.FLOW.name: (enterprise_activation.FLOW, enterprise_activation.LAYOUT)}
)
"""The described flows by name, and the layouts of their exports."""

TRUTH = ("order", "activity", "start", "completed", "performer", "faults")


def simulate(
    flow: str = "enterprise_activation", *, orders: int = 400, seed: int = 7, folder: str | PathLike[str]
) -> Path:
    """Write a simulated study to `folder`, which must be new or empty, and return it.

    Equal arguments give equal bytes. The study has:

    - ``exports/``: what the flow's systems export;
    - ``study.yaml`` and ``designed_flow.bpmn``, so that it opens like any other study;
    - ``truth/truth.csv``: one row an event, by order and time. `order` is the order's own key, `activity` and
      `performer` are as in the log, `start` and `completed` wall time of the flow's zone, `faults` the planted faults
      that show in the event, joined by ``;``, else empty;
    - ``truth/lost_links.csv``: one row an order whose row of the link table was lost: `order`, `contract`.

    Errors: `SimulationError` for an unknown flow, `orders` below 1, or a folder that is not empty or cannot be written.
    """
    if flow not in FLOWS:
        raise SimulationError(f"no flow {flow!r}", where="flow", expected=nearest(flow, FLOWS))
    if orders < 1:
        raise SimulationError(f"{orders} orders", where="orders", expected="A whole number from 1")
    target = Path(folder).absolute()
    described, layout = FLOWS[flow]
    drawn = draw_orders(described, orders=orders, seed=seed)
    played = with_keys([(order, play(order, described, seed=seed)) for order in drawn], layout, seed=seed)
    try:
        if target.is_dir() and any(target.iterdir()):
            raise SimulationError("the folder is not empty", where=target, expected="Name a new or an empty folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as scratch:
            whole = Path(scratch) / target.name
            _write_study(whole, described, layout, played, seed=seed)
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
    return target


def _write_study(folder: Path, flow: Flow, layout: Layout, played: Sequence[Played], *, seed: int) -> None:
    exports, truth = folder / "exports", folder / "truth"
    exports.mkdir(parents=True)
    truth.mkdir()
    lost = write_exports(played, flow, layout, folder=exports, seed=seed)
    order = next(iter(layout.keys))
    events = [
        (
            one.keys[order],
            flow.tasks[event.task].name,
            event.start.isoformat(),
            event.completed.isoformat(),
            event.performer,
            ";".join(event.faults),
        )
        for one in played
        for event in one.events
    ]
    _write_rows(truth / "truth.csv", TRUTH, events)
    kinds = [kind for kind, _column in reversed(layout.links.keys)]
    _write_rows(truth / "lost_links.csv", kinds, [[one.keys[kind] for kind in kinds] for one in lost])
    (folder / "designed_flow.bpmn").write_text(bpmn(flow), encoding="utf-8", newline="\n")
    template = resources.files("procmine.simulate") / flow.name / "study.yaml"
    (folder / "study.yaml").write_bytes(template.read_bytes())


def _write_rows(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
