"""What one problem of a study is."""

from dataclasses import dataclass
from typing import Literal

from procmine.errors import ProcmineError

Harm = Literal["unusable", "lost", "doubtful"]
"""`unusable`: there is no log until it is right; `lost`: rows or steps that are not in it; `doubtful`: what is in it
may not be as it happened."""


@dataclass(frozen=True)
class Problem:
    """What is wrong in one place of a study, and what would be right."""

    harm: Harm
    place: str
    """The file, with the key or row where there is one; an export; or the study's name."""
    found: str
    expected: str | None = None

    def __str__(self) -> str:
        return str(ProcmineError(self.found, where=self.place, expected=self.expected))


def unusable(error: ProcmineError, *, place: str) -> Problem:
    """The problem that an error tells; `place` is where, if the error does not say."""
    return Problem("unusable", error.where or place, error.found, error.expected)
