"""Files that are one export delivered again and again: their names differ in a date or a number only."""

import re
from collections.abc import Collection, Iterable, Sequence
from fnmatch import translate

_DIGITS = re.compile(r"[0-9]+")
_DATE = re.compile(r"\*(?:[-_.T]?\*)+")


def series_of(names: Iterable[str]) -> list[list[str]]:
    """The names, those together that differ in their digits only; each group, and the groups, in their order."""
    groups: dict[str, list[str]] = {}
    for name in sorted(names, key=lambda path: path.split("/")):
        groups.setdefault(_DIGITS.sub("*", name), []).append(name)
    return [*groups.values()]


def pattern_of(series: Sequence[str], others: Collection[str]) -> str | None:
    """A pattern that all of `series` match and none of the `others`; None where there is none so simple.

    A date or number is ``*`` where that tells them from the others, else ``?`` for each of its digits.
    """
    digits = re.sub("[0-9]", "?", series[0])
    wide = _DATE.sub("*", _DIGITS.sub("*", series[0]))
    for pattern in (wide, digits):
        matches = [_matches(pattern, name) for name in series]
        if all(matches) and not any(_matches(pattern, name) for name in others):
            return pattern
    return None


def _matches(pattern: str, name: str) -> bool:
    """Whether a path matches, part by part, as that of a source does."""
    parts, given = name.split("/"), pattern.split("/")
    return len(parts) == len(given) and all(
        re.match(translate(wanted.replace("[", "[[]")), part) for wanted, part in zip(given, parts, strict=True)
    )
