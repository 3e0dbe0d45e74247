"""The flow of enterprise service activation: boxes, messaging, mobile mail and leased lines for business customers.

Lengths and shares are assumptions, set so that closed orders take over 25 working days on average and some take two to
three months. The holidays are those that China's State Council announced for 2025.
"""

import datetime as dt

from procmine.simulate.flow import (
    Branch,
    Decision,
    Early,
    End,
    Flow,
    Merge,
    Mix,
    SentBack,
    Skipped,
    Span,
    Stalled,
    Start,
    Task,
)
from procmine.simulate.hours import PublicCalendar, Week

SALES = "Account management"
PRODUCT = "Product management"
GROUP = "Group customer department"
SUPPORT = "Business support centre"
ENGINEERING = "Engineering"
NETWORK = "Network department"
NOC = "Network management centre"
BILLING = "Billing centre"

MAS, ADC, MAIL, LINE = "MAS box", "ADC messaging", "Mobile mail", "Leased line"
THURSDAY = 3


def _days(*spans: tuple[int, int, int]) -> frozenset[dt.date]:
    """The days of 2025 in `spans`: month, first day, number of days."""
    return frozenset(
        dt.date(2025, month, day) + dt.timedelta(days=more) for month, day, length in spans for more in range(length)
    )


CHINA_2025 = PublicCalendar(
    holidays=_days((1, 1, 1), (1, 28, 8), (4, 4, 3), (5, 1, 5), (5, 31, 3), (10, 1, 8)),
    makeup_days=_days((1, 26, 1), (2, 8, 1), (4, 27, 1), (9, 28, 1), (10, 11, 1)),
)
MONDAY_TO_FRIDAY = frozenset(range(5))
OFFICE = Week(((8.5, 12.0), (13.5, 17.5)), MONDAY_TO_FRIDAY)
FIELD = Week(((8.0, 12.0), (13.0, 18.0)), frozenset(range(6)))
CONTROL_ROOM = Week(((8.0, 20.0),), MONDAY_TO_FRIDAY)


def _task(
    name: str,
    department: str,
    system: str,
    following: str,
    *,
    wait: float,
    work: float,
    checkpoint: bool = False,
    meets: int | None = None,
    rushed: bool = False,
) -> Task:
    """A step with the median hours of its wait and its work; waits scatter widely, work less."""
    waits, works = Span(wait, 0.75), Span(work, 0.45)
    return Task(name, department, system, waits, works, following, checkpoint, meets, rushed)


