"""The flow of enterprise service activation, before and after its redesign.

Before, the systems are joined only by OA documents, and clerks type each order again from one into the next. After,
the operations and delivery centre takes orders in one place and dispatches them by machine. Lengths and shares are
assumptions, set so that the published figures come out: before, over 25 working days on average, some two to three
months.
"""

from procmine.simulate import faults as ft
from procmine.simulate.flow import Branch, Decision, Department, End, Flow, Merge, Node, Orders, Start, Task
from procmine.simulate.hours import Week
from procmine.simulate.span import Span
from procmine.simulate.state import State

SALES = "Account management"
PRODUCT = "Product management"
GROUP = "Group customer department"
SUPPORT = "Business support centre"
DELIVERY = "Operations and delivery centre"
ENGINEERING = "Engineering"
NETWORK = "Network department"
NOC = "Network management centre"
BILLING = "Billing centre"
SERVICE = "Customer service"

MAS, ADC, MAIL, LINE = "MAS box", "ADC messaging", "Mobile mail", "Leased line"
THURSDAY = 3

MONDAY_TO_FRIDAY = frozenset(range(5))
OFFICE = Week(((8.5, 12), (13.5, 17.5)), MONDAY_TO_FRIDAY)
FIELD = Week(((8, 12), (13, 18)), frozenset(range(6)))
EARLY, LATE = (Week((span,), frozenset(range(6))) for span in ((8, 14), (14, 20)))
CONTROL_ROOM = Week(((8, 20),), frozenset(range(6)))
LONG_LUNCH = Week(((9, 11.5), (14, 17)), MONDAY_TO_FRIDAY)


def flow(*, redesigned: bool) -> Flow:
    """The flow as it is after the redesign, or as it was before."""
    state = State(redesigned, 0.75, 0.45)
    return Flow(
        name="enterprise_activation",
        title="Enterprise service activation",
        nodes=_nodes(state),
        extra={
            "return_order": state.step("Return order", SUPPORT, "BOSS", "", delay=2, work=0.5),
            "complete_data": state.step("Complete order data", SALES, "CRM", "", delay=9, work=2),
            "query_order": state.step("Query order", NOC, "EOMS", "", delay=3, work=0.3),
            "answer_query": state.step("Answer query", SUPPORT, "EOMS", "", delay=4, work=0.4),
            "report_fault": state.step("Report fault", SERVICE, "Complaints", "", delay=0.2, work=0.3),
            "repair_fault": state.step("Repair fault", NOC, "Complaints", "", delay=3, work=3),
        },
        faults=_faults(state),
        orders=Orders(
            attributes={
                "tier": {"gold": 0.2, "silver": 0.35, "bronze": 0.45},
                "product": {MAS: 0.3, LINE: 0.35, ADC: 0.2, MAIL: 0.15},
                "region": {"East": 0.35, "West": 0.2, "South": 0.25, "North": 0.2},
            },
            hours=OFFICE,
            patience=("tier", {"gold": 0.65, "silver": 1.0, "bronze": 1.25}),
        ),
        departments=_departments(state),
    )


def _departments(state: State) -> dict[str, Department]:
    delivery = {DELIVERY: Department()} if state.redesigned else {}
    return {
        SALES: Department(hours=OFFICE, least=6),
        PRODUCT: Department(hours=OFFICE, least=3),
        GROUP: Department(hours=OFFICE),
        SUPPORT: Department(hours=OFFICE, least=3),
        **delivery,
        ENGINEERING: Department(hours=FIELD, busy=0.75, least=1),
        NETWORK: Department(hours=OFFICE, least=3),
        NOC: Department(hours=CONTROL_ROOM, shifts=(EARLY, LATE), least=4),
        BILLING: Department(hours=OFFICE),
        SERVICE: Department(hours=CONTROL_ROOM),
    }


