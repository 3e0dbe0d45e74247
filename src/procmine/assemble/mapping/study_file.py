"""Read `study.yaml` as the mapping that it states, and say what is wrong with it in its user's words."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from procmine.assemble.mapping.mistakes import meant, mistakes
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

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError as error:
            raise ValueError(f"{node.value} in line {node.start_mark.line + 1}: {error}") from error


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)
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
        found = _mistakes(error, path, given)
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise StudyError(f"{found[0].found}{more}", where=found[0].where) from error


def all_mistakes(path: Path) -> tuple[StudyFile | None, list[StudyError]]:
    """What a `study.yaml` says, and everything that is wrong with it.

    Where values are wrong that a study need not have, they are left out, so that what is right can be looked into;
    else, and where the parts contradict each other, there is no study.
    """
    try:
        given = _given(path)
    except StudyError as error:
        return None, [error]
    found: list[StudyError] = []
    try:
        return StudyFile.model_validate(given), found
    except ValidationError as error:
        found += _mistakes(error, path, given)
        wrong = dict.fromkeys(detail["loc"] for detail in meant(error.errors()))
    if not all(_left_out(given, place) for place in wrong):
        return None, found
    try:
        return StudyFile.model_validate(given), found
    except ValidationError as error:
        others = error.errors()
        return None, found + (_mistakes(error, path, given) if [detail["loc"] for detail in others] == [()] else [])


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
    return [StudyError(found, where=f"{path}, {key}" if key else path) for key, found in mistakes(error, given)]
