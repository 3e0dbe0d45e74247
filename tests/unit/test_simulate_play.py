"""What orders do when the faults of the described flow are switched on one by one."""

import datetime as dt
import itertools
from collections import Counter
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from procmine.simulate import converged_broadband, sim_card_supply
from procmine.simulate.enterprise_activation import DESCRIBED
from procmine.simulate.enterprise_activation.steps import ADC, ENGINEERING, LINE, MAS, NETWORK, NOC
from procmine.simulate.flow import Decision, Flow
from procmine.simulate.happened import Event, Run
from procmine.simulate.hours import DAY, HOUR, Calendar, china
from procmine.simulate.people import hire
from procmine.simulate.play import play
from procmine.simulate.truth import Waits
from procmine.simulate.writing import planted

YEAR = Calendar(china(dt.date(2025, 1, 1), 365), dt.date(2025, 1, 1), 365)
PRE_SALE = [
    "find_need",
    "analyse_need",
    "design_solution",
    "review_project",
    "run_trial",
    "agree_contract",
    "accept_order",
]
SITE = ["survey_site", "check_resources", "allocate_resources", "install"]
SETUP = ["configure_gateway", "test_service", "activate_service", "open_billing", "confirm_service", "archive_order"]
BEFORE = [*PRE_SALE, "dispatch_order"]


def certain(product: str, **faults: float) -> Flow:
    """The flow before the redesign with orders of one product, each decision going the first way, and these faults."""
    named = {name.replace("_", "-"): strength for name, strength in faults.items()}
    flow = planted(DESCRIBED.before, named)
    nodes = dict(flow.nodes)
    for key, node in nodes.items():
        if key != "site" and isinstance(node, Decision):
            best, *others = node.branches
            never = [replace(branch, share=0.0, shares=None) for branch in others]
            nodes[key] = replace(node, branches=(replace(best, share=1.0, shares=None), *never))
    attributes = {**flow.orders.attributes, "product": {product: 1.0}}
    return replace(flow, nodes=nodes, orders=replace(flow.orders, attributes=attributes))


def played(flow: Flow, *, orders: int = 1, days: int = 60, seed: str = "1", **more: Any) -> Run:
    return play(flow, YEAR, orders=orders, first=60 * DAY, last=(60 + days) * DAY, seed=seed, **more)


def steps(run: Run) -> list[str]:
    return [event.task for event in run.events]


def marks(run: Run) -> dict[str, str]:
    return {event.task: ";".join(event.faults) for event in run.events if event.faults}


def test_the_designed_way() -> None:
    assert steps(played(certain(LINE))) == BEFORE + SITE + SETUP
    assert steps(played(certain(ADC))) == BEFORE + SETUP


def test_skipped_step_takes_the_good_branch_of_the_decision_after_it() -> None:
    run = played(certain(LINE, skipped_checkpoint=1))
    assert steps(run) == BEFORE + SITE + ["configure_gateway"] + SETUP[2:]
    assert marks(run) == {"activate_service": "skipped-checkpoint"}


def test_hosted_box_befalls_boxes_only() -> None:
    run = played(certain(MAS, hosted_box=1))
    assert steps(run) == BEFORE + SITE[:3] + SETUP
    assert marks(run) == {"configure_gateway": "hosted-box"}
    assert steps(played(certain(LINE, hosted_box=1))) == BEFORE + SITE + SETUP


def test_sent_back_once_over_the_steps_that_mend_it() -> None:
    run = played(certain(LINE, missing_data=1))
    assert steps(run) == [*PRE_SALE, "return_order", "complete_data", "accept_order", "dispatch_order", *SITE, *SETUP]
    assert marks(run) == {"return_order": "missing-data"}
    assert [event.task for event in run.events if event.reason] == ["return_order"]


