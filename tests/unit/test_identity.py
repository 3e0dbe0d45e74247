"""Which order a row in doubt belongs to: its candidates, lost links found again, and one order under two numbers."""

import random

import networkx
import pandas as pd
import pytest

from conftest import rows
from procmine import engine
from procmine.assemble.identity import recover
from procmine.errors import StudyError

STUDY = """\
title: Three systems
order: order
systems:
  crm: {rank: 1, time_zone: UTC}
  boss: {rank: 2, time_zone: UTC}
sources:
  crm:
    file: crm.csv
    system: crm
    keys: {opportunity: opportunity, contract: contract}
    events: {form: row, activity: step, timestamp: time}
    order_attributes: {customer: customer, product: product}
  oa:
    file: oa.csv
    system: crm
    keys: {contract: contract}
    events: &events {form: row, activity: step, timestamp: time}
  boss:
    file: boss.csv
    system: boss
    keys: {order: order}
    events: *events
    order_attributes: {customer: customer, product: product}
  links:
    file: links.csv
    keys: {contract: contract, order: order}
"""
RECOVER = STUDY + "recover: [{source: crm, match: [customer, product], within: 3 d}]\n"


def exports(crm: str = "", oa: str = "", boss: str = "", links: str = "") -> dict[str, str]:
    """Rows separated by ``|``, cells by spaces, ``-`` an empty cell; days of January 2024 as times."""

    def table(head: str, text: str, time: int | None) -> str:
        lines = [head]
        for row in filter(None, (row.split() for row in text.split("|"))):
            cells = ["" if cell == "-" else cell for cell in row]
            if time is not None:
                cells[time] = f"2024-01-{int(cells[time]):02d} 12:00"
            lines.append(",".join(cells))
        return "\n".join(lines) + "\n"

    return {
        "crm.csv": table("opportunity,contract,step,time,customer,product", crm, 3),
        "oa.csv": table("contract,step,time", oa, 2),
        "boss.csv": table("order,step,time,customer,product", boss, 2),
        "links.csv": table("contract,order", links, None),
    }


def account(study, source: str) -> dict[str, int]:
    ledger = study.ledger()
    return ledger[ledger["source"] == source].set_index("reason")["rows"].to_dict()


def joined(study) -> list[tuple[object, ...]]:
    return rows(study.log(), "case_id", "activity", "event:joined")


def doubts(study, source: str) -> list[tuple[object, ...]]:
    """Row, reason and candidates of what was set aside."""
    frame = engine.collect(study.set_aside(source))
    return [
        (row["procmine:row"], row["procmine:reason"], None if found is None else list(found))
        for _, row in frame.iterrows()
        for found in [row["procmine:candidates"]]
    ]


BOSS = "A Accept 10 Acme Box | B Accept 10 Best Box"


class TestCandidates:
    def test_of_a_key_of_several_orders(self, make_study):
        study = make_study(
            STUDY, exports(oa="c1 Sign 8 | c2 Sign 8 | c9 Sign 8", boss=BOSS, links="c1 B | c1 A | c2 B")
        )
        assert doubts(study, "oa") == [(1, "key of several orders", ["A", "B"]), (3, "key of no order", None)]
        assert doubts(study, "links") == [
            (1, "key of several orders", ["A", "B"]),
            (2, "key of several orders", ["A", "B"]),
        ]

    def test_over_two_links(self, make_study):
        """The opportunity has two contracts, one of A and one of B."""
        study = make_study(
            STUDY,
            exports(crm="o1 c1 Find 7 - - | o1 c2 Ask 8 - - | o1 - Plan 8 - -", boss=BOSS, links="c1 A | c2 B"),
        )
        assert doubts(study, "crm") == [(3, "key of several orders", ["A", "B"])]

    def test_of_an_order_that_several_keys_claim(self, make_study):
        study = make_study(STUDY, exports(oa="c1 Sign 8 | c2 Sign 8", boss=BOSS, links="c1 A | c2 A"))
        assert doubts(study, "oa") == [
            (1, "order claimed by several keys", ["A"]),
            (2, "order claimed by several keys", ["A"]),
        ]

    def test_of_keys_that_disagree(self, make_study):
        definition = STUDY + "  more:\n    file: more.csv\n    keys: {opportunity: opportunity, order: order}\n"
        files = exports(crm="o2 c1 Find 7 - -", boss=BOSS, links="c1 A") | {"more.csv": "opportunity,order\no2,B\n"}
        assert doubts(make_study(definition, files), "crm") == [(1, "keys of different orders", ["A", "B"])]


