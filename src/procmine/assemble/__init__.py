"""Exports become one stored log. May use `exchange` and what is below it."""

from procmine.assemble.build import build

__all__ = ["build"]
