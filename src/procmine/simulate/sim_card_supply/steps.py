"""The flow of SIM-card supply, before and after its redesign.

Before, cards go from the province's store to the city's and on to the county's, each of which asks the one above it,
and an agent's order passes branch and finance first. After, one store supplies the outlets directly. Lengths and shares
are assumptions, set so that the published figures come out: 13 steps for agents and 9 for own halls in three to five
days before, 7 and 5 steps within 24 hours after, with 26 % of the stock staff.
"""

from procmine.simulate import faults as ft
from procmine.simulate.flow import Branch, Decision, Department, End, Flow, Merge, Node, Orders, Start, Task
from procmine.simulate.hours import Week
from procmine.simulate.span import Span
from procmine.simulate.state import State

OUTLETS = "Outlets"
BRANCH = "Branch sales"
FINANCE = "Finance"
RESOURCES = "Marketing resource centre"
COUNTY = "County store"
CITY = "City store"
PROVINCE = "Province store"
CENTRAL = "Resource centre store"
NUMBERS = "Number resource team"
LOGISTICS = "Logistics provider"

AGENT, HALL = "agent", "own hall"
THURSDAY = 3

EVERY_DAY = frozenset(range(7))
OFFICE = Week(((8.5, 12), (13.5, 17.5)), frozenset(range(6)))
COUNTER = Week(((9, 19),), EVERY_DAY, keeps_holidays=False)
SHOP = Week(((8.5, 20.5),), EVERY_DAY, keeps_holidays=False)
STORE = Week(((8, 12), (13, 17.5)), EVERY_DAY, keeps_holidays=False)
LONG_LUNCH = Week(((8.5, 11.5), (13.5, 17)), EVERY_DAY)
DEPOT = Week(((8, 18),), EVERY_DAY, keeps_holidays=False)
LONG_DAY = Week(((8, 22),), EVERY_DAY, keeps_holidays=False)
EARLY, LATE = (Week((span,), EVERY_DAY, keeps_holidays=False) for span in ((8, 18), (12, 22)))


def flow(*, redesigned: bool) -> Flow:
    """The flow as it is after the redesign, or as it was before."""
    state = State(redesigned, 0.35, 0.4)
    store = CENTRAL if redesigned else PROVINCE

    def extra(name: str, department: str, system: str, *, delay: float, work: float) -> Task:
        """A step outside the designed flow, five times as fast after the redesign."""
        return state.step(name, department, system, "", delay=delay / 5 if redesigned else delay, work=work)

    return Flow(
        name="sim_card_supply",
        title="SIM-card supply to outlets",
        nodes=_after(state) if redesigned else _before(state),
        extra={
            "return_order": extra("Return order", RESOURCES, "Channel ordering", delay=1, work=0.2),
            "complete_order": extra("Complete order data", OUTLETS, "Channel ordering", delay=3, work=0.3),
            "query_stock": extra("Query stock", store, "Resource centre", delay=1, work=0.2),
            "answer_query": extra("Answer query", RESOURCES, "Resource centre", delay=1.5, work=0.2),
            "recount_cards": extra("Recount cards", store, "Resource centre", delay=2, work=0.5),
            "return_cards": extra("Return cards", OUTLETS, "Channel ordering", delay=2, work=0.3),
        },
        faults=_faults(state),
        orders=Orders(
            attributes={
                "channel": {AGENT: 0.65, HALL: 0.35},
                "tier": {"gold": 0.2, "silver": 0.35, "bronze": 0.45},
                "size": {"small": 0.55, "medium": 0.39, "large": 0.06},
                "region": {"East": 0.35, "West": 0.2, "South": 0.25, "North": 0.2},
            },
            hours=COUNTER,
            patience=("tier", {"gold": 0.85, "silver": 1.0, "bronze": 1.1}),
        ),
        departments=_departments(state),
    )


