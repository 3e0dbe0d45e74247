"""What the models of `study.yaml` cannot see one by one: whether its parts fit together."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from procmine.assemble.mapping.period import overlapping
from procmine.errors import nearest
from procmine.schema import CASE, DERIVED_ATTRIBUTES, EVENT_ATTRIBUTE, OWNERS, STATUS

if TYPE_CHECKING:
    from procmine.assemble.mapping import Source, StudyFile


class ContradictionsError(ValueError):
    """All that does not fit together in a study, each as `problems` words it; its message is the first."""

    def __init__(self, found: list[str]) -> None:
        self.found = found
        super().__init__(found[0])


def problems(study: "StudyFile") -> Iterator[str]:
    """Each contradiction in `study`, as the key and what is wrong with it."""
    if study.order not in study.kinds:
        yield f"order: no source has a key {study.order!r}. {nearest(study.order, study.kinds)}"
    if study.order in study.shared:
        yield f"order: orders cannot share {study.order!r}, the key that names them"
    if not study.sources_of_events:
        yield "sources: none of them gives events"
    for name, source in study.sources.items():
        yield from _of_source(study, name, source)
    yield from _of_names(study)
    yield from _of_attributes(study)
    yield from _of_event_attributes(study)
    yield from _of_mirrors(study)
    if study.expect is not None:
        yield from study.expect.unknown_columns(_log_columns(study))


def _log_columns(study: "StudyFile") -> list[str]:
    """The columns of the log that an expectation may be about."""
    orders = [f"{CASE}{name}" for name in study.order_attributes]
    events = [f"{EVENT_ATTRIBUTE}{name}" for name in study.event_attributes]
    return ["activity", "timestamp", "start", *OWNERS, *orders, *events, *([] if study.status is None else [STATUS])]


def _of_source(study: "StudyFile", name: str, source: "Source") -> Iterator[str]:
    if source.system is not None and source.system not in study.systems:
        yield f"sources.{name}.system: no system {source.system!r}. {nearest(source.system, study.systems)}"
    first = next(other for other, read in study.sources.items() if read.export == source.export)
    if first != name:
        key = "file" if source.file else "table"
        yield f"sources.{name}.{key}: {source.export!r} is already read by source {first!r}"
    for rule, kinds in (("many", source.many), ("shared", source.shared)):
        for kind in kinds:
            if kind not in source.keys:
                yield f"sources.{name}.{rule}: no key {kind!r} in this source. {nearest(kind, source.keys)}"
    if source.doubles == "set_aside" and not source.events:
        yield f"sources.{name}.doubles: only rows that give events are ever doubles"
    if source.line is not None and not source.events:
        yield f"sources.{name}.line: only events are about a line of their order"
    if source.events and not source.keys.keys() - study.shared:
        yield f"sources.{name}.keys: events need a key that orders do not share"


def _of_names(study: "StudyFile") -> Iterator[str]:
    for key, names in (("activities", study.activities), ("departments", study.departments), ("owners", study.owners)):
        for name, called in names.items():
            for one, other in overlapping([] if isinstance(called, str) else called):
                yield f"{key}.{name}: {one.name!r} and {other.name!r} hold at the same time, from {other.start}"


def _of_event_attributes(study: "StudyFile") -> Iterator[str]:
    yield from _alike("events.attributes", study.event_attributes)
    for name in study.event_attributes:
        if f"{EVENT_ATTRIBUTE}{name}" in DERIVED_ATTRIBUTES:
            yield f"events.attributes.{name}: procmine says something of its own by that name; choose another"


def _of_mirrors(study: "StudyFile") -> Iterator[str]:
    giving = [*study.sources_of_events]
    for place, mirror in enumerate(study.mirrors):
        for side, name in (("keep", mirror.keep), ("drop", mirror.drop)):
            if name not in giving:
                yield f"mirrors.{place}.{side}: no source of events {name!r}. {nearest(name, giving)}"
        kept = [other.keep for other in study.mirrors if other.activity == mirror.activity]
        if mirror.drop in kept:
            yield f"mirrors.{place}.drop: {mirror.drop!r} is kept for {mirror.activity!r}; an event cannot be both"
    yield from _of_evidence(study)
    for place, (first, second) in enumerate(study.known_order):
        if first == second:
            yield f"known_order.{place}: {first!r} cannot precede itself"


def _of_evidence(study: "StudyFile") -> Iterator[str]:
    giving, known = [*study.sources_of_events], study.order_attributes
    kinds = study.kinds - study.shared - {study.order}
    for place, rule in enumerate(study.recover):
        if rule.source not in giving:
            yield f"recover.{place}.source: no source of events {rule.source!r}. {nearest(rule.source, giving)}"
            return
        own = study.sources[rule.source].order_attributes
        for name in rule.match:
            if name not in own:
                yield f"recover.{place}.match: {rule.source!r} gives no order attribute {name!r}. {nearest(name, own)}"
    for place, same in enumerate(study.same_order):
        if same.key is not None and same.key not in kinds:
            yield f"same_order.{place}.key: no key {same.key!r} of single orders. {nearest(same.key, kinds)}"
        for name in same.match:
            if name not in known:
                yield f"same_order.{place}.match: no order attribute {name!r}. {nearest(name, known)}"


def _of_attributes(study: "StudyFile") -> Iterator[str]:
    types: dict[str, str] = {}
    for name, source in study.sources.items():
        for attribute, cell in source.order_attributes.items():
            kind = "string" if isinstance(cell, str) else cell.type
            if types.setdefault(attribute, kind) != kind:
                yield f"sources.{name}.order_attributes.{attribute}: {kind} here, {types[attribute]} before"
    yield from _alike("order_attributes", types)
    if study.status is not None:
        if "status" in types:
            yield "order_attributes.status: the name is taken by the study's own status rules; choose another"
        stated = study.status.attribute
        if stated is not None and stated not in types:
            yield f"status.attribute: no order attribute {stated!r}. {nearest(stated, types)}"
    hideable = dict.fromkeys(["resource", *types, *study.event_attributes])
    for column in study.personal:
        if column not in hideable:
            yield f"personal: no column {column!r}. {nearest(column, hideable)}"


def _alike(where: str, names: Iterable[str]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            yield f"{where}: {other!r} and {name!r} differ only in upper and lower case; choose other names"
