"""The flow of converged broadband orders, before and after its redesign.

Before, clerks assign each order by hand, ask the resource centre by phone, and offices keep office hours. After, the
order centre assigns and dispatches by machine, installers grab orders, and all but engineering work every day from
morning to evening. Lengths and shares are assumptions, set so that the published figures come out: order to completion
7 to 15 days, then 2 on average; response 1.5 hours on average, then half an hour at most; 87 % complete, then 98.7 %;
and six percentage points fewer withdrawals.
"""

from procmine.simulate import faults as ft
from procmine.simulate.flow import Branch, Decision, Department, End, Flow, Merge, Node, Orders, Start, Task
from procmine.simulate.hours import Week
from procmine.simulate.span import Span
from procmine.simulate.state import State

TOUCHPOINTS = "Touchpoints"
ORDER_CENTRE = "Order centre"
RESOURCES = "Resource centre"
SUPPORT = "Business support centre"
ENGINEERING = "Engineering"
INSTALLERS = "Installers"
NOC = "Network management centre"
BILLING = "Billing centre"
SERVICE = "Customer service"

DAILY, SIX_DAYS = frozenset(range(7)), frozenset(range(6))
SELLING = Week(((9, 20),), DAILY, keeps_holidays=False)
COUNTER = Week(((9, 22),), DAILY, keeps_holidays=False)
DESK = Week(((8, 22),), DAILY, keeps_holidays=False)
LONG_DAY = Week(((8, 20),), DAILY, keeps_holidays=False)
OFFICE = Week(((8.5, 12), (13.5, 17.5)), SIX_DAYS)
FIELD = Week(((8, 12), (13, 18)), SIX_DAYS)
LONG_LUNCH = Week(((8.5, 11.5), (14.5, 18)), SIX_DAYS)


def flow(*, redesigned: bool) -> Flow:
    """The flow as it is after the redesign, or as it was before."""
    state = State(redesigned, 0.55, 0.35)
    return Flow(
        name="converged_broadband",
        title="Converged broadband order",
        nodes=_nodes(state),
        extra={
            "enquire": state.step("Enquire about resources", SUPPORT, "Resources", delay=1.5, work=0.2),
            "answer": state.step("Answer enquiry", RESOURCES, "Resources", delay=2, work=0.3),
            "return_order": state.step("Return order", SUPPORT, "BOSS", delay=1, work=0.2),
            "complete_data": state.step("Complete order data", TOUCHPOINTS, "Touchpoint app", delay=6, work=0.3),
            "report_fault": state.step("Report fault", SERVICE, "Installer app", delay=0.2, work=0.2),
            "repair_fault": state.step("Repair fault", INSTALLERS, "Installer app", delay=4, work=1.5),
        },
        faults=_faults(state),
        orders=Orders(
            attributes={
                "tier": {"gold": 0.15, "silver": 0.35, "bronze": 0.5},
                "product": {"Broadband and mobile": 0.5, "Broadband and TV": 0.3, "Broadband, mobile and TV": 0.2},
                "channel": {"Touchpoint app": 0.6, "Online hall": 0.4},
                "region": {"Old town": 0.3, "New town": 0.3, "Suburbs": 0.25, "Villages": 0.15},
            },
            hours=SELLING,
            patience=("tier", {"gold": 0.8, "silver": 1.0, "bronze": 1.1}),
        ),
        departments=_departments(state),
    )


def _departments(state: State) -> dict[str, Department]:
    office, machine = Department(hours=OFFICE), Department()
    return {
        TOUCHPOINTS: Department(hours=COUNTER, busy=0.3, least=6),
        ORDER_CENTRE: machine if state.redesigned else Department(hours=DESK, busy=0.3),
        RESOURCES: Department(hours=LONG_DAY) if state.redesigned else office,
        SUPPORT: Department(hours=LONG_DAY, least=3) if state.redesigned else Department(hours=OFFICE, least=3),
        ENGINEERING: Department(hours=FIELD),
        INSTALLERS: Department(hours=LONG_DAY if state.redesigned else FIELD, busy=0.5, least=2),
        NOC: machine if state.redesigned else office,
        BILLING: machine if state.redesigned else office,
        SERVICE: Department(hours=LONG_DAY),
    }


