from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procmine.show.direction import ranks, returning
from procmine.show.fold import arcs_of, fold, traversals

# 10 orders: 6 go X Y Z, 3 go X Z, 1 goes X W Z.
# Arcs: start X 10, Z end 10, X Y 6, Y Z 6, X Z 3, X W 1, W Z 1.
THREE = [(("X", "Y", "Z"), 6), (("X", "Z"), 3), (("X", "W", "Z"), 1)]


@pytest.mark.parametrize(
    ("coverage", "hidden", "folded"),
    [
        (0.0, 0.4, {("X", "Z"), ("X", "W"), ("W", "Z")}),
        (0.6, 0.4, {("X", "Z"), ("X", "W"), ("W", "Z")}),
        (0.61, 0.1, {("X", "W"), ("W", "Z")}),
        (0.9, 0.1, {("X", "W"), ("W", "Z")}),
        (0.91, 0.0, set()),
        (1.0, 0.0, set()),
    ],
)
def test_the_fewest_arcs_that_show_enough_orders_whole(coverage, hidden, folded):
    folding = fold(THREE, coverage=coverage, most_arcs=99)
    assert folding.hidden_share == pytest.approx(hidden)
    assert set(folding.folded) == folded
    assert len(folding.shown) + len(folding.folded) == 7


def test_the_most_frequent_way_is_shown_even_beyond_the_most_arcs():
    folding = fold(THREE, coverage=1.0, most_arcs=1)
    assert set(folding.shown) == set(arcs_of("XYZ"))
    assert folding.hidden_share == pytest.approx(0.4)


def test_a_frequent_arc_that_leads_nowhere_is_folded():
    # A to Q is as frequent as anything, but every way on from Q is rare.
    variants = [(("A", "B"), 50), *((("A", "Q", f"q{n}"), 5) for n in range(10))]
    folding = fold(variants, coverage=0.5, most_arcs=99)
    assert ("A", "Q") in folding.folded
    assert folding.hidden_share == pytest.approx(0.5)


def test_a_step_back_is_one_to_an_activity_that_came_before_its_source():
    # B C B C D: C to B goes back once; B to C goes forward, both times.
    taken, back = traversals([(tuple("ABCBCD"), 2), (tuple("AD"), 1)])
    assert taken == {
        (None, "A"): 3,
        ("A", "B"): 2,
        ("B", "C"): 4,
        ("C", "B"): 2,
        ("C", "D"): 2,
        ("D", None): 3,
        ("A", "D"): 1,
    }
    assert +back == {("C", "B"): 2}


sequences = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=8).map(tuple)
logs = st.dictionaries(sequences, st.integers(1, 50), min_size=1, max_size=12).map(lambda log: list(log.items()))


@given(logs, st.floats(0, 1), st.integers(1, 60))
def test_every_activity_shown_is_on_a_way_from_start_to_end(log, coverage, most_arcs):
    folding = fold(log, coverage=coverage, most_arcs=most_arcs)
    shown = set(folding.shown)
    ahead, behind = {None}, {None}
    for _ in shown:
        ahead |= {target for source, target in shown if source in ahead and (source or target)}
        behind |= {source for source, target in shown if target in behind}
    assert {name for arc in shown for name in arc} <= ahead & behind
    hidden = sum(number for names, number in log if not set(arcs_of(names)) <= shown)
    assert folding.hidden_share == pytest.approx(hidden / sum(number for _, number in log))


@given(logs, st.floats(0, 1))
def test_coverage_holds_where_the_arcs_are_not_capped(log, coverage):
    assert fold(log, coverage=coverage, most_arcs=999).hidden_share <= 1 - coverage + 1e-9


@given(logs)
def test_the_order_of_the_variants_changes_nothing_but_ties_of_the_main_way(log):
    one = fold(log, coverage=1.0, most_arcs=999)
    assert one == fold(log[::-1], coverage=1.0, most_arcs=999)
    assert one.folded == ()


def test_ranks_follow_the_heavier_flow():
    place = ranks({("s", "a"): 9, ("a", "b"): 9, ("b", "a"): 2, ("b", "b"): 5, ("b", "e"): 7})
    assert sorted(place, key=place.__getitem__) == ["s", "a", "b", "e"]


@given(st.dictionaries(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), st.integers(1, 9), min_size=1))
def test_every_node_has_a_place_of_its_own_and_a_flow_without_loops_goes_forward_only(flow):
    place = ranks(flow)
    assert sorted(place.values()) == list(range(len({node for arc in flow for node in arc})))
    forward = Counter({arc: number for arc, number in flow.items() if arc[0] < arc[1]})
    place = ranks(forward)
    assert all(place[source] < place[target] for source, target in forward)


def test_the_arcs_that_return_are_those_that_close_a_loop_seen_from_the_beginning():
    review = [("need", "merge"), ("merge", "design"), ("design", "review"), ("review", "merge"), ("review", "trial")]
    assert returning(review) == {("review", "merge")}
    assert returning(reversed(review)) == {("review", "merge")}
    assert returning([("a", "a"), ("a", "b"), ("a", "c"), ("b", "c")]) == {("a", "a")}
    assert returning([("a", "b"), ("b", "a")]) == {("b", "a")}
    assert returning([]) == set()


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6))))
def test_without_the_arcs_that_return_no_way_meets_itself(arcs):
    left = set(arcs) - returning(arcs)
    nodes = {node for arc in arcs for node in arc}
    while ends := nodes - {source for source, _ in left}:
        nodes -= ends
        left = {(source, target) for source, target in left if target not in ends}
    assert not nodes
