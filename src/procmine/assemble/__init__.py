"""Exports become one stored log. May use `exchange` and what is below it."""

from procmine.assemble.stored import stored_log

__all__ = ["stored_log"]