FLOW = Flow(
    name="enterprise_activation",
    title="Enterprise service activation",
    time_zone="Asia/Shanghai",
    window=(dt.datetime(2025, 1, 1), dt.datetime(2026, 1, 1)),
    nodes={
        "start": Start("Need reported", SALES, "find_need"),
        "find_need": _task("Find need", SALES, "CRM", "analyse_need", wait=1, work=1),
        "analyse_need": _task("Analyse need", PRODUCT, "CRM", "to_design", wait=4, work=5),
        "to_design": Merge(PRODUCT, "design_solution"),
        "design_solution": _task("Design solution", PRODUCT, "CRM", "review_project", wait=3, work=10),
        "review_project": _task("Review project", GROUP, "OA", "approved", wait=6, work=1, meets=THURSDAY),
        "approved": Decision(
            "Project approved?",
            GROUP,
            (
                Branch("Approved", "run_trial", 0.86),
                Branch("To be revised", "to_design", 0.10),
                Branch("Refused", "to_cancel", 0.04),
            ),
        ),
        "run_trial": _task("Run trial", SALES, "OA", "agree_contract", wait=4, work=18),
        "agree_contract": _task("Agree contract", SALES, "OA", "signed", wait=4, work=6),
        "signed": Decision(
            "Contract signed?",
            SALES,
            (Branch("Signed", "accept_order", 0.93), Branch("Given up", "to_cancel", 0.07)),
        ),
        "to_cancel": Merge(SUPPORT, "cancel_order"),
        "cancel_order": _task("Cancel order", SUPPORT, "BOSS", "cancelled", wait=4, work=0.5),
        "cancelled": End("Order cancelled", SUPPORT),
        "accept_order": _task("Accept order", SUPPORT, "BOSS", "site", wait=16, work=1, rushed=True),
        "site": Decision(
            "Site work needed?",
            SUPPORT,
            (
                Branch("Site work", "survey_site", 1.0, {ADC: 0.0, MAIL: 0.0}),
                Branch("No site work", "to_configure", 0.0, {ADC: 1.0, MAIL: 1.0}),
            ),
        ),
        "survey_site": _task("Survey site", ENGINEERING, "EOMS", "check_resources", wait=8, work=4),
        "check_resources": _task("Check resources", NETWORK, "EOMS", "free", wait=4, work=1.5, checkpoint=True),
        "free": Decision(
            "Resources free?",
            NETWORK,
            (
                Branch("Free", "to_allocate", 0.88, {MAS: 0.96}),
                Branch("None free", "extend_network", 0.12, {MAS: 0.04}),
            ),
        ),
        "extend_network": _task("Extend network", ENGINEERING, "EOMS", "to_allocate", wait=18, work=40),
        "to_allocate": Merge(NETWORK, "allocate_resources"),
        "allocate_resources": _task("Allocate resources", NETWORK, "EOMS", "install", wait=3, work=2),
        "install": _task("Install at customer", ENGINEERING, "EOMS", "to_configure", wait=12, work=6),
        "to_configure": Merge(NOC, "configure_gateway"),
        "configure_gateway": _task("Configure gateway", NOC, "EOMS", "test_service", wait=7, work=3),
        "test_service": _task("Test service", NOC, "EOMS", "passed", wait=3, work=2, checkpoint=True),
        "passed": Decision(
            "Test passed?",
            NOC,
            (Branch("Passed", "activate_service", 0.94), Branch("Failed", "to_configure", 0.06)),
        ),
        "activate_service": _task("Activate service", NOC, "BOSS", "open_billing", wait=2, work=0.5, rushed=True),
        "open_billing": _task("Open billing", BILLING, "Billing", "confirm_service", wait=4, work=0.5, rushed=True),
        "confirm_service": _task("Confirm service", SALES, "BOSS", "archive_order", wait=8, work=0.5),
        "archive_order": _task("Archive order", SUPPORT, "BOSS", "closed", wait=6, work=0.5),
        "closed": End("Order closed", SUPPORT),
    },
    extra={
        "return_order": _task("Return order", SUPPORT, "BOSS", "", wait=2, work=0.5),
        "complete_data": _task("Complete order data", SALES, "CRM", "", wait=9, work=2),
    },
    faults=(
        Stalled(name="stalled review", strength=0.15, task="review_project", wait=Span(75, 0.5)),
        SentBack(
            name="missing data",
            strength=0.12,
            task="accept_order",
            via=("return_order", "complete_data"),
            to="accept_order",
            reasons=("D01", "D02", "D03"),
        ),
        SentBack(
            name="allocation loop",
            strength=0.14,
            task="allocate_resources",
            to="survey_site",
            reasons=("R01", "R02"),
        ),
        Skipped(name="hosted box", strength=0.12, products=frozenset({MAS}), task="install", rush=1.5),
        Early(name="early billing", strength=0.045, task="open_billing", before="test_service", rush=1.5),
        Skipped(name="skipped test", strength=0.04, task="test_service", rush=5.0),
    ),
    mix=Mix(
        tiers={"gold": 0.2, "silver": 0.35, "bronze": 0.45},
        products={MAS: 0.3, LINE: 0.35, ADC: 0.2, MAIL: 0.15},
        regions={"East": 0.35, "West": 0.2, "South": 0.25, "North": 0.2},
        patience={"gold": 0.65, "silver": 1.0, "bronze": 1.25},
    ),
    calendar=CHINA_2025,
    departments={
        SALES: OFFICE,
        PRODUCT: OFFICE,
        GROUP: OFFICE,
        SUPPORT: OFFICE,
        ENGINEERING: FIELD,
        NETWORK: OFFICE,
        NOC: CONTROL_ROOM,
        BILLING: OFFICE,
    },
    staff={
        SALES: ("赵甲", "钱乙", "孙丙", "李丁", "周戊", "吴己"),
        PRODUCT: ("郑庚", "王辛", "冯甲"),
        GROUP: ("陈乙", "褚丙"),
        SUPPORT: ("卫丁", "蒋戊", "沈己", "韩庚"),
        ENGINEERING: ("杨辛", "朱甲", "秦乙", "尤丙", "许丁", "何戊"),
        NETWORK: ("吕己", "施庚", "张辛"),
        NOC: ("孔甲", "曹乙", "严丙", "华丁"),
        BILLING: ("金戊", "魏己"),
    },
    rush_days=3,
    rush_pace=0.35,
)
