"""What a reader of the log should know of its data. May use what is beside it in `assemble`, but not `build`."""

from procmine.assemble.findings.all_checks import data_quality

__all__ = ["data_quality"]
