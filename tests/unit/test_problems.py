"""All problems of a study at once, in order of harm."""

import pytest

from procmine.errors import StudyError
from procmine.problems import Problem, study_problems
from procmine.study import open_study

STUDY = """\
title: Two systems
order: order
systems: {boss: {rank: 1, time_zone: Asia/Shanghai}, crm: {rank: 2, time_zone: UTC}}
sources:
  boss:
    file: boss.csv
    system: boss
    keys: {order: no, contract: contract}
    events: {form: row, activity: step, timestamp: done, resource: by}
  crm:
    file: crm.csv
    system: crm
    keys: {contract: contract}
    events: {form: row, activity: step, timestamp: done}
"""
BOSS = "no,contract,step,done,by\n1,c1,Accept,2024-01-02 09:00,Ann\n2,c2,Accept,2024-01-02 10:00,Ann\n"
CRM = "contract,step,done\nc1,Offer,2024-01-01 09:00\nc3,Offer,2024-01-01 09:30\n"


@pytest.fixture
def problems_of(make_study):
    """The problems of a study of which `boss.csv` and `crm.csv` are the exports."""

    def find(definition=STUDY, *, boss=BOSS, crm=CRM, **more):
        exports = {"boss.csv": boss, "crm.csv": crm, **more}
        folder = make_study(STUDY, {name: text for name, text in exports.items() if text is not None}).folder
        (folder / "study.yaml").write_text(definition, "utf-8")
        return study_problems(folder)

    return find


def told(problems, harm="unusable"):
    assert all(problem.harm == harm for problem in problems)
    return [(problem.place.rpartition("/")[2], problem.found) for problem in problems]


def test_rows_set_aside_come_before_findings(problems_of):
    problems = problems_of()
    assert problems[0] == Problem(
        "lost", "crm.csv", "1 rows set aside: key of no order", "study.set_aside('crm') shows them"
    )
    assert [problem.harm for problem in problems] == sorted((p.harm for p in problems), key="lost doubtful".index)
    assert any(problem.found.startswith("row of no order (1 rows)") for problem in problems)
    assert str(problems[0]) == "crm.csv: 1 rows set aside: key of no order. study.set_aside('crm') shows them."


def test_nothing_is_wrong(problems_of):
    times = "".join(f"{n},c{n},{step},2024-01-0{n} 1{h}:2{n}:3{h},Ann\n" for n in (1, 2) for h, step in enumerate("AB"))
    assert problems_of(boss=f"no,contract,step,done,by\n{times}", crm="contract,step,done\n") == []


def test_a_header_below_a_title_is_told_once_and_then_all_is_well(problems_of):
    titled = "Orders of May\n\n" + BOSS
    (problem,) = problems_of(boss=titled)
    assert (problem.harm, problem.found) == (
        "unusable",
        "no column 'no' in line 1, but line 3 reads like the header",
    )
    assert problem.expected == "If it is, say header_row: 3 in study.yaml"
    definition = STUDY.replace("file: boss.csv", "file: boss.csv\n    header_row: 3")
    assert [str(problem) for problem in problems_of(definition, boss=titled)] == list(map(str, problems_of()))


def test_every_mistake_of_the_mapping_is_told(problems_of):
    wrong = STUDY.replace("rank: 1", "rank: first").replace("form: row, activity: step, timestamp: done}", "form: rwo}")
    found = told(problems_of(wrong + "titel: x\n"))
    assert ("study.yaml", "unknown key 'titel'. Did you mean 'title'? Known: activities") not in found
    assert any("titel" in text for _place, text in found)
    wrong = STUDY.replace("rank: 1", "rank: first").replace("form: row, activity: step, timestamp: done}", "form: rwo}")
    places = [place for place, _text in told(problems_of(wrong))]
    assert places == ["study.yaml, systems.boss.rank", "study.yaml, sources.crm.events"]


def test_every_contradiction_of_the_mapping_is_told(problems_of):
    wrong = STUDY.replace("system: crm", "system: cmr").replace("order: order", "order: ordre") + "personal: [whom]\n"
    found = [text.partition(":")[0] for _place, text in told(problems_of(wrong))]
    assert found == ["order", "sources.crm.system", "personal"]


