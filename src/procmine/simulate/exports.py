"""Write played orders as raw exports, each file as its system would have written it."""

import csv
import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from procmine.simulate.flow import Flow
from procmine.simulate.layout import Export, Layout, LinkRows, OrderRows, StatusRows, StepRows
from procmine.simulate.play import Event, Order

Row = dict[str, str]
Timed = tuple[dt.datetime, Row]

WORK_ORDER = "work_order"


@dataclass(frozen=True)
class Played:
    """An order with its keys by kind, its attributes, and what was done."""

    keys: Mapping[str, str]
    attributes: Mapping[str, str]
    events: Sequence[Event]
    work_orders: Sequence[str]
    """For each event, the work order that it belongs to; empty where it belongs to none."""


def with_keys(orders: Sequence[tuple[Order, Sequence[Event]]], layout: Layout, *, seed: int) -> list[Played]:
    """Give orders their customers, and the numbers under which the systems know them.

    The order's own numbers rise with time; those of the other kinds are shuffled, so that no two kinds share one.
    """
    random = Random(f"{seed}/keys")
    numbers = {kind: _shuffled(len(orders), random) for kind in layout.keys}
    numbers[next(iter(layout.keys))] = list(range(len(orders)))
    halves = [[names[int(random.random() * len(names))] for _ in orders] for names in layout.customers]
    work_orders = _work_orders([events for _, events in orders], layout)
    return [
        Played(
            {kind: pattern.format(numbers[kind][place] + 1) for kind, pattern in layout.keys.items()},
            {
                "customer": halves[0][place] + halves[1][place],
                "tier": order.tier,
                "product": order.product,
                "region": order.region,
            },
            events,
            work_orders[place],
        )
        for place, (order, events) in enumerate(orders)
    ]


def write_exports(played: Sequence[Played], flow: Flow, layout: Layout, *, folder: Path, seed: int) -> list[Played]:
    """Write all exports to `folder`; returns the orders whose row of the link table was lost."""
    for form in layout.steps:
        _write(form, _in_time(row for one in played for row in _step_rows(one, flow, layout, form)), folder)
    statuses = layout.statuses
    _write(statuses, _in_time(row for one in played for row in _status_rows(one, flow, statuses)), folder)
    _write(layout.orders, [_order_row(one, flow, layout.orders) for one in played], folder)
    random = Random(f"{seed}/links")
    lost = [random.random() < layout.links.lost for _ in played]
    kept = [_link_row(one, layout.links) for one, gone in zip(played, lost, strict=True) if not gone]
    _write(layout.links, kept, folder)
    return [one for one, gone in zip(played, lost, strict=True) if gone]


def _shuffled(count: int, random: Random) -> list[int]:
    draws = [random.random() for _ in range(count)]
    return sorted(range(count), key=lambda place: draws[place])


def _work_orders(journeys: Sequence[Sequence[Event]], layout: Layout) -> list[list[str]]:
    """For each event of each order its work order. Numbers rise with the time at which a work order begins."""
    begun = []
    groups: list[list[tuple[int, str] | None]] = []
    for order, events in enumerate(journeys):
        last, group = "", 0
        groups.append([])
        for event in events:
            pattern = layout.work_orders.get(event.task)
            if pattern is not None and pattern != last:
                last, group = pattern, group + 1
                begun.append((event.start, order, group, pattern))
            groups[-1].append(None if pattern is None else (group, pattern))
    counts: Counter[str] = Counter()
    names = {}
    for _start, order, group, pattern in sorted(begun):
        counts[pattern] += 1
        names[order, group] = pattern.format(counts[pattern])
    return [["" if group is None else names[order, group[0]] for group in marks] for order, marks in enumerate(groups)]


def _step_rows(one: Played, flow: Flow, layout: Layout, form: StepRows) -> Iterable[Timed]:
    linked: set[str] = set()
    for event, work_order in zip(one.events, one.work_orders, strict=True):
        task = flow.tasks[event.task]
        if task.system != form.system:
            continue
        key = work_order if form.key[0] == WORK_ORDER else one.keys[form.key[0]]
        row = {form.key[1]: key}
        if form.link is not None:
            row[form.link[1]] = "" if key in linked else one.keys[form.link[0]]
            linked.add(key)
        cells = {
            form.step: layout.activities[event.task],
            form.department: layout.department(task.department, event.completed),
            form.performer: event.performer,
            form.started: form.times.write(event.start, flow.time_zone),
            form.completed: form.times.write(event.completed, flow.time_zone),
            form.outcome: layout.outcomes.get(event.outcome, ""),
            form.reason: event.reason,
        }
        yield event.completed, row | {column: cell for column, cell in cells.items() if column is not None}


def _status_rows(one: Played, flow: Flow, form: StatusRows) -> Iterable[Timed]:
    for event in one.events:
        if flow.tasks[event.task].system != form.system:
            continue
        changes = [(event.completed, form.done[event.task, event.outcome])]
        if event.task in form.begun:
            changes.insert(0, (event.start, form.begun[event.task]))
        for moment, status in changes:
            cells = (one.keys[form.key[0]], status, form.times.write(moment, flow.time_zone), event.performer)
            yield moment, dict(zip((form.key[1], form.status, form.changed, form.performer), cells, strict=True))


def _order_row(one: Played, flow: Flow, form: OrderRows) -> Row:
    kind, column, opened_by = form.account
    opened = any(event.task == opened_by for event in one.events)
    row = {form.key[1]: one.keys[form.key[0]]}
    row |= {cell: one.attributes[name] for name, cell in form.attributes.items()}
    row[column] = one.keys[kind] if opened else ""
    cells = {(cell.task, cell.occurrence): cell for cell in form.cells}
    seen: Counter[str] = Counter()
    for event in one.events:
        if flow.tasks[event.task].system == form.system:
            seen[event.task] += 1
            filled = cells[event.task, seen[event.task]]
            row[filled.completed] = form.times.write(event.completed, flow.time_zone)
            row[filled.performer] = event.performer
            row |= {filled.reason: event.reason} if filled.reason else {}
    return row


def _link_row(one: Played, form: LinkRows) -> Row:
    return {column: one.keys[kind] for kind, column in form.keys}


def _in_time(rows: Iterable[Timed]) -> list[Row]:
    return [row for _moment, row in sorted(rows, key=lambda timed: (timed[0], *timed[1].values()))]


def _write(form: Export, rows: Sequence[Row], folder: Path) -> None:
    with (folder / form.file).open("w", encoding=form.encoding, newline="") as lines:
        writer = csv.DictWriter(lines, form.columns(), lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)
