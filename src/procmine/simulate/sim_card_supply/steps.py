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
OFFICE = Week(((8.5, 12), (13.5, 17.5)), frozenset(range(5)))
COUNTER = Week(((9, 19),), EVERY_DAY, keeps_holidays=False)
SHOP = Week(((8.5, 20.5),), EVERY_DAY, keeps_holidays=False)
STORE = Week(((8, 12), (13, 17.5)), EVERY_DAY, keeps_holidays=False)
LONG_LUNCH = Week(((9, 11.5), (14, 17)), EVERY_DAY)
DEPOT = Week(((8, 18),), EVERY_DAY, keeps_holidays=False)
LONG_DAY = Week(((8, 22),), EVERY_DAY, keeps_holidays=False)
EARLY, LATE = (Week((span,), EVERY_DAY, keeps_holidays=False) for span in ((8, 15), (15, 22)))
ROUND_THE_CLOCK = Week(((0, 24),), EVERY_DAY, keeps_holidays=False)
EIGHTS = tuple(Week((span,), EVERY_DAY, keeps_holidays=False) for span in ((0, 8), (8, 16), (16, 24)))


def flow(*, redesigned: bool) -> Flow:
    """The flow as it is after the redesign, or as it was before."""
    store = CENTRAL if redesigned else PROVINCE

    def extra(name: str, department: str, system: str, *, delay: float, work: float) -> Task:
        """A step outside the designed flow, five times as fast after the redesign."""
        return _task(name, department, system, "", delay=delay / 5 if redesigned else delay, work=work)

    return Flow(
        name="sim_card_supply",
        title="SIM-card supply to outlets",
        nodes=_after() if redesigned else _before(),
        extra={
            "return_order": extra("Return order", RESOURCES, "Channel ordering", delay=1, work=0.2),
            "complete_order": extra("Complete order data", OUTLETS, "Channel ordering", delay=3, work=0.3),
            "query_stock": extra("Query stock", store, "Resource centre", delay=2, work=0.2),
            "answer_query": extra("Answer query", RESOURCES, "Resource centre", delay=3, work=0.2),
            "recount_cards": extra("Recount cards", store, "Resource centre", delay=2, work=0.5),
            "return_cards": extra("Return cards", OUTLETS, "Channel ordering", delay=2, work=0.3),
        },
        faults=_faults(redesigned=redesigned),
        orders=Orders(
            attributes={
                "channel": {AGENT: 0.65, HALL: 0.35},
                "tier": {"gold": 0.2, "silver": 0.35, "bronze": 0.45},
                "size": {"small": 0.55, "medium": 0.35, "large": 0.1},
                "region": {"East": 0.35, "West": 0.2, "South": 0.25, "North": 0.2},
            },
            hours=COUNTER,
            patience=("tier", {"gold": 0.85, "silver": 1.0, "bronze": 1.1}),
        ),
        departments=_departments(redesigned=redesigned),
    )


def _departments(*, redesigned: bool) -> dict[str, Department]:
    if redesigned:
        return {
            OUTLETS: Department(hours=SHOP, busy=0.3, least=40),
            RESOURCES: Department(hours=LONG_DAY, shifts=(EARLY, LATE), least=4),
            CENTRAL: Department(hours=LONG_DAY, shifts=(EARLY, LATE), busy=0.5, least=6),
            NUMBERS: Department(),
            LOGISTICS: Department(hours=ROUND_THE_CLOCK, shifts=EIGHTS, least=9),
        }
    return {
        OUTLETS: Department(hours=SHOP, busy=0.3, least=40),
        BRANCH: Department(hours=OFFICE, least=4),
        FINANCE: Department(hours=OFFICE, least=3),
        RESOURCES: Department(hours=OFFICE, least=3),
        COUNTY: Department(hours=STORE, busy=0.5, least=10),
        CITY: Department(hours=STORE, busy=0.5, least=8),
        PROVINCE: Department(hours=STORE, busy=0.5, least=5),
        NUMBERS: Department(hours=STORE, least=3),
        LOGISTICS: Department(hours=DEPOT, least=3),
    }


def _task(
    name: str,
    department: str,
    system: str,
    following: str,
    *,
    delay: float,
    work: float,
    checkpoint: bool = False,
) -> Task:
    """A step with the median hours of its delay and its work."""
    return Task(name, department, system, Span(delay, 0.45), Span(work, 0.4), following, checkpoint)


def _channel() -> Decision:
    agents, halls = {AGENT: 1.0, HALL: 0.0}, {AGENT: 0.0, HALL: 1.0}
    return Decision(
        "Who orders?", OUTLETS, (Branch("Agent", "pay", 0.0, agents), Branch("Own hall", "supply", 0.0, halls)), by="channel"
    )
