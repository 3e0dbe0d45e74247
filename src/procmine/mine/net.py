"""A labelled Petri net as plain data: what alignments need, without the seconds that importing pm4py takes.

Places and transitions are named by strings and kept in a fixed order, so that equal files give equal nets, in every
process. A transition without label is silent: it is no step of an order.
"""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from procmine.errors import FlowError

Marking = Mapping[str, int]
"""How many tokens lie in each place; places left out hold none."""


@dataclass(frozen=True)
class Transition:
    """One transition: the tokens it takes and gives, by place."""

    name: str
    label: str | None
    takes: Marking
    gives: Marking
    node: str | None = None
    """The id of the diagram's element that it stands for."""


@dataclass(frozen=True)
class Region:
    """Places of which something must know that they are all empty: an inclusive merge, or the end of a subprocess.

    `counter` holds `size` tokens less those in `places`.
    """

    counter: str
    places: frozenset[str]
    size: int


@dataclass(frozen=True, eq=False)
class Net:
    """A net with the marking it starts from and the one it ends in."""

    places: tuple[str, ...]
    transitions: tuple[Transition, ...]
    initial: Marking
    final: Marking
    regions: tuple[Region, ...] = ()

    @property
    def labels(self) -> frozenset[str]:
        """The activities that the net knows."""
        return frozenset(t.label for t in self.transitions if t.label is not None)


def fused(net: Net) -> Net:
    """`net` without the silent transitions that only pass a token on: same runs, fewer states.

    A silent p → q goes where nothing else fills q (what takes from q then takes from p), or where nothing else
    empties p (what fills p then fills q).
    """
    fixed = set(net.initial) | set(net.final) | {region.counter for region in net.regions}
    kept = _telling(net.transitions)
    while (found := _passing(kept, fixed)) is not None:
        name, old, new = found
        kept = _telling(_renamed(t, old, new) for t in kept if t.name != name)
    used = {place for t in kept for place in (*t.takes, *t.gives)} | fixed
    regions = tuple(replace(region, places=region.places & used) for region in net.regions)
    return Net(tuple(place for place in net.places if place in used), kept, net.initial, net.final, regions)


def _passing(transitions: tuple[Transition, ...], fixed: set[str]) -> tuple[str, str, str] | None:
    """A silent transition that only passes a token on, the place to give up for it, and the one that takes its part."""
    fillers = Counter(place for t in transitions for place in t.gives)
    takers = Counter(place for t in transitions for place in t.takes)
    for t in transitions:
        if t.label is None and len(t.takes) == len(t.gives) == 1 and {*t.takes.values(), *t.gives.values()} == {1}:
            (before,), (after,) = t.takes, t.gives
            if fillers[after] == 1 and after not in fixed:
                return t.name, after, before
            if takers[before] == 1 and before not in fixed:
                return t.name, before, after
    return None


def _telling(transitions: Iterable[Transition]) -> tuple[Transition, ...]:
    """`transitions` without silent ones that change nothing, or do what another silent one does."""
    kept: dict[object, Transition] = {}
    for t in transitions:
        if t.label is not None:
            kept[t.name] = t
        elif t.takes != t.gives:
            kept.setdefault((frozenset(t.takes.items()), frozenset(t.gives.items())), t)
    return tuple(kept.values())


def _renamed(transition: Transition, old: str, new: str) -> Transition:
    if old not in transition.takes and old not in transition.gives:
        return transition
    takes, gives = Counter[str](), Counter[str]()
    for place, weight in transition.takes.items():
        takes[new if place == old else place] += weight
    for place, weight in transition.gives.items():
        gives[new if place == old else place] += weight
    return replace(transition, takes=dict(takes), gives=dict(gives))


def stoppable(net: Net) -> Net:
    """`net` that may stop after any step: its optimal alignments are the prefix alignments of `net`.

    Every step needs the token `running`. A silent transition turns it into `stopped`, for good; from then on any token
    left may be taken away, so that every place but `stopped` can be emptied.
    """
    running, stopped = "running", "stopped"
    steps = [
        t if t.label is None else replace(t, takes={**t.takes, running: 1}, gives={**t.gives, running: 1})
        for t in net.transitions
    ]
    counters = {region.counter: region.size for region in net.regions}
    stop = Transition("stop", None, {running: 1}, {stopped: 1})
    drains = [
        Transition(
            f"leave {place}",
            None,
            {place: 1, stopped: 1},
            {stopped: 1, **{region.counter: 1 for region in net.regions if place in region.places}},
        )
        for place in net.places
        if place not in counters
    ]
    return Net(
        (*net.places, running, stopped),
        (*steps, stop, *drains),
        {**net.initial, running: 1},
        {stopped: 1, **counters},
        net.regions,
    )


