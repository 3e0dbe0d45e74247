"""The application, and the arguments and options that several verbs share."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from procmine.errors import ProcmineError

MISTAKE, BUG = 2, 1

app = typer.Typer(
    name="procmine",
    help="From the exports of several systems to one event log, and to where orders get stuck.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class NamesOption(StrEnum):
    """How people are shown."""

    PSEUDONYMS = "pseudonyms"
    PLAIN = "plain"


class LanguageOption(StrEnum):
    """The languages of reports."""

    EN = "en"
    ZH = "zh"


StudyArgument = Annotated[str, typer.Argument(help="A name under eventlogs/, or the folder of a study.")]


def pairs(given: Sequence[str], *, option: str, what: str, form: str = "key=value") -> dict[str, str]:
    """What a repeated option of `form` gives; `what` is one of them.

    Errors: `ProcmineError` for one without a key or an equals sign, and for a key that is there twice.
    """
    read: dict[str, str] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise ProcmineError(f"{text!r} is no {what}", where=option, expected=f"Write {form}")
        if key in read:
            raise ProcmineError(f"{key} is given twice", where=option, expected=f"Give each {what} once")
        read[key] = value
    return read
