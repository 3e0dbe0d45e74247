"""Write and read object-centric logs: OCEL 2.0 as JSON or SQLite."""

import tempfile
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from types import MappingProxyType

from ibis.expr.types import Table

from procmine import engine
from procmine.exchange.files import require_file, require_target, stored, whole
from procmine.exchange.log_order import write_in_order
from procmine.exchange.ocel_account import require_sound, tell
from procmine.exchange.ocel_flatten import Flattening
from procmine.exchange.ocel_json_read import read_json
from procmine.exchange.ocel_json_write import write_json
from procmine.exchange.ocel_model import ocel_log
from procmine.exchange.ocel_names import JSON, ORDER, SQLITE
from procmine.exchange.ocel_sqlite_read import read_sqlite
from procmine.exchange.ocel_sqlite_write import write_sqlite
from procmine.schema import require_log

ENDINGS = (JSON, SQLITE)
_NONE: Mapping[str, str] = MappingProxyType({})


def write_ocel(log: Table, path: str | PathLike[str], *, objects: Mapping[str, str] = _NONE) -> Path:
    """Write `log` to `path` as OCEL 2.0, JSON (`.json`) or SQLite (`.sqlite`), and return the path.

    **Objects.** Every order is an object of type ``order``. `objects` names more types, and for each the column that
    holds the keys of its objects, a ``case:`` or ``event:`` column or an owner::

        write_ocel(log, "orders.json", objects={"customer": "case:customer", "work_order": "event:work_order"})

    A log has the keys that its study keeps: ``attributes: {work_order: 工单编号}`` under a source's `events` gives its
    events ``event:work_order``, ``order_attributes: {customer: 客户编号}`` its orders ``case:customer``. An object's
    id is ``<type>:<key>``, since keys of two types may be equal; the key of an order's line, of
    ``{"order_line": "event:order_line"}``, is ``<order>/<line>``.

    **Relations.** An event has its order and the object of each column that is not null; an order has the objects of
    its ``case:`` columns. The qualifier is the type.

    **Attributes.** Those of an event are ``org:resource``, ``org:group`` (department), ``start_timestamp``,
    ``procmine:system``, ``procmine:source``, ``procmine:source_row``, and its ``event:`` columns; those of an order its
    ``case:`` columns, valid from the beginning (1970, as the standard says). Columns ``case:`` and ``event:`` that give
    objects are not attributes as well. Null is an absent attribute; a type of events declares the attributes that some
    event of it has, and those that no event has, so that their columns come back. The activity is the type of an event,
    its id ``<order>/<position>``. Times are ISO 8601 in UTC to the microsecond. Columns of types that OCEL does not
    have are text. SQLite has no NaN, it is null there.

    `read_ocel` reads the same log again, a column of `objects` under the name of its type, as text; one without any
    object stays an attribute under its own.

    Raises `LogError` where `log` is not a log or has events without time, where `objects` names a column that is not
    there or a type that cannot be one, where two columns would have one name, or `path` has another ending, is a
    folder, or cannot be written. The file appears when it is whole.
    """
    require_log(log)
    target = require_target(Path(path), ENDINGS, kind="an OCEL 2.0 file")
    write = write_json if target.name.lower().endswith(JSON) else write_sqlite
    ocel = ocel_log(log, objects)

    def written(rows: Table) -> None:
        with whole(target) as part:
            write(ocel, rows, part)

    write_in_order(log, written)
    return target


def read_ocel(path: str | PathLike[str], *, object_type: str = ORDER) -> Table:
    """The log in an OCEL 2.0 file, JSON (`.json`) or SQLite (`.sqlite`), flattened on one type of objects.

    **Rows.** One an event and object of `object_type` that it has, whatever the qualifier: the object is the order. An
    event with several such objects is in each of their orders. Events are ordered by time, and where that is equal by
    place in the file.

    **Columns.** Those of `schema.LOG`. `case_id` is the object's id, without ``<type>:`` where all ids of the type
    begin so; `activity` is the event's type. Attributes of the event are ``event:<name>``; those that
    `write_ocel` names have columns of their own, as in files of other tools have resource, department, system (texts)
    and start (a time). Attributes of the object are ``case:<name>``, the last value
    where it changed. Other objects are ``case:<type>`` where the file relates the object itself to them, else
    ``event:<type>`` where it relates the event to them; several are joined by ``|``. `source` is the file's name and
    `source_row` the event's number in it; a file that procmine wrote gives these two back as they were.

    **Types.** time (UTC, µs; without offset it is read as UTC), integer, float, boolean and string stay what they are.
    An attribute is text where its types of events differ in its type, or a value does not fit it. Names that differ in
    case only are told apart by a number. Qualifiers, and relations of other objects to each other, are not read.

    A `SetAsideWarning` counts what is not in the log: events without such an object, objects without events, earlier
    values of attributes, attributes of other objects, relations to what is not there. A `FlatteningWarning` counts the
    events in several orders (convergence), and the activities that are repeated in an order for another object of a
    type (divergence): repetitions that are no rework.

    Raises `LogError` where the file is missing, cut off, or not OCEL 2.0, has two events or objects of one id, an
    event without a time, or no event with an object of `object_type`.

    The rows are stored in a temporary file for as long as any table uses them.
    """
    file = require_file(Path(path), ENDINGS, kind="an OCEL 2.0 file")
    with tempfile.TemporaryDirectory(prefix="procmine-") as folder, engine.Scratch() as scratch:
        read = read_json if file.name.lower().endswith(JSON) else read_sqlite
        parts = read(file, Path(folder))
        flattening = Flattening(parts, object_type, scratch)
        require_sound(flattening)
        tell(flattening)
        return stored(flattening.logs())
