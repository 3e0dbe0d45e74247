"""Read `study.yaml` as the mapping that it states, and say what is wrong with it in its user's words."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from procmine.assemble.mapping.consistency import ContradictionsError
from procmine.assemble.mapping.study import StudyFile
from procmine.errors import StudyError

_MERGE = "tag:yaml.org,2002:merge"
_READ = {_MERGE, "tag:yaml.org,2002:null", "tag:yaml.org,2002:timestamp"}


class _Loader(yaml.SafeLoader):
    """Safe YAML in which words stay as they are written, and a key that is there twice is an error.

    Only nulls and times are read as such: a column named `no` is no boolean, and the status 007 is not 7.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [_MERGE if key.tag == _MERGE else self.construct_object(key, deep=True) for key, _ in node.value]
        for place, key in enumerate(keys):
            if key in keys[:place]:
                line = node.value[place][0].start_mark.line + 1
                raise yaml.YAMLError(f"key {key!r} is there twice, the second time in line {line}")
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag in _READ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load_study_file(path: Path) -> StudyFile:
    """The checked content of a `study.yaml`.

    Errors: `StudyError` that names the file and the key, for text that is not YAML, a key that is unknown (with the
    nearest known one), missing or there twice, and a value that is not allowed. It is the first of `all_mistakes`.
    """
    given = _given(path)
    try:
        return StudyFile.model_validate(given)
    except ValidationError as error:
        mistakes = _mistakes(error, path, given)
        more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
        raise StudyError(f"{mistakes[0].found}{more}", where=mistakes[0].where) from error


def all_mistakes(path: Path) -> tuple[StudyFile | None, list[StudyError]]:
    """What a `study.yaml` says, and everything that is wrong with it.

    Where values are wrong that a study need not have, they are left out, so that what is right can be looked into;
    else, and where the parts contradict each other, there is no study.
    """
    try:
        given = _given(path)
    except StudyError as error:
        return None, [error]
    mistakes: list[StudyError] = []
    try:
        return StudyFile.model_validate(given), mistakes
    except ValidationError as error:
        mistakes += _mistakes(error, path, given)
        wrong = dict.fromkeys(detail["loc"] for detail in _meant(error.errors()))
    if not all(_left_out(given, place) for place in wrong):
        return None, mistakes
    try:
        return StudyFile.model_validate(given), mistakes
    except ValidationError as error:
        others = error.errors()
        return None, mistakes + (_mistakes(error, path, given) if [detail["loc"] for detail in others] == [()] else [])


def _given(path: Path) -> dict[Any, Any]:
    try:
        given = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (yaml.YAMLError, UnicodeError) as error:
        raise StudyError(f"this is not a YAML file: {error}", where=path) from error
    except ValueError as error:
        raise StudyError(f"a date in it is none: {error}", where=path, expected="Dates as 2024-02-29") from error
    if not isinstance(given, dict):
        raise StudyError("no keys in it", where=path, expected="At least title, order, systems and sources")
    return given


def _left_out(given: Any, place: tuple[int | str, ...]) -> bool:
    """Take the value at `place` out of `given`; whether it was there. Steps that name a kind of events are no keys."""
    holder, key = None, None
    for step in place:
        if isinstance(given, dict) and step in given:
            holder, key, given = given, step, given[step]
    if holder is None or key != place[-1]:
        return False
    del holder[key]
    return True


def _mistakes(error: ValidationError, path: Path, given: dict[Any, Any]) -> list[StudyError]:
    return [StudyError(found, where=f"{path}, {key}" if key else path) for key, found in _problems(error, given)]


_TOO_SHORT = "{actual_length} given, at least {min_length} needed"


def _problems(error: ValidationError, study: dict[Any, Any]) -> Iterator[tuple[str, str]]:
    for detail in _meant(error.errors()):
        key = ".".join(_keys(study, detail))
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, ContradictionsError):
            yield from ((key, found) for found in cause.found)
            continue
        given = detail["input"]
        shown = f"; found {given!r}" if isinstance(given, str | int | float | bool) else ""
        said = _TOO_SHORT.format_map(detail["ctx"]) if detail["type"] == "too_short" else detail["msg"]
        yield key, said.removeprefix("Value error, ") + shown


def _meant(details: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """The errors without those of what a value was not meant to be, where it may be a text or something with keys."""
    text = ("str",)
    with_keys = {
        detail["loc"][:-1]: isinstance(detail["input"], dict | list)
        for detail in details
        if detail["type"] == "string_type" and detail["loc"][-1:] == text
    }

    def is_meant(place: tuple[int | str, ...]) -> bool:
        union = next((union for union in with_keys if place[: len(union)] == union), None)
        return union is None or (place[len(union) : len(union) + 1] != text) == with_keys[union]

    return [detail for detail in details if is_meant(detail["loc"])]


def _keys(study: Any, detail: ErrorDetails) -> Iterator[str]:
    """The keys in the file that lead to a mistake, without the names that the models give to kinds of values."""
    for place, step in enumerate(detail["loc"], 1):
        inner = study if isinstance(study, dict) else dict(enumerate(study)) if isinstance(study, list) else {}
        if step in inner:
            study = inner[step]
            yield str(step)
        elif place == len(detail["loc"]) and detail["type"] == "missing":
            yield str(step)
