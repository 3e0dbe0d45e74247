"""Nothing lost: every row of every export is accounted for."""

from conftest import rows

STUDY = """\
title: Orders and their master data
order: order
systems:
  crm: {rank: 1, time_zone: UTC}
sources:
  crm:
    file: crm.csv
    system: crm
    keys: {order: order}
    events: {form: row, activity: step, timestamp: time}
    order_attributes: {tier: tier, amount: {column: amount, type: number}, city: city}
  master:
    file: master.csv
    keys: {order: order}
    order_attributes: {region: region, city: town}
"""
CRM = """\
order,step,time,tier,amount,city
A,Accept,2024-01-01,gold,10,
A,Install,2024-01-02,gold,9,
B,Accept,2024-01-01,,,Paris
B,Install,2024-01-03,silver,free,
B,Bill,soon,bronze,,
,Accept,2024-01-01,gold,,
"""
MASTER = "order,region,town\nA,North,Rome\nA,North,Oslo\nB,South,Lyon\nC,East,Bonn\n,West,Kiel\n"


def test_every_row_has_one_reason(make_study):
    study = make_study(STUDY, {"crm.csv": CRM, "master.csv": MASTER})
    assert study.ledger().to_dict("split")["data"] == [
        ["crm.csv", "event", 4, 4, 1],
        ["crm.csv", "no order key", 1, 0, 6],
        ["crm.csv", "time not readable", 1, 0, 5],
        ["master.csv", "no order key", 1, 0, 5],
        ["master.csv", "order attributes", 3, 0, 1],
        ["master.csv", "order without events", 1, 0, 4],
    ]
    assert rows(study.set_aside("crm"), "procmine:row", "procmine:reason", "step", "time") == [
        (5, "time not readable", "Bill", "soon"),
        (6, "no order key", "Accept", "2024-01-01"),
    ]
    assert rows(study.set_aside("master"), "procmine:row", "region") == [(4, "East"), (5, "West")]


def test_attributes_come_from_the_first_source_that_has_one(make_study):
    """Where rows of that source disagree the smallest counts: of numbers, of times, and of texts by their letters."""
    study = make_study(STUDY, {"crm.csv": CRM, "master.csv": MASTER})
    log = study.log()
    first = log.filter(log.position == 1)
    assert rows(first, "case_id", "case:tier", "case:amount", "case:city", "case:region") == [
        ("A", "gold", 9.0, "Oslo", "North"),
        ("B", "bronze", None, "Paris", "South"),
    ]


def test_nothing_set_aside_is_an_empty_table_with_its_columns(make_study):
    exports = {"crm.csv": "order,step,time,tier,amount,city\nA,Accept,2024-01-01,,,\n", "master.csv": MASTER[:18]}
    study = make_study(STUDY, exports)
    assert rows(study.set_aside("crm")) == []
    told = ("procmine:row", "procmine:reason", "procmine:kept", "procmine:candidates")
    assert study.set_aside("crm").columns == told
    assert study.findings().empty
    assert study.ledger()["reason"].tolist() == ["event"]


def test_a_status_stated_by_an_export(make_study):
    rules = "status:\n  attribute: tier\n  values: {gold: finished, bronze: cancelled}\n  finished: [Install]\n"
    log = make_study(STUDY + rules, {"crm.csv": CRM + "C,Install,2024-01-01,new,,\n", "master.csv": MASTER}).log()
    assert rows(log.filter(log.position == 1), "case_id", "case:status") == [
        ("A", "finished"),
        ("B", "cancelled"),
        ("C", "finished"),
    ]


def test_one_activity_is_enough_for_a_status(make_study):
    rules = "status: {cancelled: [Withdraw], finished: [Install]}\n"
    crm = CRM + "A,Withdraw,2024-01-09,,,\nC,Accept,2024-01-09,,,\n"
    log = make_study(STUDY + rules, {"crm.csv": crm, "master.csv": MASTER}).log()
    assert rows(log.filter(log.position == 1), "case_id", "case:status") == [
        ("A", "cancelled"),
        ("B", "finished"),
        ("C", "open"),
    ]