def test_an_outcome_stands_at_the_step_that_decides_though_the_order_is_registered_again_meanwhile() -> None:
    run = played(planted(DESCRIBED.before, {"registered-twice": 1}), orders=150)
    deciding = {"review_project", "agree_contract", "dispatch_order", "check_resources", "test_service"}
    assert {event.task for event in run.events if event.outcome} == deciding
    assert all(event.outcome for event in run.events if event.task in deciding)


def test_the_reason_stands_where_the_order_turned_whatever_else_befalls_it() -> None:
    late = played(certain(LINE, late_checkpoint=1, allocation_loop=1), orders=5)
    assert {event.task for event in late.events if event.reason} == {"allocate_resources"}
    twice = played(certain(LINE, missing_data=1, registered_twice=1), orders=60)
    returns = [event for event in twice.events if event.task == "return_order"]
    assert len(returns) == 60
    assert all(event.reason for event in returns)
    assert not [event.task for event in twice.events if event.reason and event.task != "return_order"]


def test_loop_of_two_rounds_notes_its_reason_where_the_order_turned() -> None:
    run = played(certain(LINE, allocation_loop=1))
    assert steps(run) == BEFORE + SITE[:3] + SITE[:3] + SITE + SETUP
    assert [event.task for event in run.events if event.reason] == ["allocate_resources"] * 2
    assert [event.task for event in run.events if event.faults] == ["survey_site"] * 2


def test_early_step_is_not_done_again_at_its_place() -> None:
    run = played(certain(LINE, early_billing=1))
    after = [
        "configure_gateway",
        "open_billing",
        "test_service",
        "activate_service",
        "confirm_service",
        "archive_order",
    ]
    assert steps(run) == BEFORE + SITE + after
    assert marks(run) == {"open_billing": "early-billing"}


def test_checkpoint_recorded_after_the_fact() -> None:
    run = played(certain(LINE, late_checkpoint=1))
    assert steps(run) == [*BEFORE, "survey_site", "allocate_resources", "check_resources", "install", *SETUP]
    assert marks(run) == {"check_resources": "late-checkpoint"}


def test_a_checkpoint_recorded_late_is_done_at_its_place_in_the_next_round() -> None:
    run = played(certain(LINE, late_checkpoint=1, allocation_loop=1))
    first = ["survey_site", "allocate_resources", "check_resources"]
    assert steps(run) == BEFORE + first + SITE[:3] + SITE + SETUP


