"""Write what came about as raw exports, each file as its system would have written it."""

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from procmine.simulate.faults import ClockSkew, LostLinks
from procmine.simulate.files import write_rows
from procmine.simulate.flow import Flow
from procmine.simulate.happened import Event, Order
from procmine.simulate.hours import Calendar
from procmine.simulate.layout import AnyExport, Export, Layout, LinkRows, StatusRows, StepRows, WideRows

WORK_ORDER = "work_order"
AFTER = "after"
LAG = 20
"""How many seconds later, at most, a second system records the same action."""


@dataclass(frozen=True)
class Played:
    """An order, what was done, and the numbers under which the systems know it."""

    order: Order
    flow: Flow
    state: str
    """Before or after the redesign."""
    events: Sequence[Event]
    keys: Mapping[str, Sequence[str]]
    """By kind of key its number; two where the order was registered twice."""
    work_orders: Sequence[str]
    """For each event, the work order that it belongs to; empty where it belongs to none."""
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class Row:
    """A row of an export: when it was written, its cells, and the places in `Played.events` of what it records."""

    written: int
    cells: tuple[str, ...]
    order: Played
    recorded: tuple[int, ...]


@dataclass
class Written:
    """What of the truth only the writing knows."""

    records: list[tuple[str, int, Played, int]] = field(default_factory=list)
    """File, row, and which event of which order it records."""
    lost: list[tuple[Played, str]] = field(default_factory=list)
    """Orders with a lost link, and the file that lacks it."""


