"""Walk through the markings that a net can reach."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence

State = frozenset[tuple[str, int]]
Change = tuple[Mapping[str, int], Mapping[str, int]]
"""What a transition takes and gives, by place."""


def reachable(initial: Mapping[str, int], changes: Sequence[Change], *, most: int) -> list[Counter[str]] | None:
    """The markings that can be reached from `initial`, or none where there are more than `most`."""
    begin = Counter(initial)
    seen: dict[State, Counter[str]] = {frozenset(begin.items()): begin}
    ahead = deque([begin])
    while ahead:
        marking = ahead.popleft()
        for takes, gives in changes:
            if not enabled(marking, takes):
                continue
            new = fired(marking, takes, gives)
            state = frozenset(new.items())
            if state not in seen:
                if len(seen) == most:
                    return None
                seen[state] = new
                ahead.append(new)
    return list(seen.values())


def enabled(marking: Mapping[str, int], takes: Mapping[str, int]) -> bool:
    """Whether `marking` holds what a transition takes."""
    return all(marking.get(place, 0) >= count for place, count in takes.items())


def fired(marking: Mapping[str, int], takes: Mapping[str, int], gives: Mapping[str, int]) -> Counter[str]:
    """`marking` after a transition took and gave; places without token are left out."""
    new = Counter(marking)
    new.subtract(takes)
    new.update(gives)
    return +new


def outside(marking: Mapping[str, int], places: Iterable[str], taken: Mapping[str, int]) -> int:
    """How many tokens are in `places` besides those `taken`."""
    return sum(marking.get(place, 0) - taken.get(place, 0) for place in places)