def test_ping_pong_goes_to_and_fro_two_or_three_times() -> None:
    lengths = set()
    for seed in "12345678":
        run = played(certain(LINE, ping_pong=1), seed=seed)
        between = steps(run)[12:-6]
        assert between == ["query_order", "answer_query"] * (len(between) // 2)
        owners = [event.department for event in run.events if event.task in {"query_order", "answer_query"}]
        assert owners == [NOC, "Business support centre"] * (len(between) // 2)
        lengths.add(len(between))
    assert lengths == {4, 6}


def test_lost_document_stands_still_for_good() -> None:
    run = played(certain(LINE, lost_document=1), orders=3)
    assert steps(run) == PRE_SALE[:-1] * 3
    assert [(order.number, fault, step) for order, fault, step in run.stuck] == [
        (number, "lost-document", "accept_order") for number in sorted(order.number for order, *_ in run.stuck)
    ]


def test_a_step_skipped_just_before_the_document_was_lost_is_in_the_truth() -> None:
    flow = planted(converged_broadband.DESCRIBED.before, {"skipped-checkpoint": 1, "lost-document": 1})
    run = played(flow, orders=40)
    lost = {order for order, fault, _step in run.stuck if fault == "lost-document"}
    skipped = {(order, step) for order, fault, step in run.stuck if fault == "skipped-checkpoint"}
    assert len(lost) > 20
    assert skipped == {(order, "accept_order") for order in lost}


def test_no_cause_of_a_wait_is_negative_and_a_meeting_takes_nobody_from_the_queue() -> None:
    flow = planted(sim_card_supply.DESCRIBED.before, {"weekly-meeting": 1, "favoured-customers": 1})
    run = played(flow, orders=2000, days=28)
    waits = Waits(run, flow, YEAR)
    assert all(min(waits.of(event)) >= 0 for event in run.events)
    assert not [event for event in run.events if event.faults == ("weekly-meeting",) and waits.of(event).contention]
    met = {event.person for event in run.events if "weekly-meeting" in event.faults}
    assert len(met) == 1
    assert not [event for event in run.events if event.person in met and "weekly-meeting" not in event.faults]


def test_rush_takes_orders_back_that_came_at_the_month_end() -> None:
    run = played(certain(ADC, month_end_rush=1), orders=60)
    by_order = {order: [event.task for event in run.events if event.order is order] for order in run.orders}
    for order, tasks in by_order.items():
        if YEAR.is_rush(order.created):
            assert tasks[-2:] == ["activate_service", "cancel_order"]
        else:
            assert tasks == BEFORE + SETUP
    rush = sum(YEAR.is_rush(order.created) for order in run.orders)
    assert rush > 12  # six of some forty working days, each with three times as many orders: about a third
    plain = played(certain(ADC), orders=60)
    assert sum(YEAR.is_rush(order.created) for order in plain.orders) < rush


def test_wrong_department_and_unclear_owner() -> None:
    run = played(certain(LINE, wrong_department=1))
    owners = {event.task: event.department for event in run.events}
    assert (owners["allocate_resources"], owners["check_resources"]) == (ENGINEERING, NETWORK)
    unclear = played(certain(LINE, unclear_owner=1), orders=30)
    surveys = Counter(event.department for event in unclear.events if event.task == "survey_site")
    assert set(surveys) == {ENGINEERING, NETWORK}
    assert min(surveys.values()) > 5
    plain = played(certain(LINE), orders=30)
    assert _mean_delay(unclear, "survey_site") - _mean_delay(plain, "survey_site") > 10 * HOUR


def _mean_delay(run: Run, task: str) -> float:
    delays = [event.ready - event.enabled for event in run.events if event.task == task]
    return sum(delays) / len(delays)


def test_early_life_fault_comes_back_after_the_end() -> None:
    run = played(certain(LINE, early_life_fault=1))
    assert steps(run) == [*BEFORE, *SITE, *SETUP, "report_fault", "repair_fault"]
    assert marks(run) == {"report_fault": "early-life-fault", "repair_fault": "early-life-fault"}


def test_registered_twice_is_accepted_again_and_known_to_eoms_by_the_second_number() -> None:
    run = played(certain(LINE, registered_twice=1))
    assert Counter(steps(run)) == Counter([*BEFORE, *SITE, *SETUP, "accept_order"])
    second = {event.task for event in run.events if event.registration}
    assert second <= {"accept_order", "dispatch_order", *SITE, "test_service"}
    assert {"accept_order", "install", "test_service"} <= second


def test_weekly_meeting_takes_all_reviews_together() -> None:
    def weekdays(run: Run) -> set[int]:
        reviews = [event for event in run.events if event.task == "review_project"]
        assert all(event.ready <= event.called <= event.start for event in reviews)
        return {YEAR.moment(event.called).weekday() for event in reviews}

    assert weekdays(played(certain(ADC, weekly_meeting=1), orders=40)) == {3}
    assert weekdays(played(certain(ADC), orders=40)) >= {0, 1, 2, 3, 4}


def test_faults_together() -> None:
    run = played(certain(MAS, hosted_box=1, early_billing=1, missing_data=1))
    assert marks(run) == {
        "return_order": "missing-data",
        "configure_gateway": "hosted-box",
        "open_billing": "early-billing",
    }


def test_a_stronger_fault_changes_no_steps_but_those_of_the_orders_that_it_befalls() -> None:
    weak, strong = (played(certain(LINE, missing_data=strength), orders=120) for strength in (0.1, 0.5))

    def ways(run: Run) -> dict[int, list[str]]:
        return {order.number: [event.task for event in run.events if event.order is order] for order in run.orders}

    before, after = ways(weak), ways(strong)
    newly = {number for number in before if before[number] != after[number]}
    assert all("return_order" in after[number] and "return_order" not in before[number] for number in newly)
    assert 25 < len(newly) < 75


@cache
def many() -> Run:
    return play(DESCRIBED.before, YEAR, orders=300, first=0, last=181 * DAY, seed="3")


def test_people_have_one_order_at_a_time_in_their_own_hours() -> None:
    by_person: dict[str, list[Event]] = {}
    for event in many().events:
        if "weekly-meeting" not in event.faults:  # what a meeting decides is decided together
            by_person.setdefault(event.person.name, []).append(event)
        assert event.enabled <= event.ready <= event.called <= event.start < event.completed
        assert event.person.hours.is_open(event.start)
        assert event.person.hours.is_open(event.completed - 1)
    for work in by_person.values():
        work.sort(key=lambda event: event.start)
        assert all(one.completed <= other.start for one, other in itertools.pairwise(work))


def test_orders_finish_one_step_before_the_next() -> None:
    by_order: dict[int, list[Event]] = {}
    for event in many().events:
        if event.registration == 0 or event.task != "accept_order":
            by_order.setdefault(event.order.number, []).append(event)
    for events in by_order.values():
        assert all(one.completed <= other.enabled for one, other in itertools.pairwise(events))


def test_departments_have_people_for_the_orders_that_come() -> None:
    def staff(orders: int, **faults: float) -> dict[str, int]:
        flow = planted(DESCRIBED.before, {name.replace("_", "-"): strength for name, strength in faults.items()})
        people = hire(flow, YEAR, orders=orders, paid=(0, 365 * DAY), seed="1")
        return {department: len(team) for department, team in people.items()}

    few, many, understaffed = staff(100), staff(10_000), staff(10_000, understaffed=0.3)
    assert few["Billing centre"] == 2
    assert 8 < many[ENGINEERING] / staff(1_000)[ENGINEERING] <= 10  # the part of a person is made a whole one
    assert understaffed[ENGINEERING] == pytest.approx(0.7 * many[ENGINEERING], abs=1)
    assert {key: value for key, value in understaffed.items() if key != ENGINEERING} == {
        key: value for key, value in many.items() if key != ENGINEERING
    }


def test_names_belong_to_one_person() -> None:
    people = hire(DESCRIBED.before, YEAR, orders=5_000, paid=(0, 365 * DAY), seed="1")
    names = [person.name for team in people.values() for person in team]
    assert len(names) == len(set(names)) > 100


def test_what_is_not_complete_by_the_end_is_not_there() -> None:
    quarter = Calendar(china(dt.date(2025, 1, 1), 90), dt.date(2025, 1, 1), 90)
    run = play(DESCRIBED.before, quarter, orders=50, first=0, last=90 * DAY, seed="1")
    assert max(event.completed for event in run.events) <= 90 * DAY
    assert 0 < sum(event.task == "archive_order" for event in run.events) < 50


def test_load_is_what_orders_bring() -> None:
    flow = certain(LINE)
    assert flow.visits["survey_site"] == pytest.approx(1)
    assert flow.load("Billing centre") == pytest.approx(flow.tasks["open_billing"].work.mean)
    described = DESCRIBED.before
    # with a tenth revised, a design is made 1 / 0.9 times
    assert described.visits["design_solution"] == pytest.approx(1 / 0.9, rel=1e-4)


def test_a_fault_befalls_an_order_once_also_where_it_is_likelier_in_the_rush() -> None:
    flow = certain(LINE, early_billing=1)
    passed = flow.nodes["passed"]
    assert isinstance(passed, Decision)
    even = replace(passed, branches=tuple(replace(branch, share=0.5) for branch in passed.branches))
    run = played(replace(flow, nodes={**flow.nodes, "passed": even}), orders=80)
    tested, billed = (
        Counter(event.order.number for event in run.events if event.task == task)
        for task in ("test_service", "open_billing")
    )
    assert max(tested.values()) > 1
    assert set(billed.values()) == {1}
