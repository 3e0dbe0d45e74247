"""Optimal alignments of variants with a net: what happened beside what the flow would have had.

Where the net has few markings, `ties` finds them at once; r4pm searches them where it has many.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from procmine.errors import FlowError
from procmine.mine.bridge import Variant
from procmine.mine.net import Net, Transition, to_r4pm, transition_id
from procmine.mine.ties import FAR, Move, Moves, Ties

NO_RUN = "no run of the flow reaches its end"
NO_RUN_ADVICE = "Look for a merge that waits for a branch never taken"
STANDARD_COST = {"log_move_cost": 1, "model_move_cost": 1, "silent_move_cost": 0, "sync_move_cost": 0}


@dataclass(frozen=True)
class Alignment:
    """One cheapest alignment: how many of its moves do not agree, and its moves but the silent ones."""

    cost: int
    moves: tuple[Move, ...]
    run: tuple[Transition, ...]
    """What the net did, silent transitions included."""


def align(net: Net, variants: Sequence[Variant], *, max_states: int) -> dict[Variant, Alignment | None]:
    """An optimal alignment of each variant: a move in the log only or in the net only costs 1, a silent one nothing.

    None for a variant that needed more than `max_states` states of the search. Of several optimal alignments it is the
    one that `ties` prefers, the same in every process, unless the net has too many markings for that.
    """
    ordered = sorted(set(variants))
    ties = Ties.of(net) if ordered else None
    known = [] if ties is None else [one for one in ordered if _within(ties, one, max_states)]
    raw = _searched(net, sorted(set(ordered) - set(known)), max_states=max_states)
    solved = [variant for variant, moves in raw.items() if moves is not None]
    settled = {} if ties is None else dict(ties.alignments([*known, *solved]))
    found = {variant: settled.get(variant, raw.get(variant)) for variant in ordered}
    return {variant: None if moves is None else _alignment(moves) for variant, moves in found.items()}


def _within(ties: Ties, variant: Variant, max_states: int) -> bool:
    """Whether `ties` needs no search, and no search could have been given up."""
    return ties.last is not None and ties.states(variant) <= max_states and len(variant) + ties.size < FAR


def _searched(net: Net, variants: Sequence[Variant], *, max_states: int) -> dict[Variant, Moves | None]:
    """The moves that r4pm finds for each of `variants`; None where it gave up."""
    if not variants:
        return {}
    import polars as pl
    import r4pm

    events = [(number, place, name) for number, variant in enumerate(variants) for place, name in enumerate(variant)]
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
    step = {transition_id(number): transition for number, transition in enumerate(net.transitions)}
    return {tuple(one["activities"]): _moves(step, one["result"]) for one in found}


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


def _moves(step: Mapping[str, Transition], result: dict[str, Any]) -> Moves | None:
    """The moves as r4pm found them, of a net whose transitions are known to it by the keys of `step`."""
    if "Err" in result:
        if "LimitReached" in str(result["Err"]):
            return None
        raise FlowError(NO_RUN, expected=NO_RUN_ADVICE)
    entries = [fields for entry in result["Ok"]["moves"] for fields in entry.values()]
    return [Move(fields.get("trace_event_index"), step.get(fields.get("transition", ""))) for fields in entries]


def _alignment(found: Moves) -> Alignment:
    seen = [move for move in found if move.event is not None or (move.step and move.step.label is not None)]
    cost = sum(1 for move in seen if move.event is None or move.step is None)
    return Alignment(cost, tuple(seen), tuple(step for _event, step in found if step is not None))
