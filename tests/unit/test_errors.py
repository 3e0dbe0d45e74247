"""The shape of every message to a user: place, what was found, what would be right."""

import pickle

import pytest

from procmine.errors import ExportError, LogError, ProcmineError, StudyError, nearest


def test_a_message_joins_place_finding_and_advice():
    error = ExportError("no column 'a'", where="crm.csv, row 3", expected="Known: b")
    assert str(error) == "crm.csv, row 3: no column 'a'. Known: b."
    assert (error.where, error.found, error.expected) == ("crm.csv, row 3", "no column 'a'", "Known: b")


def test_place_and_advice_can_be_absent():
    assert str(LogError("no events")) == "no events."


@pytest.mark.parametrize("text", ["no events.", "no events?", "no events!"])
def test_a_sentence_ends_once(text):
    assert str(LogError(text, expected=text)) == f"{text} {text}"


def test_a_user_mistake_is_one_kind_of_error():
    assert issubclass(StudyError, ProcmineError)


def test_the_nearest_name_or_all_of_them():
    assert nearest("delimitr", ["delimiter", "file"]) == "Did you mean 'delimiter'? Known: delimiter, file"
    assert nearest("x", ["delimiter", "file"]) == "Known: delimiter, file"
    assert nearest("x", []) == "Known: none"


def test_an_error_crosses_processes():
    error = ExportError("no column 'a'", where="crm.csv", expected="Known: b")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
