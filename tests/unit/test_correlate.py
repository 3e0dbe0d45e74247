"""From keys to orders: over several hops, and what becomes of a key that leads nowhere or to several orders."""

import pytest

from conftest import rows
from procmine.errors import StudyError

HEAD = """\
title: Three systems
order: order
systems:
  crm: {rank: 1, time_zone: UTC}
sources:
  crm:
    file: crm.csv
    system: crm
    keys: {order: order}
    events: &events {form: row, activity: step, timestamp: time}
"""
WORK = """\
  work:
    file: work.csv
    system: crm
    keys: {work: work}
    events: *events
"""
LINK = """\
  link:
    file: link.csv
    keys: {order: order, work: work}
"""
CRM = "order,step,time\nA,Accept,2024-01-01\nB,Accept,2024-01-01\n"


def work(*keys: str) -> str:
    return "work,step,time\n" + "".join(f"{key},Install,2024-01-02\n" for key in keys)


def link(*pairs: str) -> str:
    return "order,work\n" + "".join(f"{pair.replace(' ', ',')}\n" for pair in pairs)


def account(study, source: str) -> dict[str, int]:
    ledger = study.ledger()
    return ledger[ledger["source"] == source].set_index("reason")["rows"].to_dict()


def installed(study) -> list[tuple[object, ...]]:
    log = study.log()
    return rows(log.filter(log.activity == "Install"), "case_id", "source_row")


def test_a_link_table_joins_two_systems(make_study):
    study = make_study(HEAD + WORK + LINK, {"crm.csv": CRM, "work.csv": work("1", "2"), "link.csv": link("A 1", "B 2")})
    assert installed(study) == [("A", 1), ("B", 2)]
    assert account(study, "link.csv") == {"link": 2}


def test_rows_whose_key_says_null_are_set_aside(make_study):
    exports = {"crm.csv": CRM + "NULL,Accept,2024-01-01\nNULL,Check,2024-01-02\n"}
    exports |= {"work.csv": work("1", "\\N", "\\N"), "link.csv": link("A 1", "B \\N", "NULL 1")}
    study = make_study(HEAD + WORK + LINK, exports)
    assert {order for (order,) in rows(study.log(), "case_id")} == {"A", "B"}
    assert installed(study) == [("A", 1)]
    assert account(study, "crm.csv") == {"event": 2, "no order key": 2}
    assert account(study, "work.csv") == {"event": 1, "no order key": 2}
    assert account(study, "link.csv") == {"link": 1, "link incomplete": 2}


def test_a_key_of_several_orders_belongs_to_none(make_study):
    exports = {"crm.csv": CRM, "work.csv": work("1", "2"), "link.csv": link("A 1", "B 1", "B 2")}
    study = make_study(HEAD + WORK + LINK, exports)
    assert installed(study) == [("B", 2)]
    assert account(study, "work.csv") == {"event": 1, "key of several orders": 1}
    assert account(study, "link.csv") == {"link": 1, "key of several orders": 2}


def test_an_order_claimed_by_two_keys_is_given_to_neither(make_study):
    exports = {"crm.csv": CRM, "work.csv": work("1", "2", "3"), "link.csv": link("A 1", "A 2", "B 3")}
    study = make_study(HEAD + WORK + LINK, exports)
    assert installed(study) == [("B", 3)]
    assert account(study, "work.csv") == {"event": 1, "order claimed by several keys": 2}
    assert account(study, "link.csv") == {"link": 1, "order claimed by several keys": 2}


@pytest.mark.parametrize(("first", "second"), [("A", "B"), ("B", "A")])
def test_the_names_of_orders_do_not_decide_what_a_doubtful_key_costs(make_study, first, second):
    exports = {
        "crm.csv": CRM,
        "work.csv": work("1", "2", "3"),
        "link.csv": link(f"{first} 1", f"{second} 2", f"{first} 3", f"{second} 3"),
    }
    study = make_study(HEAD + WORK + LINK, exports)
    assert installed(study) == sorted([(first, 1), (second, 2)])
    assert account(study, "work.csv") == {"event": 2, "key of several orders": 1}


def test_a_doubt_travels_along_the_links(make_study):
    chain = "  a:\n    file: a.csv\n    keys: {contract: contract, work: work}\n"
    chain += "  b:\n    file: b.csv\n    keys: {order: order, contract: contract}\n"
    exports = {
        "crm.csv": CRM,
        "work.csv": work("1", "2"),
        "a.csv": "contract,work\nC1,1\nC2,1\nC2,2\n",
        "b.csv": "order,contract\nA,C1\nA,C2\nB,C2\n",
    }
    study = make_study(HEAD + WORK + chain, exports)
    assert account(study, "work.csv") == {"key of several orders": 2}


def test_an_order_may_own_many_keys_where_the_study_says_so(make_study):
    exports = {"crm.csv": CRM, "work.csv": work("1", "2", "3"), "link.csv": link("A 1", "A 2", "B 3")}
    study = make_study(HEAD + WORK + LINK + "    many: [work]\n", exports)
    assert installed(study) == [("A", 1), ("A", 2), ("B", 3)]


