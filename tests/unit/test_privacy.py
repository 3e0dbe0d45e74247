import re
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import log_of, rows
from procmine import privacy
from procmine.errors import LogError, ProcmineError
from procmine.privacy import key_fingerprint, pseudonym_key, pseudonymise, shareable_log
from procmine.study import open_study

KEY = b"0123456789abcdef"
PSEUDONYM = re.compile(r"P-[0-9a-hj-km-np-tv-z]{8}")


def test_a_person_keeps_one_pseudonym_in_every_column_and_nulls_stay_null(make_log):
    log = make_log("a: X/Ann Y/Bob Z | b: X/Ann", **{"case:manager": ["Bob", "Bob", "Bob", None]})
    hidden = pseudonymise(log, ["resource", "case:manager"], key=KEY)
    (ann, bob, nobody), (ann_again,) = (
        [row[1] for row in rows(hidden.filter(hidden.case_id == case), "position", "resource")] for case in "ab"
    )
    assert PSEUDONYM.fullmatch(ann)
    assert PSEUDONYM.fullmatch(bob)
    assert ann == ann_again != bob
    assert nobody is None
    assert rows(hidden, "next_resource") == sorted([(bob,), (None,), (None,), (None,)], key=repr)
    assert set(rows(hidden, "case:manager")) == {(bob,), (None,)}


def test_everything_else_and_the_order_of_rows_stay(make_log):
    log = make_log("b: X/Ann Y/Bob | a: X/Cai")
    hidden = pseudonymise(log, ["resource"], key=KEY)
    assert hidden.columns == log.columns
    assert hidden.schema() == log.schema()
    others = [name for name in log.columns if "resource" not in name]
    assert hidden[others].to_pandas().equals(log[others].to_pandas())


def test_another_key_gives_other_pseudonyms_and_the_same_key_the_same(make_log):
    log = make_log("a: X/Ann")
    shown = [rows(pseudonymise(log, ["resource"], key=key), "resource") for key in (KEY, KEY, KEY[::-1])]
    assert shown[0] == shown[1] != shown[2]
    assert key_fingerprint(KEY) != key_fingerprint(KEY[::-1])


def test_a_number_is_hashed_as_its_text(make_log):
    log = make_log("a: X", **{"case:customer": [4711]})
    texts = make_log("a: X", **{"case:customer": ["4711"]})
    shown, expected = (rows(pseudonymise(each, ["case:customer"], key=KEY), "case:customer") for each in (log, texts))
    assert shown == expected


@given(st.lists(st.text(), unique=True, max_size=40))
def test_different_people_never_share_a_pseudonym(names):
    assert len(set(privacy._pseudonyms(names, KEY))) == len(names)


def test_short_forms_that_coincide_are_written_longer(monkeypatch):
    codes = {"Ann": "aaaaaaaa1111zzzz", "Bob": "aaaaaaaa2222zzzz", "Cai": "bbbbbbbb3333zzzz"}
    monkeypatch.setattr(privacy, "_code", lambda value, key: codes[value])
    assert privacy._pseudonyms(codes, KEY) == ["P-aaaaaaaa1111", "P-aaaaaaaa2222", "P-bbbbbbbb"]


def test_an_unknown_column_is_named_with_the_nearest(make_log):
    with pytest.raises(LogError, match=r"no column 'resorce' to pseudonymise. Did you mean 'resource'"):
        pseudonymise(make_log("a: X"), ["resorce"], key=KEY)


def test_a_short_key_is_refused(make_log, monkeypatch):
    with pytest.raises(ProcmineError, match=r"key: the key of the pseudonyms has 5 bytes. At least 16, at random"):
        pseudonymise(make_log("a: X/Ann"), ["resource"], key=b"short")
    monkeypatch.setenv("PROCMINE_PSEUDONYM_KEY", "short")
    with pytest.raises(ProcmineError, match="PROCMINE_PSEUDONYM_KEY: the key of the pseudonyms has 5 bytes"):
        pseudonym_key()


def test_the_project_makes_its_key_once_for_its_owner_only(tmp_path, monkeypatch):
    monkeypatch.setenv("PROCMINE_HOME", str(tmp_path))
    monkeypatch.delenv("PROCMINE_PSEUDONYM_KEY", raising=False)
    key = pseudonym_key()
    kept = tmp_path / "outputs" / ".pseudonym-key"
    assert key == pseudonym_key() == kept.read_bytes()
    assert len(key) >= 32
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir()] == [".pseudonym-key"]


def test_a_given_key_goes_before_the_project_s(tmp_path, monkeypatch):
    monkeypatch.setenv("PROCMINE_HOME", str(tmp_path))
    monkeypatch.setenv("PROCMINE_PSEUDONYM_KEY", KEY.decode())
    assert pseudonym_key() == KEY
    assert not (tmp_path / "outputs").exists()


def test_the_log_of_a_report_hides_the_study_s_personal_columns(project):
    study = open_study("tiny")
    plain, shown = shareable_log(study, names="plain"), shareable_log(study)
    assert rows(plain, "resource") == [("Ann",), ("Ann",), ("Bob",), ("Bob",)]
    assert {PSEUDONYM.fullmatch(name) is not None for (name,) in rows(shown, "resource")} == {True}
    assert {PSEUDONYM.fullmatch(name) is not None for (name,) in rows(shown, "case:customer")} == {True}
    with pytest.raises(ProcmineError, match=r"names: 'none' is no way to show names. pseudonyms or plain."):
        shareable_log(study, names="none")


def test_an_attribute_of_events_can_be_personal(make_study):
    definition = """
title: One order
order: order
systems: {shop: {rank: 1, time_zone: UTC}}
sources:
  steps:
    file: steps.csv
    system: shop
    keys: {order: order}
    events: {form: row, activity: step, timestamp: done, attributes: {account: account, note: note}}
    order_attributes: {account: payer}
personal: [account]
"""
    export = "order,step,done,account,note,payer\n1,Pay,2024-01-01,A-7,n,A-8\n"
    shown = rows(shareable_log(make_study(definition, {"steps.csv": export})), "event:account", "case:account")
    assert all(PSEUDONYM.fullmatch(name) for name in shown[0])


def test_an_empty_list_of_columns_changes_nothing():
    log = log_of("a: X/Ann")
    assert pseudonymise(log, [], key=KEY) is log