def _departments(state: State) -> dict[str, Department]:
    if state.redesigned:
        return {
            OUTLETS: Department(hours=SHOP, busy=0.3, least=40),
            RESOURCES: Department(hours=LONG_DAY, shifts=(EARLY, LATE), least=4),
            CENTRAL: Department(hours=LONG_DAY, shifts=(EARLY, LATE), busy=0.35, least=6),
            NUMBERS: Department(),
            LOGISTICS: Department(hours=LONG_DAY, shifts=(EARLY, LATE), busy=0.4, least=6),
        }
    return {
        OUTLETS: Department(hours=SHOP, busy=0.3, least=40),
        BRANCH: Department(hours=OFFICE, least=4),
        FINANCE: Department(hours=OFFICE, least=3),
        RESOURCES: Department(hours=OFFICE, least=3),
        COUNTY: Department(hours=STORE, busy=0.6, least=10),
        CITY: Department(hours=STORE, busy=0.6, least=8),
        PROVINCE: Department(hours=STORE, busy=0.6, least=5),
        NUMBERS: Department(hours=STORE, least=3),
        LOGISTICS: Department(hours=DEPOT, busy=0.45, least=1),
    }


def _channel() -> Decision:
    agent = Branch("Agent", "pay_order", 1.0, {HALL: 0.0})
    return Decision("Who orders?", OUTLETS, (agent, Branch("Own hall", "to_supply", 0.0, {HALL: 1.0})), by="channel")


def _approved(refused: float) -> Decision:
    goes_on = Branch("Approved", "to_supply", 1 - refused)
    return Decision("Approved?", RESOURCES, (goes_on, Branch("Refused", "cancel_order", refused)), by="channel")


def _before(state: State) -> dict[str, Node]:
    registers = "Store registers"
    return {
        "start": Start("Cards run low", OUTLETS, "place_order"),
        "place_order": state.step("Place order", OUTLETS, "Channel ordering", "who_orders", delay=0.1, work=0.2),
        "who_orders": _channel(),
        "pay_order": state.step("Pay for order", OUTLETS, "Payment", "confirm_payment", delay=0.2, work=0.1),
        "confirm_payment": state.step("Confirm payment", FINANCE, "Payment", "review_order", delay=0.7, work=0.3),
        "review_order": state.step("Review order", BRANCH, "Channel ordering", "approve_order", delay=0.7, work=0.3),
        "approve_order": state.step("Approve order", RESOURCES, "Resource centre", "approved", delay=0.5, work=0.3),
        "approved": _approved(0.006),
        "to_supply": Merge(COUNTY, "request_from_city"),
        "request_from_city": state.step(
            "Request from city store", COUNTY, registers, "request_from_province", delay=2, work=0.5
        ),
        "request_from_province": state.step(
            "Request from province store", CITY, registers, "pick_cards", delay=2, work=0.5
        ),
        "pick_cards": state.step("Pick cards", PROVINCE, "Resource centre", "synchronise_cards", delay=2.5, work=1),
        "synchronise_cards": state.step(
            "Synchronise card data", NUMBERS, "Number resource", "ship_cards", delay=1.5, work=0.5, checkpoint=True
        ),
        "ship_cards": state.step("Ship cards", LOGISTICS, "Logistics", "stock_in_city", delay=1, work=2.5),
        "stock_in_city": state.step("Stock in at city store", CITY, registers, "stock_in_county", delay=2.5, work=0.7),
        "stock_in_county": state.step(
            "Stock in at county store", COUNTY, registers, "receive_cards", delay=3, work=0.6
        ),
        "receive_cards": state.step("Receive cards", OUTLETS, "Channel ordering", "closed", delay=3, work=0.2),
        "closed": End("Order closed", OUTLETS),
        "cancel_order": state.step("Cancel order", RESOURCES, "Channel ordering", "cancelled", delay=1, work=0.2),
        "cancelled": End("Order cancelled", RESOURCES),
    }


