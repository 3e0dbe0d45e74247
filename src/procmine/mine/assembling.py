"""Put a net together from silent and labelled transitions, places that know their scope, and tests for emptiness."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from procmine.mine.net import Net, Region, Transition
from procmine.mine.states import enabled, outside, reachable

MOST_TOKENS = 200
"""What a counter may hold: r4pm takes at most 255 tokens in a place."""
MOST_STATES = 2_000
"""Up to how many markings a net is walked through, to leave out what can never happen or never decides anything."""


@dataclass
class _Draft:
    label: str | None
    takes: Counter[str]
    gives: Counter[str]
    node: str | None
    tests: str | None = None


@dataclass
class _Test:
    """The places that must be empty: all of a scope, or those in it between `gate` and `merge`."""

    scope: str
    merge: str | None = None
    gate: frozenset[str] = frozenset()


@dataclass
class Assembly:
    """A net in the making. A scope is the id of a process or subprocess; `parents` names the one around it."""

    initial: Counter[str] = field(default_factory=Counter)
    final: Counter[str] = field(default_factory=Counter)
    parents: dict[str, str | None] = field(default_factory=dict)
    _places: dict[str, str | None] = field(default_factory=dict)
    _drafts: dict[str, _Draft] = field(default_factory=dict)
    _tests: dict[str, _Test] = field(default_factory=dict)
    _emptied: list[tuple[str, str, tuple[str, ...]]] = field(default_factory=list)

    def place(self, name: str, scope: str | None) -> str:
        """The place `name` of `scope`, made where it is new."""
        self._places.setdefault(name, scope)
        return name

    def __contains__(self, place: str) -> bool:
        return place in self._places

    def move(self, takes: Iterable[str], gives: Iterable[str], *, node: str | None, label: str | None = None) -> str:
        """A transition, silent without `label`, that stands for the element `node`. Returns its name."""
        name = f"{len(self._drafts)}"
        self._drafts[name] = _Draft(label, Counter(takes), Counter(gives), node)
        return name

    def merge(self, place: str) -> None:
        """Two tokens in `place` may become one: what waits for the last of several tokens."""
        self.move([place, place], [place], node=None)

    def when_scope_is_empty(self, transition: str, scope: str) -> None:
        """`transition` only when no token is in `scope` but those that it takes."""
        self._tests[f"{scope} counter"] = _Test(scope)
        self._drafts[transition].tests = f"{scope} counter"

    def when_nothing_comes(self, transition: str, scope: str, gate: Iterable[str]) -> None:
        """`transition` only when no token of `scope` can reach it any more, without counting those before `gate`."""
        self._tests[f"{transition} counter"] = _Test(scope, transition, frozenset(gate))
        self._drafts[transition].tests = f"{transition} counter"

    def empty(self, scope: str, place: str, gives: Iterable[str]) -> None:
        """While a token is in `place`, those in `scope` are taken away; then it goes to `gives`."""
        self._emptied.append((scope, place, tuple(gives)))

    def leave_from_anywhere(self, scope: str, gives: Collection[str], node: str) -> None:
        """The one token of `scope`, wherever it is, may go to `gives`."""
        for place in self._within(scope):
            self.move([place], gives, node=node)

    def net(self) -> Net:
        """The net, with a counter for each set of places whose emptiness decides something."""
        for scope, place, gives in self._emptied:
            for inner in self._within(scope):
                self.move([inner, place], [place], node=None)
            self.when_scope_is_empty(self.move([place], gives, node=None), scope)
        states = reachable(self.initial, [(d.takes, d.gives) for d in self._drafts.values()], most=MOST_STATES)
        if states is not None:
            live = {n: d for n, d in self._drafts.items() if any(enabled(state, d.takes) for state in states)}
            self._drafts = live
        regions = []
        for counter, test in self._tests.items():
            inside = self._tested(test)
            testing = [draft for draft in self._drafts.values() if draft.tests == counter]
            if states is not None and not any(_holds_more(states, draft, inside) for draft in testing):
                continue
            region = Region(counter, inside, min(len(inside), MOST_TOKENS))
            regions.append(region)
            for draft in self._drafts.values():
                _count(draft, region)
            self.initial[counter] = self.final[counter] = region.size
        transitions = [
            Transition(name, draft.label, dict(draft.takes), dict(draft.gives), draft.node)
            for name, draft in self._drafts.items()
        ]
        used = {place for t in transitions for place in (*t.takes, *t.gives)} | set(self.initial) | set(self.final)
        places = [place for place in (*self._places, *self._tests) if place in used]
        return Net(tuple(places), tuple(transitions), dict(self.initial), dict(self.final), tuple(regions))

    def _within(self, scope: str) -> list[str]:
        return [place for place, own in self._places.items() if scope in self._around(own)]

    def _around(self, scope: str | None) -> list[str]:
        chain = []
        while scope is not None:
            chain.append(scope)
            scope = self.parents.get(scope)
        return chain

    def _tested(self, test: _Test) -> frozenset[str]:
        inside = frozenset(self._within(test.scope))
        if test.merge is None:
            return inside
        if test.merge not in self._drafts:
            return frozenset()
        found: set[str] = set()
        ahead = set(self._drafts[test.merge].takes)
        while ahead:
            found |= ahead
            feeding = [d for name, d in self._drafts.items() if name != test.merge and found & d.gives.keys()]
            ahead = {place for draft in feeding for place in draft.takes if place in inside} - found - test.gate
        return frozenset(found)


def _holds_more(states: list[Counter[str]], draft: _Draft, places: frozenset[str]) -> bool:
    """Whether `draft` could ever happen while there are tokens in `places` that it does not take."""
    return any(enabled(state, draft.takes) and outside(state, places, draft.takes) for state in states)


def _within(marking: Counter[str], places: frozenset[str]) -> int:
    return sum(weight for place, weight in marking.items() if place in places)


def _count(draft: _Draft, region: Region) -> None:
    taken, given = _within(draft.takes, region.places), _within(draft.gives, region.places)
    if draft.tests == region.counter:
        draft.takes[region.counter] += region.size - taken
        draft.gives[region.counter] += region.size - given
    elif given > taken:
        draft.takes[region.counter] += given - taken
    elif taken > given:
        draft.gives[region.counter] += taken - given
    draft.takes, draft.gives = +draft.takes, +draft.gives
