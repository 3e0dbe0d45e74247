"""`study.yaml`: what the exports of a study are and how their rows become the events of orders.

The models below are the reference of the file. Every key is checked before anything is read; an unknown key is refused
with the nearest known one.
"""

import datetime
import zoneinfo
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, ValidationError, model_validator

from procmine.errors import StudyError, nearest
from procmine.schema import CASE, STATUS


def _known_zone(name: str) -> str:
    if name not in zoneinfo.available_timezones():
        raise ValueError(f"no time zone {name!r}; use an IANA name such as Asia/Shanghai or UTC")
    return name


def _inside(path: str) -> str:
    parts = PurePosixPath(path.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or ":" in path:
        raise ValueError(f"{path!r} leaves the study; give a path inside its folder")
    return path


Zone = Annotated[str, AfterValidator(_known_zone)]
InnerPath = Annotated[str, AfterValidator(_inside)]
AttributeType = Literal["string", "integer", "number", "boolean", "time"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Constant(_Part):
    """A value that stands for every row, where the export has no column for it: ``{value: Sales}``."""

    value: str


Cell = str | Constant
"""A column by its name, or a constant."""


class Attribute(_Part):
    """An attribute with a type: ``{column: amount, type: number}``. A plain column name means a string."""

    column: str
    type: AttributeType = "string"


class RowEvents(_Part):
    """One row an event."""

    form: Literal["row"]
    activity: Cell
    timestamp: str
    start: str | None = None
    system: Cell | None = None
    department: Cell | None = None
    resource: Cell | None = None
    sequence: str | None = None
    """A column whose whole number says which of two rows came first."""
    attributes: dict[str, str | Attribute] = {}


class TimeColumn(_Part):
    """One of several time columns of a row: the activity that it completes."""

    activity: str
    timestamp: str
    start: str | None = None
    department: Cell | None = None
    resource: Cell | None = None
    attributes: dict[str, str | Attribute] = {}


class ColumnEvents(_Part):
    """One row with several time columns: an event for each that is filled, in the order listed where times are equal."""

    form: Literal["columns"]
    columns: list[TimeColumn] = Field(min_length=1)


class StatusEvents(_Part):
    """One row a status change: the event is the arrival at the new status."""

    form: Literal["status"]
    status: str
    timestamp: str
    activities: dict[str, str | None]
    """The activity that reaching a status stands for; null for a status that is no step."""
    department: Cell | None = None
    resource: Cell | None = None
    sequence: str | None = None
    attributes: dict[str, str | Attribute] = {}


Events = Annotated[RowEvents | ColumnEvents | StatusEvents, Discriminator("form")]


class System(_Part):
    """A system that records events."""

    rank: int
    """Which system's event comes first where times are equal: the lower."""
    time_zone: Zone | None = None
    """The zone of its times where they carry no offset."""


class Source(_Part):
    """One exported file: the events, order attributes and links between keys that its rows give.

    A link table is a source that gives two or more keys and nothing else.
    """

    file: InnerPath
    system: str | None = None
    format: Literal["csv"] = "csv"
    encoding: str = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    time_format: str | None = None
    """A strptime format where times are not ISO 8601."""
    keys: dict[str, str] = Field(min_length=1)
    """The kind of key and the column that holds it: ``{order: order_id}``."""
    many: list[str] = []
    """Kinds of key of which one order may own several, as an order has several work orders."""
    events: Events | None = None
    order_attributes: dict[str, str | Attribute] = {}


class Window(_Part):
    """The time over which the exports are complete. Rows outside are set aside; `to` is the study's as-of moment."""

    start: datetime.datetime | None = Field(default=None, alias="from")
    end: datetime.datetime | None = Field(default=None, alias="to")
    time_zone: Zone = "UTC"

    @model_validator(mode="after")
    def _in_order(self) -> "Window":
        if self.start and self.end and self.start >= self.end:
            raise ValueError(f"from {self.start} is not before to {self.end}")
        return self


class StatusRules(_Part):
    """When an order is over. The first rule that holds gives its status; `open` where none does."""

    cancelled: list[str] = []
    """Activities of which one is enough to call the order cancelled."""
    finished: list[str] = []
    """Activities of which one is enough to call it finished."""


class StudyFile(_Part):
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
    designed_flow: InnerPath | None = None
    window: Window | None = None
    status: StatusRules | None = None
    personal: list[str] = ["resource"]
    """Columns that name people or customers: `resource`, or an order attribute. Reports show pseudonyms."""
