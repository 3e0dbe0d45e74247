"""Measures: a function from log to table each. May use `schema` and ibis, and not one another."""

from procmine.measure.directly_follows import follows
from procmine.measure.handover import handoffs
from procmine.measure.ongoing import board
from procmine.measure.orders import cases
from procmine.measure.repetition import rework, rework_events
from procmine.measure.sequences import variants

__all__ = ["board", "cases", "follows", "handoffs", "rework", "rework_events", "variants"]