def _after(state: State) -> dict[str, Node]:
    machine = Span(0.1, 0.3), Span(0.05, 0.3, 0.01)
    return {
        "start": Start("Cards run low", OUTLETS, "place_order"),
        "place_order": state.step("Place order", OUTLETS, "Channel ordering", "who_orders", delay=0.1, work=0.1),
        "who_orders": _channel(),
        "pay_order": state.step("Pay for order", OUTLETS, "Payment", "approve_order", delay=0.15, work=0.1),
        "approve_order": state.step("Approve order", RESOURCES, "Resource centre", "approved", delay=0.2, work=0.2),
        "approved": _approved(0.003),
        "cancel_order": state.step("Cancel order", RESOURCES, "Channel ordering", "cancelled", delay=0.3, work=0.1),
        "cancelled": End("Order cancelled", RESOURCES),
        "to_supply": Merge(CENTRAL, "pick_cards"),
        "pick_cards": state.step("Pick cards", CENTRAL, "Resource centre", "synchronise_cards", delay=0.3, work=0.6),
        "synchronise_cards": Task(
            "Synchronise card data", NUMBERS, "Number resource", *machine, next="ship_cards", checkpoint=True
        ),
        "ship_cards": state.step("Ship cards", LOGISTICS, "Logistics", "receive_cards", delay=0.6, work=0.5),
        "receive_cards": state.step("Receive cards", OUTLETS, "Channel ordering", "closed", delay=2.5, work=0.15),
        "closed": End("Order closed", OUTLETS),
    }


def _faults(state: State) -> tuple[ft.Fault, ...]:
    return (
        ft.Meeting(
            name="weekly-meeting",
            strength=state.of(1.0, 0.0),
            only={"size": frozenset({"large"})},
            at="approve_order",
            weekday=THURSDAY,
        ),
        ft.Lost(
            name="lost-document", strength=state.of(0.008, 0.0), at=state.of("request_from_province", "pick_cards")
        ),
        ft.RegisteredTwice(
            name="registered-twice",
            strength=state.of(0.02, 0.005),
            at="place_order",
            recorded=frozenset({"Resource centre"}),
            later=Span(0.2, 0.4),
        ),
        ft.Early(name="early-approval", strength=state.of(0.05, 0.01), at="pay_order", task="approve_order", rush=2),
        ft.UnclearOwner(
            name="unclear-owner",
            strength=state.of(0.1, 0.01),
            at="approve_order",
            department=state.of(BRANCH, CENTRAL),
            dither=Span(state.of(3, 1), 0.5),
        ),
        ft.SentBack(
            name="missing-data",
            strength=state.of(0.08, 0.01),
            at="approve_order",
            via=("return_order", "complete_order"),
            to="approve_order",
            reasons=("D01", "D02", "D03"),
        ),
        ft.UncoveredHours(
            name="uncovered-hours", strength=state.of(1.0, 0.0), at=state.of(CITY, CENTRAL), week=LONG_LUNCH
        ),
        ft.PingPong(
            name="ping-pong", strength=state.of(0.06, 0.01), at="pick_cards", via=("query_stock", "answer_query")
        ),
        ft.WrongDepartment(
            name="wrong-department",
            strength=state.of(0.04, 0.01),
            at="pick_cards",
            department=state.of(CITY, LOGISTICS),
        ),
        ft.SentBack(
            name="stock-mismatch",
            strength=state.of(0.08, 0.01),
            at="synchronise_cards",
            via=("recount_cards",),
            to="pick_cards",
            reasons=("K01", "K02"),
            rounds=2,
        ),
        ft.Late(
            name="late-checkpoint",
            strength=state.of(0.05, 0.01),
            at="synchronise_cards",
            after="ship_cards",
            rush=2,
        ),
        ft.Skipped(name="skipped-checkpoint", strength=state.of(0.04, 0.005), at="synchronise_cards", rush=4),
        ft.Understaffed(name="understaffed", strength=state.of(0.2, 0.0), at=LOGISTICS),
        ft.Favoured(name="favoured-customers", strength=0.8, only={"tier": frozenset({"gold"})}, at=LOGISTICS),
        ft.Rush(
            name="month-end-rush",
            strength=state.of(0.04, 0.01),
            at="receive_cards",
            via="return_cards",
            to="cancelled",
            later=Span(50, 0.5),
        ),
        ft.LostLinks(name="lost-links", strength=0.015, at="number_status.csv"),
        ft.ClockSkew(name="clock-skew", strength=6, at="Number resource"),
    )
