"""How the rows of an export become events: one a row, several time columns, or changes of a status."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field

from procmine.assemble.mapping.part import Part
from procmine.assemble.mapping.values import AttributeType


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
EventForm = RowEvents | TimeColumn | StatusEvents
"""What says how a row gives one event."""