def test_links_that_say_nothing_or_say_it_twice(make_study):
    exports = {"crm.csv": CRM, "work.csv": work("1", "9", ""), "link.csv": link("A 1", "A 1", "B ", " 9", " ")}
    study = make_study(HEAD + WORK + LINK, exports)
    assert account(study, "link.csv") == {"link": 1, "link repeated": 1, "link incomplete": 2, "no order key": 1}
    assert account(study, "work.csv") == {"event": 1, "key of no order": 1, "no order key": 1}


def test_a_chain_of_links(make_study):
    chain = "  a:\n    file: a.csv\n    keys: {contract: contract, work: work}\n"
    chain += "  b:\n    file: b.csv\n    keys: {order: order, contract: contract}\n"
    exports = {
        "crm.csv": CRM,
        "work.csv": work("1", "2", "3"),
        "a.csv": "contract,work\nc1,1\nc2,2\nc9,3\n",
        "b.csv": "order,contract\nA,c1\nB,c2\n",
    }
    study = make_study(HEAD + WORK + chain, exports)
    assert installed(study) == [("A", 1), ("B", 2)]
    assert account(study, "a.csv") == {"link": 2, "key of no order": 1}
    assert account(study, "work.csv") == {"event": 2, "key of no order": 1}


def test_events_can_carry_the_links_themselves(make_study):
    both = "  both:\n    file: both.csv\n    system: crm\n    keys: {order: order, work: work}\n    events: *events\n"
    exports = {
        "crm.csv": CRM,
        "work.csv": work("1", "2"),
        "both.csv": "order,work,step,time\nA,1,Dispatch,2024-01-02\n,1,Grab,2024-01-02\nB,1,Wrong,2024-01-02\n",
    }
    study = make_study(HEAD + WORK + both, exports)
    assert account(study, "work.csv") == {"key of several orders": 1, "key of no order": 1}
    assert account(study, "both.csv") == {"event": 2, "key of several orders": 1}


def test_keys_of_one_row_that_disagree(make_study):
    both = "  both:\n    file: both.csv\n    system: crm\n    keys: {work: work, bill: bill}\n    events: *events\n"
    links = LINK + "  bills:\n    file: bills.csv\n    keys: {order: order, bill: bill}\n"
    exports = {
        "crm.csv": CRM,
        "work.csv": work("1"),
        "link.csv": link("A 1", "B 2"),
        "bills.csv": "order,bill\nA,x\nB,y\n",
        "both.csv": "work,bill,step,time\n"
        "1,x,Good,2024-01-03\n1,y,Bad,2024-01-03\n,y,Half,2024-01-03\n2,z,Half,2024-01-03\n",
    }
    study = make_study(HEAD + WORK + links + both, exports)
    log = study.log()
    assert rows(log.filter(log.source == "both.csv"), "case_id", "activity") == [
        ("A", "Good"),
        ("B", "Half"),
        ("B", "Half"),
    ]
    assert account(study, "both.csv") == {"event": 3, "keys of different orders": 1}


def test_keys_that_no_link_joins(make_study):
    with pytest.raises(StudyError) as caught:
        make_study(HEAD + WORK, {"crm.csv": CRM, "work.csv": work("1")}).log()
    message = str(caught.value)
    assert "no source links the key work to the order's key 'order'" in message
    assert "A source, such as a link table, whose keys name 'order' or a kind linked to it" in message


SHARED = """\
  items:
    file: items.csv
    keys: {order: order, part: part}
    shared: [part]
    order_attributes: {item: item}
  parts:
    file: parts.csv
    keys: {part: part, maker: maker}
    shared: [maker]
    order_attributes: {colour: colour}
  makers:
    file: makers.csv
    keys: {maker: maker}
    order_attributes: {country: country}
"""


def test_what_several_orders_share_is_said_of_each(make_study):
    exports = {
        "crm.csv": CRM + "C,Accept,2024-01-01\n",
        "items.csv": "order,part,item\nA,p,1\nB,p,1\nB,q,2\nC,,1\nD,r,1\n",
        "parts.csv": "part,maker,colour\nq,m,blue\np,m,red\nr,n,green\ns,m,grey\n,m,pink\n",
        "makers.csv": "maker,country\nm,CN\nn,BR\n,US\nx,FR\n",
    }
    study = make_study(HEAD + SHARED, exports)
    assert rows(study.log(), "case_id", "case:colour", "case:country") == [
        ("A", "red", "CN"),
        ("B", "blue", "CN"),
        ("C", None, None),
    ]
    assert account(study, "items.csv") == {"order attributes": 4, "order without events": 1}
    assert account(study, "parts.csv") == {"order attributes": 2, "order without events": 1, "key of no order": 2}
    assert account(study, "makers.csv") == {
        "order attributes": 1,
        "order without events": 1,
        "key of no order": 1,
        "no order key": 1,
    }
    several = study.findings().query("check == 'several values of an order attribute'")
    assert several.set_index("example")["orders"].to_dict() == {"case:colour · B": 1, "case:item · B": 1}


def test_a_key_can_be_called_like_our_own_columns(make_study):
    definition = (
        (HEAD + WORK + LINK).replace("order: order}", "order: case_id}").replace("work: work}", "work: source_row}")
    )
    definition = definition.replace("{order: order, work:", "{order: case_id, work:")
    exports = {
        "crm.csv": CRM.replace("order", "case_id"),
        "work.csv": work("1").replace("work", "source_row"),
        "link.csv": link("A 1").replace("order", "case_id").replace("work", "source_row"),
    }
    assert installed(make_study(definition, exports)) == [("A", 1)]
