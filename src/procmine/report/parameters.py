"""A report's parameters: what its notebook declares, checked against what is asked for before a kernel starts.

A notebook declares them in one cell tagged `parameters`, each a typed assignment with a comment that explains it::

    language: Literal["en", "zh"] = "en"  # of headings, sentences and pictures
"""

import ast
import io
import math
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from procmine.errors import ReportError, nearest

TAG = "parameters"
GIVEN = ("study", "folder")
"""What `run_report` gives every notebook itself: the study's folder, and where its tables are written."""
_TYPES = {"str": str, "int": int, "float": float, "bool": bool}


@dataclass(frozen=True)
class Parameter:
    """One declared parameter. `type` is `str`, `int`, `float`, `bool`, or the tuple of the texts to choose from."""

    name: str
    type: type | tuple[str, ...]
    default: object
    explained: str

    @property
    def expected(self) -> str:
        """What its value may be, in words."""
        kind = f"one of {', '.join(self.type)}" if isinstance(self.type, tuple) else _IN_WORDS[self.type]
        return f"{self.name} is {kind}: {self.explained}"

    def checked(self, value: object) -> object:
        """`value` as the notebook gets it; a `ReportError` where it has another type, or is none of the choices."""
        if self.type is float and type(value) is int:
            value = float(value)
        if isinstance(self.type, tuple):
            fits = isinstance(value, str) and value in self.type
        else:
            fits = type(value) is self.type and not (isinstance(value, float) and not math.isfinite(value))
        if not fits:
            raise self._refused(value)
        return value

    def read(self, text: str) -> object:
        """The value that `text` stands for, as typed on a command line."""
        if self.type is bool and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if self.type is int or self.type is float:
            try:
                return self.checked(self.type(text))
            except ValueError:
                raise self._refused(text) from None
        return self.checked(text)

    def _refused(self, value: object) -> ReportError:
        kind = "" if isinstance(value, str) else f" ({type(value).__name__})"
        return ReportError(f"{value!r}{kind} cannot be used", where=f"parameter {self.name}", expected=self.expected)


_IN_WORDS: dict[type, str] = {str: "a text", int: "a whole number", float: "a number", bool: "True or False"}


def declared(cells: list[Any], notebook: Path) -> dict[str, Parameter]:
    """The parameters that a notebook's `cells`, as its JSON has them, declare, by name; those of `GIVEN` included.

    Errors: `ReportError` for a notebook without exactly one cell tagged `parameters`, or whose cell holds anything but
    typed, commented assignments of constants.
    """
    tagged = [cell for cell in cells if TAG in cell["metadata"].get("tags", [])]
    if len(tagged) != 1:
        raise ReportError(
            f"{len(tagged)} cells are tagged {TAG!r}", where=notebook, expected="Tag exactly one code cell so"
        )
    source = "".join(tagged[0]["source"])
    comments = _comments(source)
    found = [
        _parameter(node, comments, notebook) for node in ast.parse(source).body if not isinstance(node, ast.ImportFrom)
    ]
    named = {parameter.name: parameter for parameter in found}
    missing = [name for name in GIVEN if name not in named]
    if missing:
        raise ReportError(
            f"its parameters lack {', '.join(missing)}", where=notebook, expected=f'Declare {missing[0]}: str = ""  # …'
        )
    return named


def checked(given: Mapping[str, object], known: Mapping[str, Parameter]) -> dict[str, object]:
    """Every parameter but those of `GIVEN` with its value: as given, else its default.

    Errors: `ReportError` that names an unknown parameter and the nearest known one, or an ill-typed one and its type.
    """
    own = {name: parameter for name, parameter in known.items() if name not in GIVEN}
    for name in given:
        if name in GIVEN:
            raise ReportError("it is set by run_report itself", where=f"parameter {name}", expected=f"Leave {name} out")
        if name not in own:
            raise ReportError(
                "the report has no such parameter", where=f"parameter {name}", expected=nearest(name, own)
            )
    return {
        name: parameter.checked(given[name]) if name in given else parameter.default for name, parameter in own.items()
    }


def _parameter(node: ast.stmt, comments: Mapping[int, str], notebook: Path) -> Parameter:
    where = f"{notebook}, parameters cell, line {node.lineno}"
    if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None):
        raise ReportError(
            "not a typed assignment", where=where, expected='Write such as: name: str = "…"  # what it is'
        )
    name, kind = node.target.id, _type(node.annotation)
    if kind is None:
        raise ReportError(
            f"{name} has the type {ast.unparse(node.annotation)}",
            where=where,
            expected='One of str, int, float, bool, Literal["…", "…"]',
        )
    explained = comments.get(node.end_lineno or 0)
    if explained is None:
        raise ReportError(f"{name} has no comment", where=where, expected="Say at the end of its line what it is for")
    try:
        default = ast.literal_eval(node.value)
    except ValueError:
        raise ReportError(f"{name} has no constant as its default", where=where, expected="A plain value") from None
    parameter = Parameter(name, kind, default, explained)
    parameter.checked(default)
    return parameter


def _type(annotation: ast.expr) -> type | tuple[str, ...] | None:
    if isinstance(annotation, ast.Name):
        return _TYPES.get(annotation.id)
    if not (isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "Literal"):
        return None
    items = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
    choices = tuple(item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str))
    return choices if len(choices) == len(items) else None


def _comments(source: str) -> dict[int, str]:
    """The comment at the end of each line that has one."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
