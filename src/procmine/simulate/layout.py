"""The words in which the exports of a flow are described: files, columns, keys, and the habits of each system.

A `Layout` is data beside a flow; `exports` writes by it. A key has a kind (order, contract, …), which says what it
names, and stands in a column. What a file is its ending says: .csv, .xlsx, .sqlite or .jsonl.
"""

import datetime as dt
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Key = tuple[str, str]
"""A kind of key, and the column that holds it."""


@dataclass(frozen=True, kw_only=True)
class TimeForm:
    """How a system writes times: by a strftime pattern; or, where it keeps another `zone`, as ISO 8601 with offset."""

    pattern: str = "%Y-%m-%d %H:%M:%S"
    zone: str | None = None

    def write(self, moment: dt.datetime, zone: str) -> str:
        """`moment`, wall time of `zone`, as the system writes it."""
        if self.zone is None:
            return moment.strftime(self.pattern)
        return moment.replace(tzinfo=zoneinfo.ZoneInfo(zone)).astimezone(zoneinfo.ZoneInfo(self.zone)).isoformat()


@dataclass(frozen=True, kw_only=True)
class Export:
    """A file that a system exports: its own key, its encoding, its times."""

    file: str
    system: str
    key: Key
    link: Key | None = None
    """The key that joins it to another system."""
    encoding: str = "utf-8"
    times: TimeForm = field(default_factory=TimeForm)
    mirrored: frozenset[str] = frozenset()
    """Steps that another system records, and this one some seconds later once more."""


@dataclass(frozen=True, kw_only=True)
class StepRows(Export):
    """One row a step. What has no column is not exported."""

    tasks: Mapping[str, str]
    """By task, its name in this export."""
    completed: str
    step: str | None = None
    performer: str | None = None
    started: str | None = None
    department: str | None = None
    outcome: str | None = None
    reason: str | None = None
    link_once: bool = True
    """Whether the link stands in the first row of each own key only."""

    def columns(self) -> list[str]:
        """The file's columns, in their order."""
        link = None if self.link is None else self.link[1]
        own = (self.step, self.department, self.performer, self.started, self.completed, self.outcome, self.reason)
        return [column for column in (self.key[1], link, *own) if column is not None]


@dataclass(frozen=True, kw_only=True)
class StatusRows(Export):
    """One row a status change: a step writes a status when it is done, some write one when they begin."""

    status: str
    changed: str
    performer: str
    begun: Mapping[str, str] = field(default_factory=dict)
    """By task, the status written when it begins."""
    done: Mapping[tuple[str, str], str]
    """By task and outcome, the status written when it is done; an empty outcome stands for any not listed."""

    def columns(self) -> list[str]:
        """The file's columns, in their order."""
        link = [] if self.link is None else [self.link[1]]
        return [self.key[1], *link, self.status, self.changed, self.performer]


@dataclass(frozen=True)
class TimeCells:
    """The columns that one occurrence of a task fills in a row with several time columns."""

    task: str
    completed: str
    performer: str | None = None
    reason: str | None = None
    occurrence: int = 1

    def columns(self) -> list[str]:
        """The columns, in their order."""
        return [column for column in (self.completed, self.performer, self.reason) if column is not None]


@dataclass(frozen=True, kw_only=True)
class WideRows(Export):
    """One row for each own key, with several time columns, once the first of them is filled."""

    attributes: Mapping[str, str] = field(default_factory=dict)
    """By attribute of the order, its column."""
    opened: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """By task, a kind of key and its column, filled once the task is done."""
    cells: Sequence[TimeCells]

    def columns(self) -> list[str]:
        """The file's columns, in their order."""
        link = [] if self.link is None else [self.link[1]]
        opened = [column for _kind, column in self.opened.values()]
        filled = [column for cell in self.cells for column in cell.columns()]
        return [self.key[1], *link, *self.attributes.values(), *opened, *filled]


@dataclass(frozen=True, kw_only=True)
class LinkRows(Export):
    """A link table, one row for each registration of an order, from its first step on: its own key, and the link."""

    link: Key

    def columns(self) -> list[str]:
        """The file's columns, in their order."""
        return [self.key[1], self.link[1]]


AnyExport = StepRows | StatusRows | WideRows | LinkRows


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the systems of a study write its flow down."""

    exports: Sequence[AnyExport]
    keys: Mapping[str, str]
    """By kind of key, the pattern of its numbers; the first names the order."""
    work_orders: Mapping[str, str] = field(default_factory=dict)
    """By task, the pattern of the work orders it belongs to: consecutive steps of an order share one."""
    outcomes: Mapping[str, str] = field(default_factory=dict)
    """By outcome of a step, its name in the exports of steps."""
    departments: Mapping[str, str]
    """By department, its name in the exports."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """By department, its name in the exports from the redesign on."""
    customers: tuple[Sequence[str], Sequence[str]]
    """First and second halves of made-up customer names."""