def _nodes(state: State) -> dict[str, Node]:
    def desk(name: str, following: str, *, delay: float, work: float) -> Task:
        """A step of the order centre: by clerks before, by machine after."""
        if state.redesigned:
            return Task(
                name, ORDER_CENTRE, "Order centre", Span(0.15, 0.6, 0.02, 0.4), Span(0.01, 0.3, 0.003), following
            )
        return state.step(name, ORDER_CENTRE, "Order centre", following, delay=delay, work=work)

    return {
        "start": Start("Service wanted", TOUCHPOINTS, "place_order"),
        "place_order": state.step(
            "Place order", TOUCHPOINTS, "Touchpoint app", "assign_order", delay=(0, 0), work=(0.3, 0.15)
        ),
        "assign_order": desk("Assign order", "check_order", delay=0.93, work=0.25),
        "check_order": state.step(
            "Check order", RESOURCES, "Resources", "reach", delay=(4, 0.2), work=(0.6, 0.1), checkpoint=True
        ),
        "reach": Decision(
            "Within reach?",
            RESOURCES,
            (
                Branch("Within reach", "accept_order", state.of(0.98, 0.996)),
                Branch("Out of reach", "to_withdraw", state.of(0.02, 0.004)),
            ),
        ),
        "accept_order": state.step("Accept order", SUPPORT, "BOSS", "how", delay=(4, 0.4), work=(0.5, 0.2)),
        "how": Decision(
            "Who installs?",
            SUPPORT,
            (
                Branch("Dispatched", "dispatch_order", state.of(1, 0.55)),
                Branch("Grabbed", "grab_order", state.of(0, 0.45)),
            ),
        ),
        "dispatch_order": desk("Dispatch order", "to_site", delay=8, work=0.5),
        "grab_order": state.step("Grab order", INSTALLERS, "Installer app", "to_site", delay=(1, 0.8), work=(0.1, 0.1)),
        "to_site": Merge(INSTALLERS, "wanted"),
        "wanted": Decision(
            "Still wanted?",
            INSTALLERS,
            (
                Branch("Wanted", "port", state.of(0.965, 0.997)),
                Branch("Given up", "to_withdraw", state.of(0.035, 0.003)),
            ),
        ),
        "port": Decision(
            "Port free?",
            INSTALLERS,
            (
                Branch("Port free", "to_install", 0.92, {"Villages": 0.8}),
                Branch("No port", "build_port", 0.08, {"Villages": 0.2}),
            ),
            by="region",
        ),
        "build_port": state.step("Build port", ENGINEERING, "Installer app", "to_install", delay=(14, 8), work=(6, 5)),
        "to_install": Merge(INSTALLERS, "install"),
        "install": state.step(
            "Install at customer", INSTALLERS, "Installer app", "activate", delay=(16, 12), work=(3.5, 2)
        ),
        "activate": state.step("Activate service", NOC, "BOSS", "check_identity", delay=(2.5, 0.1), work=(0.4, 0.06)),
        "check_identity": state.step(
            "Check identity", INSTALLERS, "ID and charging", "charge", delay=(1, 0.1), work=(0.3, 0.1), checkpoint=True
        ),
        "charge": state.step(
            "Charge customer", BILLING, "ID and charging", "complete_order", delay=(2.5, 0.1), work=(0.3, 0.06)
        ),
        "complete_order": state.step(
            "Complete order", SUPPORT, "BOSS", "rate_service", delay=(3, 0.8), work=(0.3, 0.1)
        ),
        "rate_service": state.step("Rate service", SERVICE, "Rating", "closed", delay=(20, 12), work=(0.1, 0.1)),
        "closed": End("Order closed", SERVICE),
        "to_withdraw": Merge(SUPPORT, "withdraw_order"),
        "withdraw_order": state.step("Withdraw order", SUPPORT, "BOSS", "withdrawn", delay=(6, 1), work=(0.3, 0.2)),
        "withdrawn": End("Order withdrawn", SUPPORT),
    }


def _faults(state: State) -> tuple[ft.Fault, ...]:
    return (
        ft.RegisteredTwice(
            name="registered-twice",
            strength=state.of(0.025, 0.005),
            at="assign_order",
            recorded=frozenset({"Installer app"}),
            later=Span(2, 0.5),
        ),
        ft.UnclearOwner(
            name="unclear-owner",
            strength=state.of(0.12, 0.01),
            at="check_order",
            department=ENGINEERING,
            dither=Span(10, 0.5),
        ),
        ft.Skipped(name="skipped-checkpoint", strength=state.of(0.06, 0.01), at="check_order", rush=3),
        ft.Lost(name="lost-document", strength=state.of(0.06, 0.002), at="accept_order"),
        ft.PingPong(
            name="ping-pong",
            strength=state.of(0.6, 0.006),
            at="accept_order",
            via=("enquire", "answer"),
            least=1,
            most=2,
        ),
        ft.SentBack(
            name="missing-data",
            strength=state.of(0.12, 0.02),
            at="accept_order",
            via=("return_order", "complete_data"),
            to="accept_order",
            reasons=("D01", "D02", "D03"),
        ),
        ft.SentBack(
            name="allocation-loop",
            strength=state.of(0.08, 0.01),
            at="install",
            to="build_port",
            reasons=("R01", "R02"),
            rounds=2,
        ),
        ft.WrongDepartment(
            name="wrong-department", strength=state.of(0.05, 0.01), at="install", department=ENGINEERING
        ),
        ft.Early(name="early-billing", strength=state.of(0.05, 0.01), at="install", task="charge", rush=1.5),
        ft.Understaffed(name="understaffed", strength=state.of(0.2, 0), at=INSTALLERS),
        ft.Favoured(
            name="favoured-customers", strength=state.of(0.8, 0.8), only={"tier": frozenset({"gold"})}, at=INSTALLERS
        ),
        ft.UncoveredHours(name="uncovered-hours", strength=state.of(0.3, 0), at=INSTALLERS, week=LONG_LUNCH),
        ft.Rush(
            name="month-end-rush",
            strength=state.of(0.12, 0.02),
            at="activate",
            via="withdraw_order",
            to="withdrawn",
            later=Span(30, 0.5),
        ),
        ft.Late(
            name="late-checkpoint",
            strength=state.of(0.06, 0.01),
            at="check_identity",
            after="complete_order",
            rush=2,
        ),
        ft.EarlyLife(
            name="early-life-fault",
            strength=state.of(0.07, 0.02),
            at="closed",
            via=("report_fault", "repair_fault"),
            later=Span(96, 0.7),
        ),
        ft.LostLinks(name="lost-links", strength=0.015, at="order_centre.sqlite"),
        ft.ClockSkew(name="clock-skew", strength=5, at="Installer app"),
    )