def test_exports_are_looked_into_although_a_zone_is_wrong(problems_of):
    found = told(problems_of(STUDY.replace("time_zone: UTC", "time_zone: FILL IN"), boss=BOSS.replace("by", "who")))
    assert found == [
        ("study.yaml, systems.crm.time_zone",
         "no time zone 'FILL IN'; use an IANA name such as Asia/Shanghai or UTC"),
        ("boss.csv", "no column 'by'"),
    ]  # fmt: skip


def test_every_export_and_every_column_is_told(problems_of):
    problems = problems_of(boss=BOSS.replace("step", "setp").replace("done", "at"), crm=None)
    assert told(problems) == [
        ("boss.csv", "no column 'done'"),
        ("boss.csv", "no column 'step'"),
        ("crm.csv", "no such file"),
    ]
    assert problems[1].expected.startswith("Did you mean 'setp'?")


def test_an_encoding_that_is_not_the_file_s(problems_of):
    (problem,) = problems_of(STUDY.replace("by}", "经办人}"), boss=BOSS.replace("by", "经办人").encode("gb18030"))
    assert "bytes in the header that are not utf-8" in problem.found
    assert problem.expected == "Name the file's encoding in study.yaml"


def test_times_without_a_zone_of_every_source(problems_of):
    problems = problems_of(STUDY.replace(", time_zone: Asia/Shanghai", "").replace(", time_zone: UTC", ""))
    assert told(problems) == [
        ("boss.csv, row 1",
         "time '2024-01-02 09:00' has no offset, and no time zone is declared (rows like this: 2)"),
        ("crm.csv, row 1",
         "time '2024-01-01 09:00' has no offset, and no time zone is declared (rows like this: 2)"),
    ]  # fmt: skip
    assert problems[0].expected == "Declare the time_zone of system 'boss' in study.yaml, such as Asia/Shanghai"


def test_times_with_their_offset_need_no_zone(problems_of):
    definition = STUDY.replace(", time_zone: UTC", "") + "designed_flow: flow.bpmn\n"
    found = told(problems_of(definition, crm=CRM.replace(":00\n", ":00Z\n").replace(":30\n", ":30+08:00\n")))
    assert found == [("flow.bpmn", "no such file")]


def test_kinds_that_nothing_links(problems_of):
    wrong = STUDY.replace("keys: {order: no, contract: contract}", "keys: {order: no}")
    (problem,) = problems_of(wrong)
    assert problem.found == "no source links the key 'contract' (of crm) to the order's key 'order'"


def test_a_study_that_gives_no_event_is_told_as_building_it_tells(problems_of):
    (problem,) = problems_of(boss=BOSS.splitlines()[0] + "\n", crm=CRM.splitlines()[0] + "\n")
    assert problem.harm == "unusable"
    assert problem.found == "no row of the exports gives an event (they have no rows)"


def test_text_that_is_no_yaml_and_a_study_that_is_not_there(problems_of, tmp_path):
    (problem,) = problems_of("title: [")
    assert problem.found.startswith("this is not a YAML file")
    with pytest.raises(StudyError, match="no study"):
        study_problems(tmp_path / "nowhere")


def test_what_the_study_asks_to_set_aside_is_no_problem():
    asked = {"status is no step", "mirrored"}
    ledger = set(open_study("enterprise_activation").ledger()["reason"])
    assert asked <= ledger
    told = [problem.found for problem in study_problems("enterprise_activation") if problem.harm == "lost"]
    assert told
    assert not [found for found in told if any(reason in found for reason in asked)]


def test_steps_outside_of_the_designed_flow_are_told_once():
    (problem,) = [p for p in study_problems("enterprise_activation") if p.found.startswith("only the log")]
    assert problem.harm == "doubtful"
    assert problem.found == (
        "only the log has Answer query, Complete order data, Query order, Repair fault, Report fault, Return order"
    )
