"""The systems of a study, and what each of their exports is and gives."""

import datetime
from typing import Any, Literal

from pydantic import Field, model_validator

from procmine.assemble.mapping.database import Database
from procmine.assemble.mapping.evidence import Duration
from procmine.assemble.mapping.formats import Format, with_format
from procmine.assemble.mapping.forms import Attribute, ColumnEvents, EventForm, Events
from procmine.assemble.mapping.part import Part
from procmine.assemble.mapping.values import EXCEL, NOTHING, Encoding, TimeFormat, Zone, export_path, is_pattern


class System(Part):
    """A system that records events."""

    rank: int
    """Which system's event comes first where times are equal: the lower."""
    time_zone: Zone | None = None
    """The zone of its times where they carry no offset."""
    clock_offset: Duration = datetime.timedelta()
    """How far its clock runs ahead of the true time (below zero: behind); taken off each of its times but dates."""


class Source(Part):
    """Exports of one kind, files or a table: the events, order attributes and links between keys that their rows give.

    A link table is a source that gives two or more keys and nothing else.
    """

    file: str = ""
    """The file under `exports/`, or a pattern of files that come one by one, as a day's export does:
    ``crm/orders_*.csv``, ``crm/**/*.xlsx``. A source of a database server has none."""
    format: Format
    """Known by the file's ending where it is not given."""
    encoding: Encoding = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    """A tab where the format is tsv."""
    header_row: int = Field(default=1, ge=1)
    """Where the names of the columns stand, below titles: the row of the sheet, the line of a text file. What is above
    it is no row of the export, and nothing of it is read."""
    sheet: str | None = None
    """The sheet of a workbook; its first where it is not given."""
    table: str | None = None
    """The table or view of a database, with its schema where needed: ``sales.orders``; in a JSON document the way to
    the list of rows: ``data.rows``."""
    database: Database | None = None
    system: str | None = None
    time_format: TimeFormat | None = None
    """A strptime format where times are not ISO 8601; where they are numbers, one of `values.COUNTED`: ``epoch_ms``.
    ``%p`` reads AM and PM, and 上午 and 下午."""
    empty: list[str] = []
    """What stands in cells that hold nothing, such as ``NULL`` or ``-``. In keys what is in `NOTHING` does anyway."""
    keys: dict[str, str] = Field(min_length=1)
    """The kind of key and the column that holds it: ``{order: order_id}``."""
    many: list[str] = []
    """Kinds of key of which one order may own several, as an order has several work orders."""
    shared: list[str] = []
    """Kinds of key that several orders share, as orders share a product: what a row with nothing but such keys says, it
    says of each of those orders. A shared key never decides which order an event belongs to."""
    line: str | None = None
    """The column that tells the lines of an order apart, such as an item's number, where a row is about one of them:
    what is done once for each line is no rework."""
    events: Events | None = None
    order_attributes: dict[str, str | Attribute] = {}
    doubles: Literal["keep", "set_aside"] = "keep"
    """What becomes of a row that agrees with one before it, in any of its files, in every column the study reads."""

    newest: list[str] = []
    """Columns that together name a record, such as an order's id, where a record that changes is exported again: of the
    rows of a record the last of the last file stands, the others are set aside."""

    @model_validator(mode="before")
    @classmethod
    def _of_one_format(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not given.keys() <= cls.model_fields.keys():
            return given
        if isinstance(given.get("file"), str):
            export_path(given["file"])
        return with_format(given)

    @property
    def has_files(self) -> bool:
        """Whether its file is a pattern, so that each of its exports is a part of it."""
        return is_pattern(self.file)

    @property
    def export(self) -> str:
        """Its name in findings and messages: ``crm.csv``, ``crm.xlsx#May``, ``db.orders``, ``orders_*.csv``."""
        return self.export_of(self.file)

    def export_of(self, file: str) -> str:
        """The name of one of its files, or of its table, in ledger, log and messages: ``orders_2025-03.xlsx#May``."""
        if self.database is not None:
            return f"{self.database.name}.{self.table}"
        part = self.sheet or self.table
        return file if part is None else f"{file}#{part}"

    @property
    def forms(self) -> list[EventForm]:
        """What a row may give: one event, or one for each of several time columns."""
        if self.events is None:
            return []
        return [*self.events.columns] if isinstance(self.events, ColumnEvents) else [self.events]

    def empty_in(self, column: str) -> list[str]:
        """What stands for nothing in the cells of a column."""
        return [*self.empty, *(NOTHING if column in self.keys.values() else ())]

    @property
    def counted_days(self) -> list[str]:
        """The columns whose numbers are days as a spreadsheet counts them."""
        if self.time_format != EXCEL:
            return []
        of_events = [column for form in self.forms for column in (form.timestamp, form.start) if column]
        given = [*self.order_attributes.values(), *(one for form in self.forms for one in form.attributes.values())]
        return of_events + [one.column for one in given if isinstance(one, Attribute) and one.type == "time"]

    @property
    def is_link(self) -> bool:
        """Whether its rows give links between keys and nothing else."""
        return self.events is None and not self.order_attributes
