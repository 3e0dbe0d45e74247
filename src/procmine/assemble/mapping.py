"""`study.yaml`: what the exports of a study are and how their rows become the events of orders.

The models below are the reference of the file. Every key is checked before anything is read; an unknown key is refused
with the nearest known one.
"""

import datetime
import re
import zoneinfo
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    model_validator,
)

from procmine.assemble.consistency import ContradictionsError, problems
from procmine.assemble.database import Database
from procmine.assemble.evidence import Duration, Mirror, Recovery, SameOrder
from procmine.assemble.expectations import Expectations
from procmine.assemble.formats import Format, with_format
from procmine.assemble.part import Part
from procmine.schema import CASE, EVENT_ATTRIBUTE


def _known_zone(name: str) -> str:
    if name not in zoneinfo.available_timezones():
        raise ValueError(f"no time zone {name!r}; use an IANA name such as Asia/Shanghai or UTC")
    return name


def _known_encoding(name: str) -> str:
    try:
        "".encode(name)
    except LookupError:
        raise ValueError(f"no encoding {name!r}; use utf-8, gb18030, latin-1 or another that Python knows") from None
    return name


def _inside(path: str) -> str:
    parts = PurePosixPath(path.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or ":" in path:
        raise ValueError(f"{path!r} leaves the study; give a path inside its folder")
    return path


def _known_format(form: str) -> str:
    for directive in re.findall(r"%-?.?", form):
        if not re.fullmatch(r"%([aAbBcdfgGHIjmMnpSuUVwWxXyYzZ%]|-[dHIjmMSy])", directive):
            raise ValueError(f"no directive {directive!r} in a time format; write it as in %Y-%m-%d %H:%M:%S%z")
    return form


def _a_date(given: object) -> object:
    if isinstance(given, str) and given.isdigit():
        raise ValueError("not a date or time; write it as 2024-01-31 or 2024-01-31T08:00:00+08:00")
    return given


Zone = Annotated[str, AfterValidator(_known_zone)]
TimeFormat = Annotated[str, AfterValidator(_known_format)]
Encoding = Annotated[str, AfterValidator(_known_encoding)]
InnerPath = Annotated[str, AfterValidator(_inside)]
Day = Annotated[datetime.datetime | datetime.date | None, BeforeValidator(_a_date)]
AttributeType = Literal["string", "integer", "number", "boolean", "time"]


class Constant(Part):
    """A value that stands for every row, where the export has no column for it: ``{value: Sales}``."""

    value: str


Cell = str | Constant
"""A column by its name, or a constant."""


class Attribute(Part):
    """An attribute with a type: ``{column: amount, type: number}``. A plain column name means a string."""

    column: str
    type: AttributeType = "string"


class _Event(Part):
    """What every event may carry, each the name of a column."""

    timestamp: str
    """When it completed."""
    start: str | None = None
    department: Cell | None = None
    resource: Cell | None = None
    attributes: dict[str, str | Attribute] = {}
    resolution: Literal["day"] | None = None
    """`day` where its times are dates, whatever time of day the cells show; a cell without a time of day always is."""


class RowEvents(_Event):
    """One row an event."""

    form: Literal["row"]
    activity: Cell
    system: Cell | None = None
    sequence: str | None = None
    """A column whose whole number says which of two rows came first."""


class TimeColumn(_Event):
    """One of several time columns of a row, and the activity that it completes."""

    activity: str


class ColumnEvents(Part):
    """One row with several time columns: an event for each that is filled, in the order listed where times tie."""

    form: Literal["columns"]
    columns: list[TimeColumn] = Field(min_length=1)


class StatusEvents(_Event):
    """One row a status change: the event is the arrival at the new status."""

    form: Literal["status"]
    status: str
    activities: dict[str, str | None]
    """The activity that reaching a status stands for; null for a status that is no step."""
    sequence: str | None = None


Events = Annotated[RowEvents | ColumnEvents | StatusEvents, Discriminator("form")]


class System(Part):
    """A system that records events."""

    rank: int
    """Which system's event comes first where times are equal: the lower."""
    time_zone: Zone | None = None
    """The zone of its times where they carry no offset."""
    clock_offset: Duration = datetime.timedelta()
    """How far its clock runs ahead of the true time (below zero: behind); taken off each of its times but dates."""


class Source(Part):
    """One export, a file or a table: the events, order attributes and links between keys that its rows give.

    A link table is a source that gives two or more keys and nothing else.
    """

    file: InnerPath = ""
    """The file under `exports/`; a source of a database server has none."""
    format: Format
    """Known by the file's ending where it is not given."""
    encoding: Encoding = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    """A tab where the format is tsv."""
    sheet: str | None = None
    """The sheet of a workbook; its first where it is not given."""
    table: str | None = None
    """The table or view of a database, with its schema where needed: ``sales.orders``."""
    database: Database | None = None
    system: str | None = None
    time_format: TimeFormat | None = None
    """A strptime format where times are not ISO 8601."""
    keys: dict[str, str] = Field(min_length=1)
    """The kind of key and the column that holds it: ``{order: order_id}``."""
    many: list[str] = []
    """Kinds of key of which one order may own several, as an order has several work orders."""
    shared: list[str] = []
    """Kinds of key that several orders share, as orders share a product: what a row with nothing but such keys says, it
    says of each of those orders. A shared key never decides which order an event belongs to."""
    events: Events | None = None
    order_attributes: dict[str, str | Attribute] = {}
    doubles: Literal["keep", "set_aside"] = "keep"
    """What becomes of a row that agrees with one before it in every column the study reads."""

    @model_validator(mode="before")
    @classmethod
    def _of_one_format(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not given.keys() <= cls.model_fields.keys():
            return given
        return with_format({**given, "file": _inside(given["file"])} if isinstance(given.get("file"), str) else given)

    @property
    def export(self) -> str:
        """Its name in ledger, log and messages: ``crm.csv``, ``crm.xlsx#May``, ``db.orders``."""
        if self.database is not None:
            return f"{self.database.name}.{self.table}"
        part = self.sheet or self.table
        return self.file if part is None else f"{self.file}#{part}"

    @property
    def forms(self) -> list[RowEvents | TimeColumn | StatusEvents]:
        """What a row may give: one event, or one for each of several time columns."""
        if self.events is None:
            return []
        return [*self.events.columns] if isinstance(self.events, ColumnEvents) else [self.events]

    @property
    def is_link(self) -> bool:
        """Whether its rows give links between keys and nothing else."""
        return self.events is None and not self.order_attributes


class Window(Part):
    """The time over which the exports are complete. Rows outside are set aside; `to` is the study's as-of moment.

    A date without a time is the first moment of that day for `from`, the last for `to`.
    """

    start: Day = Field(default=None, alias="from")
    end: Day = Field(default=None, alias="to")
    time_zone: Zone = "UTC"

    @model_validator(mode="after")
    def _in_order(self) -> "Window":
        first, last = self.bounds()
        if first and last and first >= last:
            raise ValueError(f"from {self.start} is not before to {self.end}")
        return self

    def bounds(self) -> tuple[datetime.datetime | None, datetime.datetime | None]:
        """The first and the last moment of the window, in UTC."""
        return self._moment(self.start, datetime.time.min), self._moment(self.end, datetime.time.max)

    def _moment(self, given: datetime.datetime | datetime.date | None, time: datetime.time) -> datetime.datetime | None:
        if given is None:
            return None
        moment = given if isinstance(given, datetime.datetime) else datetime.datetime.combine(given, time)
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=zoneinfo.ZoneInfo(self.time_zone))
        return zoned.astimezone(datetime.UTC)


class StatusRules(Part):
    """When an order is over. The first rule that holds gives its status; `open` where none does."""

    attribute: str | None = None
    """An order attribute whose value says it, where an export states the status of its orders."""
    values: dict[str, Literal["finished", "open", "cancelled"]] = {}
    """What the attribute's values mean; the activities decide for values that are not listed."""
    cancelled: list[str] = []
    """Activities of which one is enough to call the order cancelled."""
    finished: list[str] = []
    """Activities of which one is enough to call it finished."""


class StudyFile(Part):
    """The whole of `study.yaml`."""

    title: str
    order: str
    """The kind of key that names the order."""
    systems: dict[str, System] = Field(min_length=1)
    sources: dict[str, Source] = Field(min_length=1)
    activities: dict[str, str] = {}
    """An activity's name in the exports, and its name in the log."""
    departments: dict[str, str] = {}
    """A department's name in the exports, and its name in the log."""
    owners: dict[str, str] = {}
    """The department that owns an activity, where the export does not say."""
    mirrors: list[Mirror] = []
    """Actions that two systems record, so that one of the two events is set aside."""
    recover: list[Recovery] = []
    """Evidence that gives rows without a link to their order; such events are marked in `event:joined`."""
    same_order: list[SameOrder] = []
    """Evidence that an order was registered under several numbers."""
    known_order: list[tuple[str, str]] = []
    """Activities of which the first always truly precedes the second, so that the reverse tells of a wrong clock."""
    designed_flow: InnerPath | None = None
    window: Window | None = None
    status: StatusRules | None = None
    expect: Expectations | None = None
    """What the study knows of its data; what breaks it becomes a finding."""
    personal: list[str] = ["resource"]
    """What names people or customers: `resource`, or an attribute of orders or events. Reports show pseudonyms."""

    @model_validator(mode="after")
    def _consistent(self) -> "StudyFile":
        if found := list(problems(self)):
            raise ContradictionsError(found)
        return self

    @property
    def shared(self) -> set[str]:
        """The kinds of key that several orders share."""
        return {kind for source in self.sources.values() for kind in source.shared}

    @property
    def corrects_clocks(self) -> bool:
        """Whether some system's clock is set right."""
        return any(system.clock_offset for system in self.systems.values())

    @property
    def sources_with_doubles(self) -> list[str]:
        """The sources of which an event may be set aside as a double."""
        dropped = {mirror.drop for mirror in self.mirrors}
        return [name for name, source in self.sources.items() if name in dropped or source.doubles == "set_aside"]

    @property
    def personal_columns(self) -> list[str]:
        """The columns of the log that `personal` names; both, where orders and events have an attribute of the name."""
        of_orders = {name for source in self.sources.values() for name in source.order_attributes}
        of_events = {EVENT_ATTRIBUTE + name for name in self.event_attributes}
        known = {"resource", *(CASE + name for name in of_orders)} | of_events
        return [
            place + name for name in self.personal for place in ("", CASE, EVENT_ATTRIBUTE) if place + name in known
        ]

    @property
    def event_attributes(self) -> list[str]:
        """The names of the attributes that events have, each once."""
        forms = [source.events for source in self.sources.values() if source.events]
        parts = [part for form in forms for part in (form.columns if isinstance(form, ColumnEvents) else [form])]
        return list(dict.fromkeys(name for part in parts for name in part.attributes))
