"""Read `study.yaml` as the mapping that it states, and say what is wrong with it in its user's words."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from procmine.assemble.mapping import StudyFile
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
    nearest known one), missing or there twice, and a value that is not allowed.
    """
    try:
        given = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (yaml.YAMLError, UnicodeError) as error:
        raise StudyError(f"this is not a YAML file: {error}", where=path) from error
    except ValueError as error:
        raise StudyError(f"a date in it is none: {error}", where=path, expected="Dates as 2024-02-29") from error
    if not isinstance(given, dict):
        raise StudyError("no keys in it", where=path, expected="At least title, order, systems and sources")
    try:
        return StudyFile.model_validate(given)
    except ValidationError as error:
        problems = [_problem(detail) for detail in error.errors()]
        where, found = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise StudyError(f"{found}{more}", where=f"{path}, {where}" if where else path) from error


def _problem(detail: Any) -> tuple[str, str]:
    where = ".".join(str(part) for part in detail["loc"])
    message = detail["msg"].removeprefix("Value error, ")
    given = detail["input"]
    shown = f"; found {given!r}" if isinstance(given, str | int | float | bool) else ""
    return where, f"{message}{shown}"
