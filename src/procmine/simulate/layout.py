"""The words in which the exports of a flow are described: files, columns, keys, and the habits of each system.

A `Layout` is data beside a `Flow`; `exports` writes by it. A key has a kind (order, contract, …), which says what it
names, and stands in a column.
"""

import datetime as dt
import zoneinfo
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


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
class Export(ABC):
    """A file that a system exports, its encoding and its times."""

    file: str
    system: str
    encoding: str = "utf-8"
    times: TimeForm = field(default_factory=TimeForm)

    @abstractmethod
    def columns(self) -> list[str]:
        """The file's columns, in their order."""


@dataclass(frozen=True, kw_only=True)
class StepRows(Export):
    """One row a step. What has no column is not exported."""

    key: tuple[str, str]
    """The kind of the system's own key, and its column."""
    link: tuple[str, str] | None = None
    """The key that joins it to another system: filled only in the first row of each own key."""
    completed: str
    performer: str
    step: str | None = None
    started: str | None = None
    department: str | None = None
    outcome: str | None = None
    reason: str | None = None

    def columns(self) -> list[str]:
        """The file's columns, in their order."""
        link = None if self.link is None else self.link[1]
        own = (self.step, self.department, self.performer, self.started, self.completed, self.outcome, self.reason)
        return [column for column in (self.key[1], link, *own) if column is not None]


@dataclass(frozen=True, kw_only=True)
class StatusRows(Export):
    """One row a status change: a step writes a status when it is done, some write one when they begin."""

    key: tuple[str, str]
    status: str
    changed: str
    performer: str
    begun: Mapping[str, str]
    """By task, the status written when it begins."""
    done: Mapping[tuple[str, str], str]
    """By task and outcome, the status written when it is done."""

    def columns(self) -> list[str]:
        """The file's columns, in their order."""
        return [self.key[1], self.status, self.changed, self.performer]


@dataclass(frozen=True)
class TimeCells:
    """The columns that one occurrence of a task fills in a row with several time columns."""

    task: str
    occurrence: int
    completed: str
    performer: str
    reason: str | None = None

    def columns(self) -> list[str]:
        """The columns, in their order."""
        return [column for column in (self.completed, self.performer, self.reason) if column is not None]


@dataclass(frozen=True, kw_only=True)
class OrderRows(Export):
    """One row an order, with several time columns."""

    key: tuple[str, str]
    attributes: Mapping[str, str]
    """By attribute of the order, its column."""
    account: tuple[str, str, str]
    """The kind and the column of the key that is filled once a task is done, and the task."""
    cells: Sequence[TimeCells]

    def columns(self) -> list[str]:
        """The file's columns, in their order."""
        filled = [column for cell in self.cells for column in cell.columns()]
        return [self.key[1], *self.attributes.values(), self.account[1], *filled]


@dataclass(frozen=True, kw_only=True)
class LinkRows(Export):
    """A link table, one row an order. A share `lost` of its rows is not there."""

    keys: tuple[tuple[str, str], tuple[str, str]]
    lost: float

    def columns(self) -> list[str]:
        """The file's columns, in their order."""
        return [column for _kind, column in self.keys]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the systems of a study write its flow down."""

    steps: Sequence[StepRows]
    statuses: StatusRows
    orders: OrderRows
    links: LinkRows
    keys: Mapping[str, str]
    """By kind of key, the pattern of its numbers; the first names the order."""
    work_orders: Mapping[str, str]
    """By task, the pattern of the work orders it belongs to: consecutive steps of an order share one."""
    activities: Mapping[str, str]
    """By task, its name in the exports."""
    outcomes: Mapping[str, str]
    """By outcome of a step, its name in the exports of steps."""
    departments: Mapping[str, str]
    """By department, its name in the exports."""
    renamed: Mapping[str, tuple[dt.datetime, str]]
    """By department, from when it has another name, and that name."""
    customers: tuple[Sequence[str], Sequence[str]]
    """First and second halves of made-up customer names."""

    def department(self, name: str, moment: dt.datetime) -> str:
        """The name of a department in the exports at `moment`."""
        since, new = self.renamed.get(name, (None, ""))
        return self.departments[name] if since is None or moment < since else new
