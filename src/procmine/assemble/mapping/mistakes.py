"""What is wrong with a `study.yaml`, in its user's words: the key as it stands in the file, and what belongs there."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from procmine.assemble.mapping.consistency import ContradictionsError

_A_DATE = "a date or time belongs here, such as 2024-01-31 or 2024-01-31T08:00:00+08:00"
_KEYS = "keys belong here, such as {{key: value}}"
_A_LIST = "a list belongs here"
_WORDS = {
    "bool_parsing": "true or false belongs here",
    "bool_type": "true or false belongs here",
    "dict_type": _KEYS,
    "float_parsing": "a number belongs here",
    "float_type": "a number belongs here",
    "greater_than_equal": "at least {ge}",
    "int_from_float": "a whole number belongs here",
    "int_parsing": "a whole number belongs here",
    "int_type": "a whole number belongs here",
    "less_than_equal": "at most {le}",
    "list_type": _A_LIST,
    "literal_error": "one of {expected} belongs here",
    "missing": "it is missing",
    "model_attributes_type": _KEYS,
    "model_type": _KEYS,
    "string_too_long": "at most {max_length} character",
    "string_too_short": "it is empty",
    "string_type": "a text belongs here",
    "too_long": "{actual_length} given, at most {max_length} needed",
    "too_short": "{actual_length} given, at least {min_length} needed",
    "tuple_type": _A_LIST,
    "union_tag_invalid": "no {discriminator} '{tag}'; one of {expected_tags}",
    "union_tag_not_found": "it has no key {discriminator}",
}
"""By the validating library's name of a mistake."""
_TEXT = ("str", "str]")
"""How that library's name of a kind of texts ends."""


def mistakes(error: ValidationError, study: dict[Any, Any]) -> list[tuple[str, str]]:
    """Each mistake in what a file says, `study`: the keys that lead to it, with dots between, and what is wrong."""
    found: dict[str, str] = {}
    several = []
    for detail in meant(error.errors()):
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, ContradictionsError):
            several += [("", told) for told in cause.found]
        else:
            found.setdefault(".".join(_keys(study, detail)), _said(detail))
    return [*found.items(), *several]


def meant(details: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """The errors that a user means something by, out of all that the validating library tells.

    Where a value may be a text or something with keys, it tells what is wrong with it as either. A value that has keys
    is not meant as a text, nor one without as something with keys: the errors of that reading are left out.
    """
    texts = {
        detail["loc"][:-1]: (detail["loc"][-1], isinstance(detail["input"], dict | list))
        for detail in details
        if detail["type"] == "string_type" and str(detail["loc"][-1]).endswith(_TEXT)
    }

    def is_meant(place: tuple[int | str, ...]) -> bool:
        union = next((union for union in texts if place[: len(union)] == union), None)
        if union is None:
            return True
        text, has_keys = texts[union]
        return (place[len(union)] != text) == has_keys

    return [detail for detail in details if is_meant(detail["loc"])]


def _keys(study: Any, detail: ErrorDetails) -> Iterator[str]:
    """The keys in the file that lead to a mistake, without the names that the models give to kinds of values."""
    entered = False
    for place, step in enumerate(detail["loc"], 1):
        inner = study if isinstance(study, dict) else dict(enumerate(study)) if isinstance(study, list) else {}
        if entered and inner.get("form") == step:  # which kind of events it is
            entered = False
        elif step in inner:
            study, entered = inner[step], True
            yield str(step)
        elif place == len(detail["loc"]) and detail["type"] == "missing" and isinstance(step, str):
            yield step


def _said(detail: ErrorDetails) -> str:
    kind, given, facts = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "value_error":
        said = str(facts["error"])
    elif given is None and kind != "missing":
        return "it is empty"
    elif kind == "missing" and isinstance(detail["loc"][-1], int):
        return "one more belongs here"
    elif kind.startswith(("date_", "datetime_")):
        said = _A_DATE
    else:
        said = _WORDS[kind].format_map(facts) if kind in _WORDS else detail["msg"]
    if said == _A_LIST:
        said += f": [{given}]" if isinstance(given, str) else ": put it into [ ]"
    is_shown = isinstance(given, str | int | float | bool) and repr(given) not in said and f"[{given}]" not in said
    return f"{said}; found {given!r}" if is_shown else said
