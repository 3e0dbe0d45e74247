"""Which department owns an element of a BPMN file: the innermost named lane that it lies in, else its pool."""

from collections.abc import Iterator
from typing import Any


def departments(root: Any) -> dict[str, str]:
    """The department of each flow element that has one, by the element's id.

    An element belongs to the innermost lane that lists it. Some editors draw lanes without listing their elements:
    there, it is the smallest lane whose shape holds the middle of the element's shape. What lies in a subprocess
    without lanes of its own belongs to the subprocess's department.
    """
    found: dict[str, str] = {}
    boxes = _boxes(root)
    pools = {pool.get("processRef").get("id"): _name(pool) for pool in _pools(root)}
    for process in root.get("rootElements") or []:
        if process.instance_of("bpmn:Process"):
            _own(process, pools.get(process.get("id")), boxes, found)
    return found


def _own(scope: Any, inherited: str | None, boxes: dict[str, tuple[float, ...]], found: dict[str, str]) -> None:
    lanes = list(_lanes(scope, inherited))
    listed = {e.get("id"): name for lane, name in lanes for e in lane.get("flowNodeRef") or [] if e and name}
    drawn = [(boxes[lane.get("id")], name) for lane, name in lanes if lane.get("id") in boxes and name]
    for element in scope.get("flowElements") or []:
        key = element.get("id")
        name = listed.get(key) or _around(boxes.get(key), drawn) or inherited
        if name:
            found[key] = name
        if element.instance_of("bpmn:SubProcess"):
            _own(element, name, boxes, found)


def _lanes(holder: Any, name: str | None, kind: str = "laneSets") -> Iterator[tuple[Any, str | None]]:
    """Every lane with its name (its parent's where it has none), outer before inner."""
    held = holder.get(kind) or []
    for lanes in held if isinstance(held, list) else [held]:
        for lane in lanes.get("lanes") or []:
            own = _name(lane) or name
            yield lane, own
            yield from _lanes(lane, own, "childLaneSet")


def _around(box: tuple[float, ...] | None, drawn: list[tuple[tuple[float, ...], str]]) -> str | None:
    if box is None:
        return None
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    holding = [(b[2] * b[3], name) for b, name in drawn if b[0] <= x <= b[0] + b[2] and b[1] <= y <= b[1] + b[3]]
    return min(holding, key=lambda held: held[0])[1] if holding else None


def _boxes(root: Any) -> dict[str, tuple[float, ...]]:
    """The x, y, width and height of every drawn element."""
    boxes = {}
    for diagram in root.get("diagrams") or []:
        plane = diagram.get("plane")
        for shape in (plane.get("planeElement") or []) if plane else []:
            bounds, element = shape.get("bounds"), shape.get("bpmnElement")
            if bounds and element:
                boxes[element.get("id")] = tuple(float(bounds.get(side) or 0) for side in ("x", "y", "width", "height"))
    return boxes


def _pools(root: Any) -> Iterator[Any]:
    for element in root.get("rootElements") or []:
        if element.instance_of("bpmn:Collaboration"):
            yield from (pool for pool in element.get("participants") or [] if pool.get("processRef"))


def _name(element: Any) -> str | None:
    return " ".join(str(element.get("name") or "").split()) or None
