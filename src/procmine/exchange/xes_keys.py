"""The keys that XES gives to what a log's columns hold."""

NAME, INSTANCE = "concept:name", "concept:instance"
TIMESTAMP, TRANSITION = "time:timestamp", "lifecycle:transition"
PAIR = "procmine:start"
"""Given to a start and its completion, so that procmine finds the two again."""
OWN = {"system": "procmine:system", "source": "procmine:source", "source_row": "procmine:source_row"}
"""Columns that no XES extension has a word for. Their keys belong to no declared extension: a declaration names an
address, and OpenXES would ask the web for it."""
COLUMNS = {
    "activity": NAME,
    "timestamp": TIMESTAMP,
    "resource": "org:resource",
    "department": "org:group",
    **OWN,
}
"""The columns of an event, and the key of each."""
EMPTY = "procmine:empty:"
"""Begins the key of an attribute of the log that tells of a column without any value; the column's name follows, and
the value is the XES type. It cannot be a global, since these promise a value in every trace or event."""
TEXT = {
    NAME,
    INSTANCE,
    TRANSITION,
    *(key for column, key in COLUMNS.items() if column not in ("timestamp", "source_row")),
}
"""The keys that are text in a log, whatever type a file declares."""