def to_r4pm(net: Net) -> dict[str, Any]:
    """`net` as r4pm takes it. Transition i has the id ``transition_id(i)``."""
    place = {name: _identifier(number, 1) for number, name in enumerate(net.places)}
    arcs = []
    for number, transition in enumerate(net.transitions):
        name = transition_id(number)
        for taken, weight in transition.takes.items():
            arcs.append({"from_to": {"type": "PlaceTransition", "nodes": [place[taken], name]}, "weight": weight})
        for given, weight in transition.gives.items():
            arcs.append({"from_to": {"type": "TransitionPlace", "nodes": [name, place[given]]}, "weight": weight})
    return {
        "places": {name: {"id": name} for name in place.values()},
        "transitions": {
            transition_id(number): {"id": transition_id(number), "label": transition.label}
            for number, transition in enumerate(net.transitions)
        },
        "arcs": arcs,
        "initial_marking": {place[name]: count for name, count in net.initial.items()},
        "final_markings": [{place[name]: count for name, count in net.final.items()}],
    }


def transition_id(number: int) -> str:
    """The id under which r4pm knows a net's transition: equal nets get equal ids."""
    return _identifier(number, 2)


def _identifier(number: int, kind: int) -> str:
    return str(uuid.UUID(int=(kind << 64) + number))


def to_pm4py(net: Net) -> tuple[Any, Any, Any]:
    """`net` as pm4py's net, initial marking and final marking."""
    from pm4py.objects.petri_net.obj import Marking as Pm4pyMarking
    from pm4py.objects.petri_net.obj import PetriNet
    from pm4py.objects.petri_net.utils.petri_utils import add_arc_from_to

    made = PetriNet("net")
    place = {name: PetriNet.Place(name) for name in net.places}
    made.places.update(place.values())
    for transition in net.transitions:
        own = PetriNet.Transition(transition.name, transition.label)
        made.transitions.add(own)
        for taken, weight in transition.takes.items():
            add_arc_from_to(place[taken], own, made, weight=weight)
        for given, weight in transition.gives.items():
            add_arc_from_to(own, place[given], made, weight=weight)
    markings = [
        Pm4pyMarking({place[name]: count for name, count in marking.items()}) for marking in (net.initial, net.final)
    ]
    return made, *markings


def from_pm4py(net: Any, initial: Any, final: Any) -> Net:
    """pm4py's net as `Net`, sorted by name; without a marking it begins at its only source, ends at its only sink."""
    places = tuple(sorted(place.name for place in net.places))
    if len(set(places)) < len(places):
        raise FlowError("two places have the same id", expected="Give every place its own id")
    transitions = tuple(
        Transition(
            t.name,
            t.label or None,
            {arc.source.name: arc.weight for arc in sorted(t.in_arcs, key=lambda arc: arc.source.name)},
            {arc.target.name: arc.weight for arc in sorted(t.out_arcs, key=lambda arc: arc.target.name)},
            node=t.name,
        )
        for t in sorted(net.transitions, key=lambda t: (t.name, t.label or ""))
    )
    sinks = [place.name for place in net.places if not place.out_arcs]
    sources = [place.name for place in net.places if not place.in_arcs]
    return Net(
        places,
        transitions,
        {p.name: count for p, count in initial.items()} or _only(sources, "initial marking", "nothing leads to"),
        {p.name: count for p, count in final.items()} or _only(sinks, "final marking", "nothing leads from"),
    )


def _only(places: list[str], marking: str, where: str) -> Marking:
    if len(places) != 1:
        raise FlowError(
            f"the net has no {marking}, and {len(places)} places that {where}",
            expected=f"Give the net a {marking}, or exactly one place that {where}",
        )
    return {places[0]: 1}