class TestRecovery:
    def test_a_lost_link_is_found_and_marked(self, make_study):
        """Two rows of one opportunity, and the approval of its contract, which hangs on it."""
        study = make_study(
            RECOVER,
            exports(
                crm="o1 - Find 8 Acme Box | o1 c1 Agree 9 - - | o2 - Find 8 Best Cable",
                oa="c1 Sign 9",
                boss=BOSS,
                links="c7 Z",
            ),
        )
        assert joined(study) == [
            ("A", "Accept", None),
            ("A", "Agree", "recovered"),
            ("A", "Find", "recovered"),
            ("A", "Sign", "recovered"),
            ("B", "Accept", None),
        ]
        assert account(study, "crm.csv") == {"event": 2, "key of no order": 1}
        assert doubts(study, "crm") == [(3, "key of no order", None)]

    def test_nothing_is_joined_without_the_rule(self, make_study):
        study = make_study(STUDY, exports(crm="o1 - Find 8 Acme Box", boss=BOSS, links="c7 Z"))
        assert account(study, "crm.csv") == {"key of no order": 1}
        assert "event:joined" not in study.log().columns

    def test_several_orders_that_fit_are_candidates(self, make_study):
        boss = "A Accept 10 Acme Box | B Accept 10 Acme Box | C Accept 10 Acme Cable"
        study = make_study(RECOVER, exports(crm="o1 - Find 8 Acme Box", boss=boss, links="c7 Z"))
        assert doubts(study, "crm") == [(1, "key of no order", ["A", "B"])]

    @pytest.mark.parametrize(("day", "found"), [(7, True), (6, False), (13, True), (14, False)])
    def test_the_time_between(self, make_study, day, found):
        study = make_study(RECOVER, exports(crm=f"o1 - Find {day} Acme Box", boss=BOSS, links="c7 Z"))
        assert account(study, "crm.csv") == ({"event": 1} if found else {"key of no order": 1})

    def test_a_row_without_any_key(self, make_study):
        crm = "- - Find 8 Acme Box | - - Ask 9 Acme Box | - - Plan 9 Best -"
        study = make_study(RECOVER, exports(crm=crm, boss=BOSS, links="c7 Z"))
        assert joined(study)[1:3] == [("A", "Ask", "recovered"), ("A", "Find", "recovered")]
        assert account(study, "crm.csv") == {"event": 2, "no order key": 1}

    def test_an_order_that_has_its_key_takes_no_other(self, make_study):
        crm = "o1 c1 Agree 9 Acme Box | o2 - Find 8 Acme Box"
        study = make_study(RECOVER, exports(crm=crm, boss=BOSS, links="c1 A"))
        assert account(study, "crm.csv") == {"event": 1, "key of no order": 1}
        study = make_study(
            RECOVER.replace("    order_attributes", "    many: [opportunity]\n    order_attributes", 1),
            exports(crm=crm, boss=BOSS, links="c1 A"),
        )
        assert account(study, "crm.csv") == {"event": 2}

    def test_two_lost_keys_that_claim_one_order_get_none(self, make_study):
        crm = "o1 - Find 8 Acme Box | o2 - Find 9 Acme Box"
        study = make_study(RECOVER, exports(crm=crm, boss=BOSS, links="c7 Z"))
        assert account(study, "crm.csv") == {"order claimed by several keys": 2}

    def test_a_key_whose_rows_contradict_each_other_says_nothing(self, make_study):
        crm = "o1 - Find 8 Acme Box | o1 - Ask 8 Best Box"
        study = make_study(RECOVER, exports(crm=crm, boss=BOSS, links="c7 Z"))
        assert account(study, "crm.csv") == {"key of no order": 2}

    def test_too_many_pairs_are_refused(self, make_study, monkeypatch):
        monkeypatch.setattr(recover, "MOST_PAIRS", 5)
        crm = " | ".join(f"o{number} - Find 8 Acme Box" for number in range(3))
        boss = "A Accept 10 Acme Box | B Accept 10 Acme Box"
        with pytest.raises(StudyError) as caught:
            make_study(RECOVER, exports(crm=crm, boss=boss, links="c7 Z")).log()
        assert str(caught.value) == (
            "study.yaml, recover, source 'crm': customer, product agree for 6 pairs of a lost key and an order "
            "(customer Acme, product Box alone for 3 keys and 2 orders). "
            "Match an attribute more that tells orders apart."
        )

    def test_every_row_is_accounted_for_and_no_wrong_order_is_joined(self, make_study):
        """A hundred orders, each customer with one product: a third of the links are lost."""
        chance = random.Random(11)
        truth, crm, boss, links = {}, [], [], []
        for number in range(100):
            day, customer = chance.randrange(5, 25), chance.randrange(60)
            truth[f"o{number}"] = f"R{number}"
            crm.append(f"o{number} - Find {day} C{customer} Box")
            lost = chance.random() < 0.33
            crm.append(f"o{number} {'-' if lost else f'c{number}'} Agree {day + 1} C{customer} Box")
            boss.append(f"R{number} Accept {day + 2} C{customer} Box")
            links.append(f"c{number} R{number}")
        study = make_study(RECOVER, exports(" | ".join(crm), "", " | ".join(boss), " | ".join(links)))
        ledger = study.ledger()
        assert ledger.groupby("source")["rows"].sum().to_dict() == {"boss.csv": 100, "crm.csv": 200, "links.csv": 100}
        log = engine.collect(study.log().filter(lambda t: t.source == "crm.csv"))
        keys = pd.read_csv(study.folder / "exports" / "crm.csv")["opportunity"]
        wrong = [row for row in log.itertuples() if truth[keys[row.source_row - 1]] != row.case_id]
        assert wrong == []
        assert (log["event:joined"] == "recovered").sum() > 20


