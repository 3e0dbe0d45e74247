import datetime as dt
from collections import Counter
from dataclasses import replace

import pytest

from procmine.simulate.enterprise_activation import FLOW
from procmine.simulate.enterprise_activation.described import ADC, LINE, MAS
from procmine.simulate.flow import Flow
from procmine.simulate.play import Event, Order, draw_orders, play

SITE = ["survey_site", "check_resources", "allocate_resources", "install"]
BEFORE = [
    "find_need",
    "analyse_need",
    "design_solution",
    "review_project",
    "run_trial",
    "agree_contract",
    "accept_order",
]
AFTER = ["configure_gateway", "test_service", "activate_service", "open_billing", "confirm_service", "archive_order"]


def certain(*names: str) -> Flow:
    """The flow in which the named faults befall every order, the others none, and each decision goes the first way."""
    faults = tuple(replace(fault, strength=float(fault.name in names)) for fault in FLOW.faults)
    nodes = dict(FLOW.nodes)
    for key, node in nodes.items():
        if key != "site" and hasattr(node, "branches"):
            best, *others = node.branches
            never = [replace(branch, share=0.0, shares=None) for branch in others]
            nodes[key] = replace(node, branches=(replace(best, share=1.0, shares=None), *never))
    return replace(FLOW, faults=faults, nodes=nodes)


def order(product: str = LINE, tier: str = "silver", number: int = 1) -> Order:
    return Order(number, dt.datetime(2025, 3, 3, 9, 0), tier, product, "East")


def steps(events: list[Event]) -> list[str]:
    return [event.task for event in events]


def marks(events: list[Event]) -> dict[str, str]:
    return {event.task: ";".join(event.faults) for event in events if event.faults}


def test_the_designed_way() -> None:
    assert steps(play(order(), certain(), seed=1)) == BEFORE + SITE + AFTER
    assert steps(play(order(ADC), certain(), seed=1)) == BEFORE + AFTER


def test_skipped_step_takes_the_good_branch_of_the_decision_after_it() -> None:
    events = play(order(), certain("skipped test"), seed=1)
    assert steps(events) == BEFORE + SITE + ["configure_gateway"] + AFTER[2:]
    assert marks(events) == {"activate_service": "skipped test"}


def test_hosted_box_befalls_boxes_only() -> None:
    hosted = play(order(MAS), certain("hosted box"), seed=1)
    assert "install" not in steps(hosted)
    assert marks(hosted) == {"configure_gateway": "hosted box"}
    assert "install" in steps(play(order(LINE), certain("hosted box"), seed=1))


def test_sent_back_once_over_the_steps_that_mend_it() -> None:
    events = play(order(), certain("missing data"), seed=1)
    back = ["return_order", "complete_data", "accept_order"]
    assert steps(events) == BEFORE + back + SITE + AFTER
    assert marks(events) == {"return_order": "missing data"}
    assert {event.task: event.reason for event in events if event.reason}.keys() == {"return_order"}


def test_loop_without_steps_between_notes_its_reason_where_the_order_turned() -> None:
    events = play(order(), certain("allocation loop"), seed=1)
    assert steps(events) == BEFORE + SITE[:3] + SITE + AFTER
    turned, again = events[9], events[10]
    assert (turned.task, turned.reason[0]) == ("allocate_resources", "R")
    assert (again.task, again.faults) == ("survey_site", ("allocation loop",))


def test_early_step_is_not_done_again_at_its_place() -> None:
    events = play(order(), certain("early billing"), seed=1)
    assert steps(events)[-6:] == [
        "configure_gateway",
        "open_billing",
        "test_service",
        "activate_service",
        "confirm_service",
        "archive_order",
    ]
    assert marks(events) == {"open_billing": "early billing"}


def test_two_faults_at_once() -> None:
    events = play(order(MAS), certain("hosted box", "early billing", "missing data"), seed=1)
    assert marks(events) == {
        "return_order": "missing data",
        "configure_gateway": "hosted box",
        "open_billing": "early billing",
    }


def test_stalled_step_waits_longer_and_nothing_before_it_changes() -> None:
    plain, stalled = (play(order(), certain(*names), seed=1) for names in ((), ("stalled review",)))
    assert stalled[:3] == plain[:3]
    assert stalled[3].start - plain[3].start > dt.timedelta(days=5)
    assert marks(stalled) == {"review_project": "stalled review"}


def test_the_review_is_held_on_thursdays() -> None:
    reviews = [event for one in range(40) for event in play(order(number=one), FLOW, seed=1) if "review" in event.task]
    assert {event.start.weekday() for event in reviews} == {3}


def test_a_stronger_fault_changes_only_the_orders_that_it_befalls() -> None:
    stronger = replace(
        FLOW, faults=tuple(replace(f, strength=0.5) if f.name == "missing data" else f for f in FLOW.faults)
    )
    changed = 0
    for one in draw_orders(FLOW, orders=120, seed=3):
        before, after = play(one, FLOW, seed=3), play(one, stronger, seed=3)
        newly = any("missing data" in event.faults for event in after)
        assert before == after or newly
        changed += before != after
    assert 20 < changed < 70


def test_times_go_forward_inside_the_hours_of_whoever_works() -> None:
    for one in draw_orders(FLOW, orders=60, seed=5):
        events = play(one, FLOW, seed=5)
        moments = [moment for event in events for moment in (event.start, event.completed)]
        assert moments == sorted(moments)
        assert len({event.completed for event in events}) == len(events)
        assert all(event.completed <= FLOW.window[1] for event in events)
        for event in events:
            hours = FLOW.hours[FLOW.tasks[event.task].department]
            assert hours.is_open(event.start), event
            assert hours.is_open(event.completed), event
            assert event.performer in FLOW.staff[FLOW.tasks[event.task].department]


def test_better_tiers_wait_less() -> None:
    ends = {
        tier: [play(order(tier=tier, number=n), certain(), seed=2)[-1].completed for n in range(30)]
        for tier in FLOW.mix.tiers
    }
    gold, silver, bronze = (sorted(ends[tier])[15] for tier in ("gold", "silver", "bronze"))
    assert gold < silver < bronze


def test_orders_come_in_on_working_days_by_the_mix() -> None:
    orders = draw_orders(FLOW, orders=2000, seed=1)
    office = FLOW.hours["Account management"]
    assert [one.number for one in orders] == list(range(1, 2001))
    assert [one.created for one in orders] == sorted(one.created for one in orders)
    assert all(office.is_open(one.created) for one in orders)
    tiers = Counter(one.tier for one in orders)
    for tier, share in FLOW.mix.tiers.items():
        assert tiers[tier] / 2000 == pytest.approx(share, abs=0.04)
    rush = sum(one.created.date() in FLOW.rush for one in orders)
    assert 0.16 < rush / 2000 < 0.25  # 36 of some 250 days, 1.6 times as many orders each
