"""The words in which an order flow is described: steps, decisions, departments and their people, what orders are.

A flow is data: `play` walks it and `flow_bpmn` draws it. A redesigned flow has two states, before and after, each a
`Flow`. Its nodes stand in the order in which they are drawn, left to right.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar, cast

from procmine.simulate.faults import Fault
from procmine.simulate.hours import Week
from procmine.simulate.span import Span


@dataclass(frozen=True)
class Start:
    """Where orders come in."""

    name: str
    department: str
    next: str


@dataclass(frozen=True)
class Task:
    """A step: who owns it, the system that records it, how long an order is on its way to it, how long it takes.

    `delay` passes in the department's working time before anybody there can begin: the order is on its way, or lies
    unnoticed. What an order waits beyond that is for the people of the department.
    """

    name: str
    department: str
    system: str
    delay: Span
    work: Span
    next: str = ""
    """The node that follows; empty for a step that the designed flow does not know."""
    checkpoint: bool = False


@dataclass(frozen=True)
class Branch:
    """One way on from a decision. `share` is its weight, `shares` its weight for the values named of an attribute."""

    label: str
    to: str
    share: float
    shares: Mapping[str, float] | None = None

    def weight(self, value: str) -> float:
        """The branch's weight for orders with `value` in the attribute that the decision goes by."""
        return self.share if self.shares is None else self.shares.get(value, self.share)


@dataclass(frozen=True)
class Decision:
    """A point where orders part; the first branch is the way on to the order's goal."""

    name: str
    department: str
    branches: tuple[Branch, ...]
    by: str | None = None
    """The attribute of orders that the branches' `shares` go by, where they have any."""

    def weights(self, attributes: Mapping[str, str]) -> list[float]:
        """The weight of each branch for an order with `attributes`."""
        value = "" if self.by is None else attributes[self.by]
        return [branch.weight(value) for branch in self.branches]


@dataclass(frozen=True)
class Merge:
    """A point where ways come together again."""

    department: str
    next: str


@dataclass(frozen=True)
class End:
    """Where orders are over."""

    name: str
    department: str


Some = TypeVar("Some", bound=Fault)
Node = Start | Task | Decision | Merge | End


@dataclass(frozen=True, kw_only=True)
class Department:
    """A department: its hours, the shifts in which its people keep them, and how many people it has.

    It has as many as keep them busy for the share `busy` of their time with all orders that come, but no fewer than
    `least`; so a flow meets the same queues with few orders as with many. Without hours it is a machine: always there,
    never busy. Without shifts all its people keep its hours.
    """

    hours: Week | None = None
    shifts: tuple[Week, ...] = ()
    busy: float = 0.6
    least: int = 2


@dataclass(frozen=True, kw_only=True)
class Orders:
    """What orders are like: the share of each value of each attribute, and when they come in."""

    attributes: Mapping[str, Mapping[str, float]]
    hours: Week
    patience: tuple[str, Mapping[str, float]] = ("tier", {})
    """An attribute, and by its value the factor on every delay."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One state of an order flow: the designed way, the steps outside it, its faults, orders, and departments."""

    name: str
    title: str
    nodes: Mapping[str, Node]
    extra: Mapping[str, Task]
    """Steps that only faults lead to."""
    faults: tuple[Fault, ...]
    orders: Orders
    departments: Mapping[str, Department]
    """In the order of their lanes."""

    @cached_property
    def tasks(self) -> dict[str, Task]:
        """The steps, designed and other, by their ids."""
        return {**{key: node for key, node in self.nodes.items() if isinstance(node, Task)}, **self.extra}

    def faults_at(self, kind: type[Some], place: str) -> tuple[Some, ...]:
        """The faults of a kind that act at a place."""
        return cast(tuple[Some, ...], self._planted.get((kind, place), ()))

    @cached_property
    def _planted(self) -> dict[tuple[type[Fault], str], tuple[Fault, ...]]:
        planted: dict[tuple[type[Fault], str], tuple[Fault, ...]] = {}
        for fault in self.faults:
            key = type(fault), fault.at
            planted[key] = (*planted.get(key, ()), fault)
        return planted

    @cached_property
    def lanes(self) -> list[str]:
        """The departments that own a node of the designed flow, in the order of their lanes."""
        owners = {node.department for node in self.nodes.values()}
        return [department for department in self.departments if department in owners]

    @cached_property
    def start(self) -> str:
        """The id of the start."""
        return next(key for key, node in self.nodes.items() if isinstance(node, Start))

    @cached_property
    def arcs(self) -> list[tuple[str, str, str]]:
        """The designed arcs: from, to, and the label of the branch, empty where there is no choice."""
        found = []
        for key, node in self.nodes.items():
            if isinstance(node, Decision):
                found += [(key, branch.to, branch.label) for branch in node.branches]
            elif not isinstance(node, End):
                found.append((key, node.next, ""))
        return found

    @cached_property
    def visits(self) -> dict[str, float]:
        """How often an order comes to each node of the designed flow, on average."""
        shares: dict[str, list[tuple[str, float]]] = {}
        for key, node in self.nodes.items():
            if isinstance(node, Decision):
                weights = self._mean_weights(node)
                shares[key] = [(branch.to, w / sum(weights)) for branch, w in zip(node.branches, weights, strict=True)]
            elif not isinstance(node, End):
                shares[key] = [(node.next, 1.0)]
        total, wave = defaultdict(float, {self.start: 1.0}), {self.start: 1.0}
        while sum(wave.values()) > 1e-6:
            following: dict[str, float] = defaultdict(float)
            for key, mass in wave.items():
                for to, share in shares.get(key, []):
                    following[to] += mass * share
                    total[to] += mass * share
            wave = following
        return dict(total)

    def load(self, department: str) -> float:
        """The hours of work that an order brings the department, on average, faults aside."""
        steps = ((key, task) for key, task in self.tasks.items() if task.department == department)
        return sum(self.visits.get(key, 0.0) * task.work.mean for key, task in steps)

    def _mean_weights(self, decision: Decision) -> list[float]:
        """The weight of each branch over all orders."""
        values = {"": 1.0} if decision.by is None else self.orders.attributes[decision.by]
        return [sum(share * branch.weight(value) for value, share in values.items()) for branch in decision.branches]
