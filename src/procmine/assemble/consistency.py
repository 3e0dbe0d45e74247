"""What the models of `study.yaml` cannot see one by one: whether its parts fit together."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from procmine.errors import nearest

if TYPE_CHECKING:
    from procmine.assemble.mapping import Source, StudyFile


def problems(study: "StudyFile") -> Iterator[str]:
    """Each contradiction in `study`, as the key and what is wrong with it."""
    kinds = {kind for source in study.sources.values() for kind in source.keys}
    if study.order not in kinds:
        yield f"order: no source has a key {study.order!r}. {nearest(study.order, kinds)}"
    if study.order in study.shared:
        yield f"order: orders cannot share {study.order!r}, the key that names them"
    if not any(source.events for source in study.sources.values()):
        yield "sources: none of them gives events"
    for name, source in study.sources.items():
        yield from _of_source(study, name, source)
    yield from _of_attributes(study)


def _of_source(study: "StudyFile", name: str, source: "Source") -> Iterator[str]:
    if source.system is not None and source.system not in study.systems:
        yield f"sources.{name}.system: no system {source.system!r}. {nearest(source.system, study.systems)}"
    first = next(other for other, read in study.sources.items() if read.file == source.file)
    if first != name:
        yield f"sources.{name}.file: {source.file!r} is already read by source {first!r}"
    for rule, kinds in (("many", source.many), ("shared", source.shared)):
        for kind in kinds:
            if kind not in source.keys:
                yield f"sources.{name}.{rule}: no key {kind!r} in this source. {nearest(kind, source.keys)}"
    if source.events and not source.keys.keys() - study.shared:
        yield f"sources.{name}.keys: events need a key that orders do not share"


def _of_attributes(study: "StudyFile") -> Iterator[str]:
    types: dict[str, str] = {}
    for name, source in study.sources.items():
        for attribute, cell in source.order_attributes.items():
            kind = "string" if isinstance(cell, str) else cell.type
            if types.setdefault(attribute, kind) != kind:
                yield f"sources.{name}.order_attributes.{attribute}: {kind} here, {types[attribute]} before"
    yield from _alike("order_attributes", types)
    yield from _alike("events.attributes", study.event_attributes)
    if study.status is not None:
        if "status" in types:
            yield "order_attributes.status: the name is taken by the study's own status rules; choose another"
        stated = study.status.attribute
        if stated is not None and stated not in types:
            yield f"status.attribute: no order attribute {stated!r}. {nearest(stated, types)}"
    for column in study.personal:
        if column not in {"resource", *types}:
            yield f"personal: no column {column!r}. {nearest(column, ['resource', *types])}"


def _alike(where: str, names: Iterable[str]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            yield f"{where}: {other!r} and {name!r} differ only in upper and lower case; choose other names"
