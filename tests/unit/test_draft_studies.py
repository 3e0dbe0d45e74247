"""What `procmine new` finds in whole folders, against the `study.yaml` that people wrote for them."""

from collections import defaultdict

import pytest

from conftest import CHECKOUT, STUDIES
from procmine.assemble.mapping.study_file import all_mistakes, load_study_file
from procmine.draft import MARK, draft_study
from procmine.study import open_study


def columns_by_kind(study):
    """The key columns of a study, by the file they are in; and which of them are of one kind."""
    kinds = defaultdict(set)
    for source in study.sources.values():
        for kind, column in source.keys.items():
            kinds[kind].add((source.file, column))
    return {frozenset(places) for places in kinds.values()}


def ruled(study, rule):
    """The key columns of which the study says that orders have many, or share them."""
    return {(source.file, source.keys[kind]) for source in study.sources.values() for kind in getattr(source, rule)}


def drafted(exports, target):
    path = draft_study(exports, out=target)
    path.write_text(path.read_text("utf-8").replace(f"time_zone: {MARK}", "time_zone: Asia/Shanghai"), "utf-8")
    return load_study_file(path)


def linked(folder, *files):
    """A folder of links to `files`: real data are never copied."""
    folder.mkdir()
    for file in files:
        (folder / file.name).symlink_to(file)
    return folder


def by_file(study):
    return {source.file: source for source in study.sources.values()}


ACTIVATION = CHECKOUT / "eventlogs" / "enterprise_activation"


@pytest.fixture(scope="module")
def activation(tmp_path_factory):
    return drafted(ACTIVATION / "exports", tmp_path_factory.mktemp("draft") / "activation")


def test_the_keys_of_ten_exports_are_those_that_people_declared(activation):
    declared = load_study_file(ACTIVATION / "study.yaml")
    assert columns_by_kind(activation) == columns_by_kind(declared)
    assert ruled(activation, "many") == ruled(declared, "many")
    assert ruled(activation, "shared") == ruled(declared, "shared") == set()
    orders = {
        (source.file, source.keys[study.order])
        for study in (activation, declared)
        for source in study.sources.values()
        if study.order in source.keys
    }
    assert len(orders) == 5


def test_the_form_of_events_and_their_columns_are_those_that_people_declared(activation):
    guessed, declared = by_file(activation), by_file(load_study_file(ACTIVATION / "study.yaml"))
    assert guessed.keys() == declared.keys()
    for file in guessed.keys() - {"contract_register.xlsx"}:  # one time column: a person called it a column of several
        one, other = guessed[file], declared[file]
        assert one.encoding == other.encoding
        assert getattr(one.events, "form", None) == getattr(other.events, "form", None), file
        for form, meant in zip(one.forms, other.forms, strict=True):
            same = ("timestamp", "start", "resource", "status")
            assert [getattr(form, name, None) for name in same] == [getattr(meant, name, None) for name in same]
            if isinstance(meant.department, str):
                assert form.department == meant.department
        if one.forms and one.events.form == "row" and isinstance(other.events.activity, str):
            assert one.events.activity == other.events.activity
    assert set(guessed["boss_orders.csv"].order_attributes.values()) >= {"客户名称", "客户等级", "产品", "区域"}


def test_the_draft_of_ten_exports_waits_for_zones_and_then_gives_a_log(tmp_path):
    path = draft_study(ACTIVATION / "exports", out=tmp_path / "activation")
    study, mistakes = all_mistakes(path)
    assert study is not None
    naive = {"crm_steps", "oa_documents", "contract_register", "boss_orders", "eoms", "complaints", "order_centre"}
    assert {error.where.partition(", ")[2] for error in mistakes} == {f"systems.{name}.time_zone" for name in naive}
    path.write_text(path.read_text("utf-8").replace(f"time_zone: {MARK}", "time_zone: Asia/Shanghai"), "utf-8")
    ledger = open_study(path.parent).ledger()
    assert ledger["rows"].sum() == 18_972
    assert ledger["events"].sum() > 0.98 * 20_633


def test_two_systems_that_share_no_key_are_joined_without_a_question(tmp_path, shared):
    files = [shared / "two-systems" / f"{name}.csv" for name in ("receipt_even", "receipt_odd", "case_relations")]
    path = draft_study(linked(tmp_path / "files", *files), out=tmp_path / "two")
    study = load_study_file(path)
    assert columns_by_kind(study) == columns_by_kind(load_study_file(STUDIES / "two-systems" / "study.yaml"))
    log = open_study(path.parent).log()
    assert (log.case_id.nunique().to_pandas(), log.count().to_pandas()) == (1_434, 8_577)


def test_the_tables_of_a_shop(tmp_path, shared):
    study = drafted(shared / "olist", tmp_path / "shop")
    declared = load_study_file(STUDIES / "olist" / "study.yaml")
    assert study.order == "order"
    assert columns_by_kind(study) == columns_by_kind(declared)
    assert ruled(study, "shared") == ruled(declared, "shared")
    assert ruled(study, "many") == ruled(declared, "many") == set()
    times = [form.timestamp for form in by_file(study)["olist_orders_dataset.csv"].forms]
    assert times == [form.timestamp for form in declared.sources["orders"].forms]
    assert "# Not read: manifest.json" in (tmp_path / "shop" / "study.yaml").read_text("utf-8")


@pytest.mark.parametrize(
    ("folder", "key", "times"),
    [
        ("dirty/hospital_actlog.csv", "patient_visit_nr", ("complete", "start")),
        ("loan-designed/LoanApp_simplified.csv.gz", "case:concept:name", ("time:timestamp", "start_timestamp")),
        ("handoffs/manual_log_1.csv", "case_id", ("end_time", "start_time")),
        ("bpic2013-open/BPIC2013-OpenProblems.xes.gz", "case:concept:name", ("time:timestamp", None)),
    ],
)
def test_logs_of_one_export(tmp_path, shared, folder, key, times):
    study = drafted(linked(tmp_path / "files", shared / folder), tmp_path / "one")
    (source,) = study.sources.values()
    assert list(source.keys.values()) == [key]
    assert source.events.form == "row"
    assert (source.events.timestamp, source.events.start) == times