def _nodes(state: State) -> dict[str, Node]:
    dispatch = (
        Task("Dispatch order", DELIVERY, "Order centre", Span(0.02, 0.5, 0.005), Span(0.01, 0.3, 0.003), "site")
        if state.redesigned
        else state.step("Dispatch order", SUPPORT, "EOMS", "site", delay=8, work=0.8)
    )
    return {
        "start": Start("Need reported", SALES, "find_need"),
        "find_need": state.step("Find need", SALES, "CRM", "analyse_need", delay=(1, 1), work=1),
        "analyse_need": state.step("Analyse need", PRODUCT, "CRM", "to_design", delay=(4, 2), work=5),
        "to_design": Merge(PRODUCT, "design_solution"),
        "design_solution": state.step("Design solution", PRODUCT, "CRM", "review_project", delay=(3, 2), work=10),
        "review_project": state.step("Review project", GROUP, "OA", "approved", delay=(4, 3), work=1),
        "approved": Decision(
            "Project approved?",
            GROUP,
            (
                Branch("Approved", "run_trial", 0.86),
                Branch("To be revised", "to_design", state.of(0.10, 0.07)),
                Branch("Refused", "to_cancel", 0.04),
            ),
        ),
        "run_trial": state.step("Run trial", SALES, "OA", "agree_contract", delay=(3, 2), work=18),
        "agree_contract": state.step("Agree contract", SALES, "OA", "signed", delay=(4, 3), work=6),
        "signed": Decision(
            "Contract signed?",
            SALES,
            (Branch("Signed", "accept_order", 0.93), Branch("Given up", "to_cancel", state.of(0.07, 0.04))),
        ),
        "to_cancel": Merge(SUPPORT, "cancel_order"),
        "cancel_order": state.step("Cancel order", SUPPORT, "BOSS", "cancelled", delay=(4, 2), work=0.5),
        "cancelled": End("Order cancelled", SUPPORT),
        "accept_order": state.step("Accept order", SUPPORT, "BOSS", "dispatch_order", delay=(10, 2), work=1),
        "dispatch_order": dispatch,
        "site": Decision(
            "Site work needed?",
            dispatch.department,
            (
                Branch("Site work", "survey_site", 1.0, {ADC: 0.0, MAIL: 0.0}),
                Branch("No site work", "to_configure", 0.0, {ADC: 1.0, MAIL: 1.0}),
            ),
            by="product",
        ),
        "survey_site": state.step("Survey site", ENGINEERING, "EOMS", "check_resources", delay=(6, 4), work=4),
        "check_resources": state.step(
            "Check resources", NETWORK, "EOMS", "free", delay=(3, 1), work=1.5, checkpoint=True
        ),
        "free": Decision(
            "Resources free?",
            NETWORK,
            (
                Branch("Free", "to_allocate", 0.88, {MAS: 0.96}),
                Branch("None free", "extend_network", 0.12, {MAS: 0.04}),
            ),
            by="product",
        ),
        "extend_network": state.step("Extend network", ENGINEERING, "EOMS", "to_allocate", delay=(18, 12), work=40),
        "to_allocate": Merge(NETWORK, "allocate_resources"),
        "allocate_resources": state.step("Allocate resources", NETWORK, "EOMS", "install", delay=(3, 1.5), work=2),
        "install": state.step("Install at customer", ENGINEERING, "EOMS", "to_configure", delay=(9, 8), work=6),
        "to_configure": Merge(NOC, "configure_gateway"),
        "configure_gateway": state.step("Configure gateway", NOC, "Gateway", "test_service", delay=(7, 2), work=3),
        "test_service": state.step("Test service", NOC, "EOMS", "passed", delay=(2, 1), work=2, checkpoint=True),
        "passed": Decision(
            "Test passed?",
            NOC,
            (Branch("Passed", "activate_service", 0.94), Branch("Failed", "to_configure", 0.06)),
        ),
        "activate_service": state.step("Activate service", NOC, "BOSS", "open_billing", delay=(2, 0.5), work=0.5),
        "open_billing": state.step("Open billing", BILLING, "Billing", "confirm_service", delay=(5, 0.5), work=0.5),
        "confirm_service": state.step("Confirm service", SALES, "BOSS", "archive_order", delay=(7, 6), work=0.5),
        "archive_order": state.step("Archive order", SUPPORT, "BOSS", "closed", delay=(5, 2), work=0.5),
        "closed": End("Order closed", SUPPORT),
    }


def _faults(state: State) -> tuple[ft.Fault, ...]:
    boxes = {"product": frozenset({MAS})}
    return (
        ft.Meeting(name="weekly-meeting", strength=state.of(1, 0), at="review_project", weekday=THURSDAY),
        ft.Lost(name="lost-document", strength=state.of(0.02, 0), at="accept_order"),
        ft.SentBack(
            name="missing-data",
            strength=state.of(0.12, 0.03),
            at="accept_order",
            via=("return_order", "complete_data"),
            to="accept_order",
            reasons=("D01", "D02", "D03"),
        ),
        ft.RegisteredTwice(
            name="registered-twice",
            strength=state.of(0.02, 0.005),
            at="accept_order",
            recorded=frozenset({"EOMS"}),
            later=Span(2, 0.5),
        ),
        ft.UnclearOwner(
            name="unclear-owner",
            strength=state.of(0.12, 0.02),
            at="survey_site",
            department=NETWORK,
            dither=Span(16, 0.5),
        ),
        ft.Late(
            name="late-checkpoint",
            strength=state.of(0.05, 0.01),
            at="check_resources",
            after="allocate_resources",
            rush=2,
        ),
        ft.SentBack(
            name="allocation-loop",
            strength=state.of(0.14, 0.05),
            at="allocate_resources",
            to="survey_site",
            reasons=("R01", "R02"),
            rounds=2,
        ),
        ft.WrongDepartment(
            name="wrong-department", strength=state.of(0.05, 0.01), at="allocate_resources", department=ENGINEERING
        ),
        ft.Understaffed(name="understaffed", strength=state.of(0.2, 0), at=ENGINEERING),
        ft.Favoured(
            name="favoured-customers",
            strength=state.of(0.8, 0.8),
            only={"tier": frozenset({"gold"})},
            at=ENGINEERING,
        ),
        ft.Skipped(name="hosted-box", strength=state.of(0.12, 0.02), only=boxes, at="install", rush=1.5),
        ft.PingPong(
            name="ping-pong",
            strength=state.of(0.08, 0.02),
            at="configure_gateway",
            via=("query_order", "answer_query"),
        ),
        ft.UncoveredHours(name="uncovered-hours", strength=state.of(0.5, 0), at=NOC, week=LONG_LUNCH),
        ft.Early(
            name="early-billing", strength=state.of(0.045, 0.01), at="test_service", task="open_billing", rush=1.5
        ),
        ft.Skipped(name="skipped-checkpoint", strength=state.of(0.04, 0.01), at="test_service", rush=5),
        ft.Rush(
            name="month-end-rush",
            strength=state.of(0.25, 0.05),
            at="activate_service",
            via="cancel_order",
            to="cancelled",
            later=Span(40, 0.5),
        ),
        ft.EarlyLife(
            name="early-life-fault",
            strength=state.of(0.08, 0.03),
            at="closed",
            via=("report_fault", "repair_fault"),
            later=Span(120, 0.7),
        ),
        ft.LostLinks(name="lost-links", strength=0.015, at="contract_links.csv"),
        ft.ClockSkew(name="clock-skew", strength=-4, at="EOMS"),
    )
