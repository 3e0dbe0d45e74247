"""The words in which a flow is described that has two states, before its redesign and after."""

from dataclasses import dataclass
from typing import TypeVar

from procmine.simulate.flow import Task
from procmine.simulate.span import Span

Either = TypeVar("Either")


@dataclass(frozen=True)
class State:
    """One of the two states, and how widely its delays and its works scatter: the `spread` of their spans."""

    redesigned: bool
    delays: float
    works: float

    def of(self, before: Either, after: Either) -> Either:
        """What holds in this state of the two."""
        return after if self.redesigned else before

    def step(
        self,
        name: str,
        department: str,
        system: str,
        following: str = "",
        *,
        delay: float | tuple[float, float],
        work: float | tuple[float, float],
        checkpoint: bool = False,
    ) -> Task:
        """A step with the median hours of its delay and of its work; of two, those before and after."""
        delayed, worked = (self.of(*hours) if isinstance(hours, tuple) else hours for hours in (delay, work))
        spans = Span(delayed, self.delays), Span(worked, self.works)
        return Task(name, department, system, *spans, following, checkpoint)
