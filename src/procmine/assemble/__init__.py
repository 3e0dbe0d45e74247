"""Exports become one stored log. May use `engine`, `schema` and `errors`."""

from procmine.assemble.build import build
from procmine.assemble.mapping import StudyFile
from procmine.sequencing import resequence, sequence

__all__ = ["StudyFile", "build", "resequence", "sequence"]
