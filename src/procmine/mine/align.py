"""Optimal alignments of variants with a net, by r4pm: what happened beside what the flow would have had."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from procmine.errors import FlowError
from procmine.mine.bridge import Variant
from procmine.mine.net import Net, Transition, to_r4pm, transition_id
from procmine.mine.ties import Moves, Ties

NO_RUN = "no run of the flow reaches its end"
NO_RUN_ADVICE = "Look for a merge that waits for a branch never taken"
STANDARD_COST = {"log_move_cost": 1, "model_move_cost": 1, "silent_move_cost": 0, "sync_move_cost": 0}


@dataclass(frozen=True)
class Move:
    """One move of an alignment that is not silent.

    `event` is the index of the event in the variant, None for a step that only the flow has; `step` the flow's
    transition, None for an event that only the log has. Both where they agree.
    """

    event: int | None
    step: Transition | None


@dataclass(frozen=True)
class Alignment:
    """One cheapest alignment: how many of its moves do not agree, and its moves."""

    cost: int
    moves: tuple[Move, ...]
    run: tuple[Transition, ...]
    """What the net did, silent transitions included."""


def align(net: Net, variants: Sequence[Variant], *, max_states: int) -> dict[Variant, Alignment | None]:
    """An optimal alignment of each variant: a move in the log only or in the net only costs 1, a silent one nothing.

    None for a variant that needed more than `max_states` states of the search. Of several optimal alignments it is the
    one that `ties` prefers, the same in every process, unless the net has too many markings for that.
    """
    import polars as pl
    import r4pm

    ordered = sorted(set(variants))
    if not ordered:
        return {}
    events = [(number, place, name) for number, variant in enumerate(ordered) for place, name in enumerate(variant)]
    frame = pl.DataFrame(
        {
            "case:concept:name": [str(number) for number, _, _ in events],
            "concept:name": [name for _, _, name in events],
            "time:timestamp": pl.Series([place for _, place, _ in events]).cast(pl.Datetime("us", "UTC")),
        }
    )
    log = r4pm.import_item_from_df("EventLog", frame)
    projection = r4pm.bindings.log_to_activity_projection(log)
    try:
        found = r4pm.bindings.align_variants(
            net=cast(Any, to_r4pm(net)), projection=projection, options=_options(max_states)
        )
    finally:
        r4pm.remove_item(projection)
        r4pm.remove_item(log)
    raw = {tuple(one["activities"]): _moves(net, one["result"]) for one in found}
    solved = [variant for variant, moves in raw.items() if moves is not None]
    ties = Ties.of(net) if solved else None
    settled = dict(ties.alignments(solved)) if ties is not None else {}
    return {
        variant: None if moves is None else _alignment(settled.get(variant, moves)) for variant, moves in raw.items()
    }


def cheapest_run(net: Net, *, max_states: int) -> int:
    """How many steps the shortest run of `net` from beginning to end has; a `FlowError` where none reaches the end."""
    import r4pm

    try:
        return int(r4pm.bindings.align_empty_trace(cast(Any, to_r4pm(net)), _options(max_states))["cost"])
    except TypeError as error:  # r4pm's word for a failed call
        if "LimitReached" in str(error):
            raise FlowError(
                f"the shortest way through the flow was not found within {max_states:,} states",
                expected="Raise max_states, or simplify the flow",
            ) from error
        raise FlowError(NO_RUN, expected=NO_RUN_ADVICE) from error


def _options(max_states: int) -> Any:
    return {"max_states": max_states, "cost_fn": STANDARD_COST}


def _moves(net: Net, result: dict[str, Any]) -> Moves | None:
    """The moves as r4pm found them; None where it gave up."""
    if "Err" in result:
        if "LimitReached" in str(result["Err"]):
            return None
        raise FlowError(NO_RUN, expected=NO_RUN_ADVICE)
    step = {transition_id(number): transition for number, transition in enumerate(net.transitions)}
    entries = [fields for entry in result["Ok"]["moves"] for fields in entry.values()]
    return [(fields.get("trace_event_index"), step.get(fields.get("transition", ""))) for fields in entries]


def _alignment(found: Moves) -> Alignment:
    seen = [Move(event, step) for event, step in found if event is not None or (step and step.label is not None)]
    cost = sum(1 for move in seen if move.event is None or move.step is None)
    return Alignment(cost, tuple(seen), tuple(step for _event, step in found if step is not None))
