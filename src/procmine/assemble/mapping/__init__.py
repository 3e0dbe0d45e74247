"""What `study.yaml` may say, and the file itself; may use `schema` and `errors`."""

from procmine.assemble.mapping.forms import (
    Attribute,
    Cell,
    ColumnEvents,
    Constant,
    EventForm,
    RowEvents,
    StatusEvents,
    TimeColumn,
)
from procmine.assemble.mapping.source import Source, System
from procmine.assemble.mapping.study import StatusRules, StudyFile
from procmine.assemble.mapping.study_file import load_study_file
from procmine.assemble.mapping.values import AttributeType

__all__ = [
    "Attribute",
    "AttributeType",
    "Cell",
    "ColumnEvents",
    "Constant",
    "EventForm",
    "RowEvents",
    "Source",
    "StatusEvents",
    "StatusRules",
    "StudyFile",
    "System",
    "TimeColumn",
    "load_study_file",
]