@dataclass(frozen=True)
class Writer:
    """Writes the exports of played orders."""

    layout: Layout
    calendar: Calendar
    zone: str
    seed: str

    def write(self, played: Sequence[Played], folder: Path) -> Written:
        """Write all exports to `folder`."""
        written = Written()
        for form in self.layout.exports:
            lost = self._lost(form, played)
            written.lost += [(one, form.file) for one in played if one.order in lost]
            rows = [row for one in played for row in self._rows(form, one, linked=one.order not in lost)]
            rows.sort(key=lambda row: (row.written, row.cells))
            write_rows(folder / form.file, form.columns(), (row.cells for row in rows), encoding=form.encoding)
            for number, row in enumerate(rows, start=1):
                written.records += [(form.file, number, row.order, place) for place in row.recorded]
        return written

    def _lost(self, form: AnyExport, played: Sequence[Played]) -> set[Order]:
        """The orders whose links the export has lost."""
        random = Random(f"{self.seed}/links/{form.file}")
        draws = [(one, random.random()) for one in played]
        return {
            one.order
            for one, draw in draws
            for fault in one.flow.faults_at(LostLinks, form.file)
            if draw < fault.strength
        }

    def _rows(self, form: AnyExport, one: Played, *, linked: bool) -> Iterator[Row]:
        if isinstance(form, StepRows):
            return self._step_rows(form, one, linked=linked)
        if isinstance(form, StatusRows):
            return self._status_rows(form, one, linked=linked)
        if isinstance(form, WideRows):
            return self._wide_rows(form, one, linked=linked)
        return self._link_rows(form, one) if linked else iter(())

    def _step_rows(self, form: StepRows, one: Played, *, linked: bool) -> Iterator[Row]:
        named: set[str] = set()
        columns = form.columns()
        for place, event, moment in self._recorded(form, one, form.tasks):
            own = self._own_key(form, one, place)
            cells = {form.key[1]: own}
            if form.link is not None:
                told = linked and not (form.link_once and own in named)
                cells[form.link[1]] = self._key(form.link[0], one, event) if told else ""
                named.add(own)
            values = {
                form.step: form.tasks[event.task],
                form.department: self._department(event.department, one),
                form.performer: event.person.name,
                form.started: self._time(form, moment - event.completed + event.start),
                form.completed: self._time(form, moment),
                form.outcome: self.layout.outcomes.get(event.outcome, ""),
                form.reason: event.reason,
            }
            cells |= {column: value for column, value in values.items() if column is not None}
            yield Row(moment, tuple(cells.get(column, "") for column in columns), one, (place,))

    def _status_rows(self, form: StatusRows, one: Played, *, linked: bool) -> Iterator[Row]:
        for place, event, moment in self._recorded(form, one, {task for task, _outcome in form.done}):
            own = self._own_key(form, one, place)
            link = [] if form.link is None else [self._key(form.link[0], one, event) if linked else ""]
            done = form.done.get((event.task, event.outcome)) or form.done[event.task, ""]
            changes: list[tuple[int, str, tuple[int, ...]]] = [(moment, done, (place,))]
            if event.task in form.begun:
                changes.insert(0, (moment - event.completed + event.start, form.begun[event.task], ()))
            for when, status, recorded in changes:
                yield Row(when, (own, *link, status, self._time(form, when), event.person.name), one, recorded)

    def _wide_rows(self, form: WideRows, one: Played, *, linked: bool) -> Iterator[Row]:
        by_cell = {(cell.task, cell.occurrence): cell for cell in form.cells}
        for registration, own in enumerate(one.keys[form.key[0]]):
            seen: Counter[str] = Counter()
            cells, places, written = {form.key[1]: own}, [], []
            for place, event, moment in self._recorded(form, one, {cell.task for cell in form.cells}):
                if min(event.registration, len(one.keys[form.key[0]]) - 1) == registration:
                    seen[event.task] += 1
                    filled = by_cell[event.task, seen[event.task]]
                    values = (self._time(form, moment), event.person.name, event.reason)
                    columns = (filled.completed, filled.performer, filled.reason)
                    cells |= {column: value for column, value in zip(columns, values, strict=True) if column}
                    places.append(place)
                    written.append(moment)
                    if event.task in form.opened:
                        kind, column = form.opened[event.task]
                        cells[column] = one.keys[kind][0]
            if places:
                cells |= {column: one.attributes[name] for name, column in form.attributes.items()}
                if form.link is not None and linked:
                    cells[form.link[1]] = one.keys[form.link[0]][min(registration, len(one.keys[form.link[0]]) - 1)]
                yield Row(min(written), tuple(cells.get(column, "") for column in form.columns()), one, tuple(places))

    def _link_rows(self, form: LinkRows, one: Played) -> Iterator[Row]:
        first: dict[int, Event] = {}
        for event in one.events:
            first.setdefault(event.registration, event)
        for event in first.values():
            yield Row(
                event.completed, (self._key(form.key[0], one, event), self._key(form.link[0], one, event)), one, ()
            )

    def _recorded(self, form: Export, one: Played, tasks: Container[str]) -> Iterator[tuple[int, Event, int]]:
        """Each event that the export records: its place in the order, and when, on the system's own clock."""
        random = Random(f"{self.seed}/lag/{form.file}/{one.state}/{one.order.number}") if form.mirrored else None
        fast = sum(fault.strength for fault in one.flow.faults_at(ClockSkew, form.system))
        for place, event in enumerate(one.events):
            if event.task in tasks:
                mirrored = event.task in form.mirrored
                if mirrored or one.flow.tasks[event.task].system == form.system:
                    lag = int(random.random() * LAG) if mirrored and random else 0
                    yield place, event, event.completed + lag + round(fast * 60)

    def _own_key(self, form: Export, one: Played, place: int) -> str:
        kind = form.key[0]
        return one.work_orders[place] if kind == WORK_ORDER else self._key(kind, one, one.events[place])

    @staticmethod
    def _key(kind: str, one: Played, event: Event) -> str:
        numbers = one.keys[kind]
        return numbers[min(event.registration, len(numbers) - 1)]

    def _department(self, name: str, one: Played) -> str:
        renamed = self.layout.renamed if one.state == AFTER else {}
        return renamed.get(name, self.layout.departments[name])

    def _time(self, form: Export, moment: int) -> str:
        return form.times.write(self.calendar.moment(moment), self.zone)
