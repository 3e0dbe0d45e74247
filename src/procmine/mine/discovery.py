"""Discover a model from a log."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, get_args

import pandas as pd
from ibis.expr.types import Table

from procmine.errors import LogError
from procmine.mine.blocks import drawn
from procmine.mine.bridge import Variant, variant_counts
from procmine.mine.checking import MAX_STATES
from procmine.mine.diagram import Edge, Node
from procmine.mine.flow import drawn_steps
from procmine.mine.net import Net, to_pm4py
from procmine.mine.quality import Quality, measured
from procmine.mine.translate import translate
from procmine.mine.xml import bpmn_xml

Method = Literal["inductive"]


@dataclass(frozen=True, eq=False)
class Model:
    """A model discovered from a log; it can be drawn, and orders checked against it, as a `Flow` can.

    `nodes` and `edges` are its BPMN diagram, `petri` the net of it, `steps` its tasks (id, activity, department: none,
    checkpoint: false). `method` and `noise` are what it was discovered with.
    """

    name: str
    method: Method
    noise: float
    steps: pd.DataFrame
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    petri: Net
    variants: Counter[Variant] = field(repr=False)
    """The variants that it was discovered from, with their number of orders."""

    @property
    def activities(self) -> tuple[str, ...]:
        """The activities that the model knows, sorted; noise may have taken some of the log's away."""
        return tuple(sorted(self.petri.labels))

    @property
    def net(self) -> tuple[Any, Any, Any]:
        """The net as pm4py has it: net, initial marking, final marking."""
        return to_pm4py(self.petri)

    @property
    def bpmn(self) -> str:
        """The model as a BPMN 2.0 file, laid out, for any editor."""
        return bpmn_xml(self.name, self.nodes, self.edges)

    @cached_property
    def quality(self) -> Quality:
        """How well it stands for the log that it was discovered from; computed when first asked for."""
        return measured(self.petri, self.variants, max_states=MAX_STATES)


def discover(log: Table, method: Method = "inductive", *, noise: float = 0.2) -> Model:
    """What flow do the orders really follow?

    Definition: the inductive miner, infrequent: at every level of the log, follows relations rarer than `noise` times
    the most frequent one of the same activity are left out before it is cut into blocks. With `noise` 0 every order
    fits the model. Open orders count with what they did so far.

    Reads: case_id, activity, position; only the variants and their counts are handed to pm4py.

    Errors: `LogError` for an empty log, an unknown method, or a noise that is not 0…1.

    Source: Leemans, Fahland, van der Aalst, Discovering block-structured process models from event logs containing
    infrequent behaviour, BPM workshops (2013).
    """
    if method not in get_args(Method):
        raise LogError(f"no method {method!r}", where="method", expected=f"One of {', '.join(get_args(Method))}")
    if not 0 <= noise <= 1:
        raise LogError(f"{noise!r} is no noise", where="noise", expected="A number from 0 (all orders fit) to 1")
    variants = variant_counts(log)
    diagram = drawn(_inductive(variants, noise), "Discovered flow")
    net = translate(diagram)
    return Model(diagram.name, method, noise, drawn_steps(diagram, net), diagram.nodes, diagram.edges, net, variants)


def _inductive(variants: Counter[Variant], noise: float) -> Any:
    """pm4py's process tree. Activities are numbers until it is found: pm4py walks through sets of them, and those have
    the same order in every process for numbers, but not for strings.
    """
    from pm4py.algo.discovery.inductive.dtypes.im_ds import IMDataStructureUVCL
    from pm4py.algo.discovery.inductive.variants.imf import IMFUVCL
    from pm4py.objects.process_tree.utils.generic import fold, tree_sort

    parameters = {"noise_threshold": noise, "multiprocessing": False}
    names = sorted({name for variant in variants for name in variant})
    number = {name: place for place, name in enumerate(names)}
    counted = Counter({tuple(number[name] for name in variant): variants[variant] for variant in sorted(variants)})
    tree = IMFUVCL(parameters).apply(IMDataStructureUVCL(counted), parameters)
    _name_leaves(tree, names)
    folded = fold(tree)
    tree_sort(folded)
    return folded


def _name_leaves(tree: Any, names: Sequence[str]) -> None:
    if tree.label is not None:
        tree.label = names[tree.label]
    for child in tree.children:
        _name_leaves(child, names)
