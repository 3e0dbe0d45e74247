"""Findings of whole studies: their shape, what is found without being asked for, and what `expect` declares."""

import pytest

from procmine.errors import StudyError

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
    events: {form: row, activity: step, timestamp: time, resource: who}
    order_attributes: {tier: tier, amount: {column: amount, type: number}, city: city}
  master:
    file: master.csv
    keys: {order: order}
    order_attributes: {region: region, city: town}
"""
CRM = """\
order,step,time,who,tier,amount,city
A,Accept,2024-01-01T08:00,Ann,gold,10,
A,Install,2024-01-02T08:00,Bob,gold,9,
B,Accept,2024-01-01T08:00,Ann,,,Paris
B,Install,2024-01-03T08:00,Bob,silver,free,
B,Bill,soon,Cy,bronze,,
,Accept,2024-01-01T08:00,Ann,gold,,
"""
MASTER = "order,region,town\nA,North,Rome\nA,North,Oslo\nB,South,Lyon\nC,East,Bonn\n,West,Kiel\n"
SHAPE = ["check", "source", "rows", "orders", "example"]


def found(make_study, rules="", crm=CRM):
    return make_study(STUDY + rules, {"crm.csv": crm, "master.csv": MASTER}).findings()


def of(findings, check):
    chosen = findings.loc[findings["check"] == check, ["rows", "orders", "example"]]
    return chosen.to_numpy().tolist()


def test_a_finding_counts_shows_and_advises(make_study):
    findings = found(make_study)
    assert list(findings) == [*SHAPE, "advice"]
    assert findings[SHAPE].astype(object).where(findings[SHAPE].notna(), None).to_numpy().tolist() == [
        ["several values of an order attribute", None, 2, 2, "case:city · A"],
        ["cell does not read as declared", "crm.csv", 1, 1, "amount · free"],
        ["several values of an order attribute", None, 1, 1, "case:amount · A"],
        ["several values of an order attribute", None, 1, 1, "case:tier · B"],
        ["row of no order", "crm.csv", 1, 0, "no order key"],
    ]
    assert findings["advice"].str.len().min() > 20


def test_nothing_to_know_is_an_empty_table_with_its_columns(make_study):
    crm = "order,step,time,who,tier,amount,city\nB,Accept,2024-01-01,Ann,,1,\n"
    findings = found(make_study, crm=crm)
    assert findings.empty
    assert list(findings) == [*SHAPE, "advice"]


def test_rules_about_activities_that_no_event_has(make_study):
    rules = "owners: {Accept: Sales, Instal: Field}\nstatus: {finished: [Billed], cancelled: []}\n"
    rules += "known_order: [[Accept, Instal]]\n"
    rules += "expect: {required: [Accept, Close], at_most: {Instal: 1}}\n"
    assert of(found(make_study, rules), "rule about an activity that no event has") == [
        [0, 0, "expect.at_most · Instal"],
        [0, 0, "expect.required · Close"],
        [0, 0, "known_order · Instal"],
        [0, 0, "owners · Instal"],
        [0, 0, "status.finished · Billed"],
    ]


def test_orders_still_open_lack_nothing(make_study):
    rules = "status: {finished: [Install], cancelled: []}\nexpect: {required: [Bill]}\n"
    crm = CRM + "C,Accept,2024-01-04T08:00,Ann,,,\n"
    assert of(found(make_study, rules, crm), "required activity missing") == [[0, 2, "Bill · A"]]


def test_values_of_personal_columns_are_not_shown(make_study):
    rules = (
        "personal: [resource, city]\nexpect:\n  ranges: {resource: {values: [Ann]}, 'case:tier': {values: [gold]}}\n"
    )
    rules += "  determines: {resource: activity}\n"
    crm = CRM + "C,Install,2024-01-04T08:00,Ann,gold,,\n"
    findings = found(make_study, rules, crm)
    assert of(findings, "value out of range") == [[2, 2, "resource · A"], [2, 1, "case:tier · bronze · B"]]
    assert of(findings, "several values where one is expected") == [[3, 3, "resource · A"]]


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ("{requird: [Bill]}", "study.yaml, expect: unknown key 'requird'. Did you mean 'required'?"),
        ("{filled: [tier]}", "expect.filled: no column 'tier' in the log. Did you mean 'case:tier'?"),
        ("{ranges: {'case:amont': {least: 1}}}", "expect.ranges: no column 'case:amont' in the log. Did you mean"),
        ("{determines: {resource: team}}", "expect.determines: no column 'team' in the log."),
        ("{dependencies: [{where: {who: Ann}, then: {activity: Bill}}]}", "expect.dependencies: no column 'who'"),
        ("{present: [{where: {stage: x}, activities: Bill}]}", "expect.present: no column 'stage'"),
        ("{ranges: {resource: {}}}", "expect.ranges.resource: give values, or least and most, or since and until"),
        ("{ranges: {'case:amount': {least: 3, most: 1}}}", "least 3 is more than most 1"),
        (
            "{ranges: {start: {since: 2024-02-01, until: 2024-01-01}}}",
            "since 2024-02-01 00:00 is not before until 2024",
        ),
        ("{ranges: {start: {since: soon}}}", "expect.ranges.start.since: not a date or time; write it as 2024-01-31"),
        ("{durations: {Bill: {}}}", "expect.durations.Bill: give least or most, such as most: 2 h"),
        ("{durations: {Bill: {most: 2 weeks}}}", "expect.durations.Bill.most: not a duration"),
        ("{order: [{activities: [Bill]}]}", "expect.order.0.activities: 1 given, at least 2 needed"),
        ("{suspect: [typos]}", "expect.suspect.0: one of 'long durations'"),
        ("{overlaps: [team]}", "expect.overlaps.0: one of 'resource' or 'case_id'"),
    ],
)
def test_what_cannot_be_expected_is_refused(make_study, expect, message):
    with pytest.raises(StudyError) as caught:
        found(make_study, f"expect: {expect}\n")
    assert message in str(caught.value)
