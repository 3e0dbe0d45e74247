"""`study.yaml`: what the exports of a study are and how their rows become the events of orders.

The models of this package are the reference of the file. Every key is checked before anything is read; an unknown key
is refused with the nearest known one.
"""

from typing import Literal

from pydantic import Field, model_validator

from procmine.assemble.mapping.consistency import ContradictionsError, problems
from procmine.assemble.mapping.evidence import Mirror, Recovery, SameOrder
from procmine.assemble.mapping.expectations import Expectations
from procmine.assemble.mapping.part import Part
from procmine.assemble.mapping.period import Names, Window
from procmine.assemble.mapping.source import Source, System
from procmine.assemble.mapping.values import InnerPath
from procmine.schema import CASE, EVENT_ATTRIBUTE


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
    activities: Names = {}
    """An activity's name in the exports, and its name in the log."""
    departments: Names = {}
    """A department's name in the exports, and its name in the log; several where it was renamed or merged."""
    owners: Names = {}
    """The department that owns an activity, by the log's name of it, where the export does not say."""
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
    def kinds(self) -> set[str]:
        """The kinds of key that the sources carry."""
        return {kind for source in self.sources.values() for kind in source.keys}

    @property
    def many(self) -> set[str]:
        """The kinds of key of which one order may own several."""
        return {kind for source in self.sources.values() for kind in source.many}

    @property
    def shared(self) -> set[str]:
        """The kinds of key that several orders share."""
        return {kind for source in self.sources.values() for kind in source.shared}

    @property
    def sources_of_events(self) -> dict[str, Source]:
        """The sources whose rows give events."""
        return {name: source for name, source in self.sources.items() if source.events}

    @property
    def has_lines(self) -> bool:
        """Whether some source tells the lines of an order apart."""
        return any(source.line for source in self.sources.values())

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
        of_orders = {CASE + name for name in self.order_attributes}
        of_events = {EVENT_ATTRIBUTE + name for name in self.event_attributes}
        known = {"resource"} | of_orders | of_events
        return [
            place + name for name in self.personal for place in ("", CASE, EVENT_ATTRIBUTE) if place + name in known
        ]

    @property
    def order_attributes(self) -> list[str]:
        """The names of the attributes that orders have, each once."""
        return list(dict.fromkeys(name for source in self.sources.values() for name in source.order_attributes))

    @property
    def event_attributes(self) -> list[str]:
        """The names of the attributes that events have, each once."""
        forms = [form for source in self.sources.values() for form in source.forms]
        return list(dict.fromkeys(name for form in forms for name in form.attributes))
