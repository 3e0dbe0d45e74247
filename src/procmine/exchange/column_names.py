"""Names of a log's columns for the keys of a file's attributes."""

from collections.abc import Iterable


def distinct_names(prefix: str, keys: Iterable[str]) -> list[str]:
    """A column name for each key: names of the engine do not differ in case only, so a second such key is numbered, and
    have no U+0000, for which U+FFFD stands.
    """
    names: list[str] = []
    taken: set[str] = set()
    for key in keys:
        plain, count = f"{prefix}{key}".replace("\0", "\ufffd"), 1
        name = plain
        while name.lower() in taken:
            count += 1
            name = f"{plain} ({count})"
        taken.add(name.lower())
        names.append(name)
    return names
