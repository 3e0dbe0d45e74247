"""Write what was guessed as the text of a `study.yaml`, the evidence in comments."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from procmine.assemble.mapping import AttributeType
from procmine.draft.belonging import Belonging
from procmine.draft.columns import Column
from procmine.draft.names import activity_of, says
from procmine.draft.opening import Export
from procmine.draft.roles import EventTime, Roles
from procmine.draft.times import Times
from procmine.draft.yaml_text import MARK, comment, flow, shown, word
from procmine.errors import ExportError
from procmine.schema import DERIVED_ATTRIBUTES, EVENT_ATTRIBUTE

_HEADER = f"""\
Drafted by "procmine new" from the values in the exports; each guess has its evidence beside it. Correct what is
wrong, and the lines marked {MARK}. Then run: procmine check, with the name of this folder."""


@dataclass(frozen=True)
class SourceGuess:
    """What was found out about one export: its name as a source, its keys by kind with the evidence, its parts."""

    name: str
    export: Export
    columns: Mapping[str, Column]
    keys: Mapping[str, str]
    evidence: Mapping[str, str]
    belonging: Belonging
    roles: Roles

    @property
    def times(self) -> list[Times]:
        """Those of its events, also of their starts."""
        names = [moment.column.name for moment in self.roles.times] + [self.roles.start or ""]
        return [times for name in names if name in self.columns and (times := self.columns[name].times)]


def study_text(
    title: str, order: tuple[str, str] | None, sources: Sequence[SourceGuess], refused: Sequence[ExportError]
) -> str:
    """The whole file. `order` is the kind that names the order, and why; `refused` are files that are no exports."""
    lines = [comment(line) for line in _HEADER.splitlines()]
    lines.append(f"title: {word(title)}")
    if order is None:
        lines.append(f"order: {MARK}  # the kind of key that names an order: no column was found that could be one")
    else:
        lines.append(f"order: {word(order[0])}  {comment(order[1])}")
    lines += ["", *_systems(sources), "", "sources:"]
    names = _Attributes()
    for source in sources:
        lines += [f"  {line}" for line in _source(source, names)]
    lines += [comment(f"Not read: {error}") for error in refused]
    personal = ["resource", *names.personal]
    lines += ["", "# What names people or customers: reports show pseudonyms."]
    lines.append(f"personal: [{', '.join(map(word, personal))}]")
    return "\n".join(lines) + "\n"


def _systems(sources: Sequence[SourceGuess]) -> Iterator[str]:
    giving = [source for source in sources if source.roles.form]
    yield "# One for each export with events, in the order of their first times; name them as people do."
    yield "# Where times are equal, the event of the lower rank came first."
    if not giving:
        yield f"systems: {{}}  # {MARK}: no export has times that could be those of events"
        return
    yield "systems:"
    first = {source.name: _first(source) for source in giving}
    for rank, source in enumerate(sorted(giving, key=lambda one: first[one.name]), 1):
        begin = f"first time {first[source.name]}"
        naive = [times for times in source.times if not times.has_offset]
        if naive:
            why = f"an IANA zone such as Asia/Shanghai: {shown(naive[0].example)} states no offset; {begin}"
            yield f"  {word(source.name)}: {{rank: {rank}, time_zone: {MARK}}}  {comment(why)}"
        else:
            yield f"  {word(source.name)}: {{rank: {rank}}}  {comment(f'its times state their offset; {begin}')}"


def _first(source: SourceGuess) -> str:
    """The first time of its events, as it stands there or, if it has an offset, in UTC; after all others if unknown."""
    return min((f"{times.first:%Y-%m-%d %H:%M}" for times in source.times if times.first), default="unknown")


class _Attributes:
    """The names of attributes given so far, since one name has one type in the whole study, whatever its case."""

    def __init__(self) -> None:
        self._types: dict[tuple[str, str], tuple[str, AttributeType]] = {}
        self.personal: list[str] = []

    def name(self, place: str, source: str, column: str, kind: AttributeType) -> str:
        plain = column.removeprefix("case:").removeprefix("event:") or column
        for name in (plain, f"{source} {plain}", f"{source} {column} {len(self._types)}"):
            taken = self._types.setdefault((place, name.lower()), (name, kind))
            if taken == (name, kind) and f"{EVENT_ATTRIBUTE}{name}" not in DERIVED_ATTRIBUTES and name != "status":
                break
        if says(column, "person") and name not in self.personal:
            self.personal.append(name)
        return name


def _source(source: SourceGuess, names: _Attributes) -> Iterator[str]:
    rows = next(iter(source.columns.values())).rows
    record = source.export.record
    of = "rows" if record is None else "records"
    yield f"{word(source.name)}:  {comment(f'{rows:,} {of}')}"
    for note in (*source.export.notes, *(record.notes if record else ()), *source.roles.notes, *source.belonging.notes):
        yield f"  {comment(note)}"
    yield from (f"  {line}" for line in _as_a_whole(source))
    roles = source.roles
    if source.keys:
        yield "  keys:"
        for kind, column in source.keys.items():
            yield f"    {word(kind)}: {word(column)}  {comment(source.evidence[kind])}"
    else:
        yield f"  keys: {{}}  # {MARK}: none of its columns was found to be a key, such as order: order_no"
    for rule, kinds in (("many", source.belonging.many), ("shared", source.belonging.shared)):
        if kinds:
            yield f"  {rule}: [{', '.join(map(word, kinds))}]  {comment('; '.join(kinds.values()))}"
    yield from (f"  {line}" for line in _events(source, names))
    if roles.of_orders:
        yield "  order_attributes:"
        yield from (f"    {line}" for line in _attributes("case", source, roles.of_orders, names))


def _as_a_whole(source: SourceGuess) -> Iterator[str]:
    """How the export is written, and what all of its rows have in common."""
    roles, again = source.roles, source.export.again
    for key, value in source.export.given.items():
        yield f"{key}: {value if isinstance(value, int) else word(value)}"
    if source.export.nothing:
        yield f"empty: [{', '.join(map(word, source.export.nothing))}]  {comment('cells that say so hold nothing')}"
    if roles.form:
        yield f"system: {word(source.name)}"
    if source.export.record:
        yield f"newest: [{', '.join(map(word, source.export.record.by))}]  {comment(source.export.record.evidence)}"
    if roles.line:
        lines = source.columns[roles.line].distinct
        yield f"line: {word(roles.line)}  {comment(f'{lines:,} values: what is done once for each is no rework')}"
    if roles.form and again:
        yield f"doubles: set_aside  {comment(f'{again:,} rows are in an earlier file too')}"
    if roles.time_format:
        yield f"time_format: {word(roles.time_format)}  {comment(f'such as {shown(source.times[0].example)}')}"


def _events(source: SourceGuess, names: _Attributes) -> Iterator[str]:
    roles = source.roles
    if roles.form is None:
        return
    yield "events:"
    yield f"  form: {roles.form}"
    if roles.form == "columns":
        yield "  columns:  # activities are named after their columns"
        for moment in roles.times:
            name = moment.column.name
            resource = {"resource": moment.resource} if moment.resource else {}
            given = {"activity": activity_of(name), "timestamp": name, **resource, **_resolution(moment.column)}
            yield f"    - {flow(given)}  {comment(f'{moment.column.filled:,} filled{_of_times(moment.column)}')}"
        return
    yield from (f"  {line}" for line in _one_event(source, roles.times[0]))
    if roles.of_events:
        yield "  attributes:"
        yield from (f"    {line}" for line in _attributes("event", source, roles.of_events, names))


def _one_event(source: SourceGuess, moment: EventTime) -> Iterator[str]:
    """What an event of a row, or of a change of status, is made of."""
    roles = source.roles
    if roles.form == "status":
        yield f"status: {word(str(roles.activity))}"
        yield "activities:  # the step that reaching a status stands for; null for a status that is none"
        yield from (f"  {word(label)}: {word(label)}" for label in roles.labels)
    elif roles.activity is None:
        constant = word(activity_of(moment.column.name))
        yield f"activity: {{value: {constant}}}  # {MARK}: the step that its time stands for"
    else:
        labels = source.columns[roles.activity].distinct
        yield f"activity: {word(roles.activity)}  {comment(f'{labels:,} labels')}"
    yield f"timestamp: {word(moment.column.name)}{_told(_of_times(moment.column))}"
    for key, value in _resolution(moment.column).items():
        yield f"{key}: {value}"
    if roles.start:
        yield f"start: {word(roles.start)}  # hardly ever after the other"
    for key, column in (("department", roles.department), ("resource", moment.resource)):
        if column:
            yield f"{key}: {word(column)}  {comment(f'{source.columns[column].distinct:,} values')}"


def _attributes(
    place: str, source: SourceGuess, columns: Mapping[str, AttributeType], names: _Attributes
) -> Iterator[str]:
    for column, kind in columns.items():
        name = word(names.name(place, source.name, column, kind))
        given = word(column) if kind == "string" else f"{{column: {word(column)}, type: {kind}}}"
        yield f"{name}: {given}"


def _resolution(column: Column) -> dict[str, str]:
    return {"resolution": "day"} if column.times and column.times.is_midnight else {}


def _of_times(column: Column) -> str:
    times = column.times
    if times is None:
        return ""
    unread = f"; {times.unread:,} do not read as times" if times.unread else ""
    dates = "; dates only" if times.is_date else "; midnight in all rows: dates" if times.is_midnight else ""
    return dates + unread


def _told(note: str) -> str:
    return f"  {comment(note.removeprefix('; '))}" if note else ""