class TestSameOrder:
    BY_KEY = STUDY + "same_order: [{key: contract}]\n"

    def test_orders_that_share_a_contract_are_one(self, make_study):
        boss = "B Accept 10 Acme Box | A Accept 11 Acme Box | A Build 12 - - | C Accept 10 - -"
        study = make_study(self.BY_KEY, exports(oa="c1 Sign 8 | c2 Sign 8", boss=boss, links="c1 A | c1 B | c2 C"))
        assert joined(study) == [
            ("A", "Accept", "same order"),
            ("A", "Accept", None),
            ("A", "Build", None),
            ("A", "Sign", "same order"),
            ("C", "Accept", None),
            ("C", "Sign", None),
        ]
        assert study.same_orders().to_numpy().tolist() == [["B", "A", "contract c1", True]]
        assert account(study, "links.csv") == {"link": 3}
        assert account(study, "oa.csv") == {"event": 2}

    def test_over_two_hops_and_in_a_chain(self, make_study):
        """The opportunity joins A and C, the contract C and B."""
        study = make_study(
            STUDY + "same_order: [{key: contract}, {key: opportunity}]\n",
            exports(
                crm="o1 c1 Agree 8 - - | o1 c2 Agree 9 - -",
                boss="A Accept 10 - - | B Accept 10 - - | C Accept 10 - -",
                links="c1 A | c2 C | c3 C | c3 B",
            ),
        )
        log = study.log()
        assert {case for (case,) in rows(log, "case_id")} == {"A"}
        found = study.same_orders()
        assert set(found["evidence"]) == {"contract c3", "opportunity o1"}

    def test_only_reported(self, make_study):
        boss = "A Accept 10 Acme Box | B Accept 11 Acme Box"
        study = make_study(
            self.BY_KEY.replace("contract}]", "contract, then: report}]"),
            exports(oa="c1 Sign 8", boss=boss, links="c1 A | c1 B"),
        )
        assert joined(study) == [("A", "Accept", None), ("B", "Accept", None)]
        assert study.same_orders().to_numpy().tolist() == [["B", "A", "contract c1", False]]
        assert account(study, "oa.csv") == {"key of several orders": 1}

    def test_by_what_orders_have_in_common(self, make_study):
        """C follows B within two days, A does not; without a customer nothing is said."""
        boss = (
            "A Accept 5 Acme Box | B Accept 8 Acme Box | C Accept 10 Acme Box | D Accept 10 - Box | E Accept 10 - Box"
        )
        study = make_study(
            STUDY + "same_order: [{match: [customer, product], within: 2 d}]\n", exports(boss=boss, links="c7 Z")
        )
        assert study.same_orders().to_numpy().tolist() == [["C", "B", "customer Acme, product Box", True]]
        assert {case for (case,) in rows(study.log(), "case_id")} == {"A", "B", "D", "E"}

    def test_a_recovered_row_goes_to_the_joined_order(self, make_study):
        definition = self.BY_KEY + "recover: [{source: crm, match: [customer, product], within: 3 d}]\n"
        boss = "B Accept 10 Acme Box | A Accept 11 Acme Box"
        study = make_study(definition, exports(crm="o1 - Find 9 Acme Box", boss=boss, links="c1 A | c1 B"))
        assert ("A", "Find", "recovered") in joined(study)

    @pytest.mark.parametrize("seed", range(3))
    def test_components_against_networkx(self, seed):
        from procmine.assemble.identity.components import components

        chance = random.Random(seed)
        chain = [(f"n{place:03d}", f"n{place + 1:03d}") for place in range(200)]
        loose = [(f"m{chance.randrange(300):03d}", f"m{chance.randrange(300):03d}") for _ in range(160)]
        links = [*chain, *loose]
        chance.shuffle(links)
        table = engine.table(pd.DataFrame(links, columns=["one", "other"]))
        with engine.Scratch() as scratch:
            found = dict(rows(components(table, scratch), "member", "label"))
        graph = networkx.Graph(links)
        assert found == {member: min(group) for group in networkx.connected_components(graph) for member in group}


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            "recover: [{source: cmr, match: [customer], within: 1 d}]",
            r"recover.0.source: no source of events 'cmr'. Did",
        ),
        ("recover: [{source: oa, match: [customer], within: 1 d}]", r"recover.0.match: 'oa' gives no order attribute"),
        (
            "recover: [{source: crm, match: [], within: 1 d}]",
            r"recover.0.match: 0 given, at least 1 needed",
        ),
        (
            "same_order: [{key: contrat}]",
            r"same_order.0.key: no key 'contrat' of single orders. Did you mean 'contract'",
        ),
        ("same_order: [{key: order}]", r"same_order.0.key: no key 'order' of single orders"),
        ("same_order: [{match: [custmer], within: 1 d}]", r"same_order.0.match: no order attribute 'custmer'"),
        ("same_order: [{match: [customer]}]", r"same_order.0: either a key, or match and within"),
        ("same_order: [{key: contract, match: [customer], within: 1 d}]", r"either a key, or match and within"),
    ],
)
def test_evidence_that_cannot_be(make_study, rule, message):
    with pytest.raises(StudyError, match=message):
        make_study(STUDY + rule + "\n", {})
