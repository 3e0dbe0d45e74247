"""What procmine says when a file, a study or a call is not as it should be.

Every error a user can cause is a `ProcmineError`: it names the place, says what was found there and what would be
right. The command line prints it as one message and ends with exit code 2; anything else that is raised is a bug.
"""

import difflib
from collections.abc import Iterable
from os import PathLike


class ProcmineError(Exception):
    """A mistake in what procmine was given.

    `found` says what is wrong, `where` names the file, row, key or parameter, `expected` says what would be right.
    The three stay readable as fields; the message joins them: ``where: found. expected.``
    """

    def __init__(self, found: str, *, where: str | PathLike[str] | None = None, expected: str | None = None) -> None:
        self.found = found
        self.where = None if where is None else str(where)
        self.expected = expected
        place = "" if self.where is None else f"{self.where}: "
        advice = "" if expected is None else f" {_sentence(expected)}"
        super().__init__(f"{place}{_sentence(found)}{advice}")


class StudyError(ProcmineError):
    """A study's folder or `study.yaml` cannot be used."""


class ExportError(ProcmineError):
    """An exported file cannot be read as its study says."""


class LogError(ProcmineError):
    """A table is not an event log, or a log file cannot be read or written."""


class FlowError(ProcmineError):
    """A designed flow cannot be read, or has nothing in common with the log."""


class SimulationError(ProcmineError):
    """A simulation was asked for that cannot be run, or its folder cannot be written."""


class ReportError(ProcmineError):
    """A report was asked for with unusable parameters, or did not run to its end."""


def nearest(name: str, choices: Iterable[str]) -> str:
    """A hint that names the closest of `choices`, or lists them: for the `expected` of an error."""
    known = sorted(choices)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]!r}? Known: {', '.join(known)}"
    return f"Known: {', '.join(known) or 'none'}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
