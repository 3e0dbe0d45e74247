"""Where the elements and arcs of a described flow stand in its diagram; all lengths in points of the diagram.

Elements stand left to right in the flow's own order, each in a column of its own and in its department's lane, so that
no two shapes overlap. An arc to the next column goes straight there. Any other leaves its element up or down in that
element's column and runs in the free strip under a lane, on a track of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from procmine.simulate.flow import Decision, End, Flow, Merge, Node, Start

Point = tuple[int, int]
Arc = tuple[str, str]

LEFT, TOP = 160, 80
HEADER = 30
"""Width of the pool's and of each lane's name, written upwards."""
GAP, BRANCH_GAP = 50, 100
"""Between two columns; after a decision there is room for the name of a branch."""
ABOVE, MIDDLE, BELOW = 58, 80, 36
"""A lane's strips: names and annotations, elements, arcs."""
LANE = ABOVE + MIDDLE + BELOW
TRACK = 9
TASK, GATEWAY, EVENT = (100, 80), (50, 50), (36, 36)


@dataclass(frozen=True)
class Box:
    """A rectangle."""

    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> Point:
        """Its centre."""
        return self.x + self.width // 2, self.y + self.height // 2

    @property
    def right(self) -> int:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """Its lower edge."""
        return self.y + self.height


@dataclass(frozen=True)
class Drawing:
    """The places of everything in the diagram of `flow`."""

    flow: Flow

    @cached_property
    def shapes(self) -> dict[str, Box]:
        """The box of each node."""
        boxes, x = {}, LEFT + 2 * HEADER + GAP
        for key, node in self.flow.nodes.items():
            width, height = _size(node)
            middle = TOP + self._lane(key) * LANE + ABOVE + MIDDLE // 2
            boxes[key] = Box(x, middle - height // 2, width, height)
            x += width + (BRANCH_GAP if isinstance(node, Decision) else GAP)
        return boxes

    @cached_property
    def pool(self) -> Box:
        """The pool around all lanes."""
        return Box(LEFT, TOP, max(box.right for box in self.shapes.values()) + GAP - LEFT, LANE * len(self._lanes))

    @cached_property
    def lanes(self) -> dict[str, Box]:
        """The band of each department."""
        x, width = LEFT + HEADER, self.pool.width - HEADER
        return {name: Box(x, TOP + place * LANE, width, LANE) for name, place in self._lanes.items()}

    @cached_property
    def routes(self) -> dict[Arc, list[Point]]:
        """The corners of each arc."""
        keys = list(self.flow.nodes)
        arcs = [(source, target) for source, target, _label in self.flow.arcs]
        far = [arc for arc in arcs if keys.index(arc[1]) != keys.index(arc[0]) + 1]
        tracks = self._tracks(far)
        return {arc: self._around(arc, tracks[arc]) if arc in tracks else self._straight(arc) for arc in arcs}

    def name_box(self, key: str) -> Box:
        """Where the name of an event or a gateway stands: under an event, over a gateway, clear of arcs that go up."""
        box = self.shapes[key]
        x, y = box.middle
        if not isinstance(self.flow.nodes[key], Decision):
            return Box(x - 45, box.bottom + 6, 90, 14)
        rises = any(route[1][1] < box.y for arc, route in self.routes.items() if arc[0] == key and route[0][1] == box.y)
        return Box(x - 95 if rises else x - 45, y - MIDDLE // 2 - 32, 90, 28)

    def branch_box(self, arc: Arc) -> Box:
        """Where the name of a branch stands: beside the beginning of its arc."""
        x, y = self.routes[arc][0]
        box = self.shapes[arc[0]]
        if x == box.right:
            return Box(x + 2, y - 18, BRANCH_GAP - GAP // 2 - 5, 14)
        return Box(x + 4, y + 4 if y == box.bottom else y - 18, 80, 14)

    def note_box(self, key: str) -> Box:
        """Where the annotation of a task stands: over it."""
        box = self.shapes[key]
        return Box(box.x + 5, box.y - 46, 90, 28)

    @cached_property
    def _lanes(self) -> Mapping[str, int]:
        return {name: place for place, name in enumerate(self.flow.lanes)}

    def _lane(self, key: str) -> int:
        return self._lanes[self.flow.nodes[key].department]

    def _tracks(self, arcs: list[Arc]) -> dict[Arc, int]:
        """For each arc the height of its run: two that share a strip and a stretch of it get different tracks."""
        taken: dict[tuple[int, int], list[tuple[int, int]]] = {}
        heights = {}
        for arc in sorted(arcs, key=lambda arc: abs(self._columns(arc)[1] - self._columns(arc)[0])):
            lane = min(self._lane(arc[0]), self._lane(arc[1]))
            first, last = sorted(self._columns(arc))
            track = 0
            while any(first <= end and begin <= last for begin, end in taken.get((lane, track), [])):
                track += 1
            taken.setdefault((lane, track), []).append((first, last))
            heights[arc] = TOP + (lane + 1) * LANE - BELOW + TRACK * (track + 1)
        return heights

    def _columns(self, arc: Arc) -> tuple[int, int]:
        return self.shapes[arc[0]].middle[0], self.shapes[arc[1]].middle[0]

    def _around(self, arc: Arc, height: int) -> list[Point]:
        (source, target), (from_x, to_x) = (self.shapes[arc[0]], self.shapes[arc[1]]), self._columns(arc)
        begin = source.bottom if height > source.y else source.y
        end = target.bottom if height > target.y else target.y
        return [(from_x, begin), (from_x, height), (to_x, height), (to_x, end)]

    def _straight(self, arc: Arc) -> list[Point]:
        source, target = self.shapes[arc[0]], self.shapes[arc[1]]
        begin, end = (source.right, source.middle[1]), (target.x, target.middle[1])
        if begin[1] == end[1]:
            return [begin, end]
        turn = target.x - GAP // 2
        return [begin, (turn, begin[1]), (turn, end[1]), end]


def _size(node: Node) -> Point:
    if isinstance(node, Start | End):
        return EVENT
    return GATEWAY if isinstance(node, Decision | Merge) else TASK
