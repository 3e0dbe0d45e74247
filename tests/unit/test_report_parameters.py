import pytest
from nbformat.v4 import new_code_cell

from procmine.errors import ReportError
from procmine.report.parameters import checked, declared
from small_project import PARAMETERS, tagged


def cells(source=PARAMETERS, tag="parameters"):
    return [new_code_cell("1 + 1"), tagged(new_code_cell(source), tag)]


@pytest.fixture
def known(tmp_path):
    return declared(cells(), tmp_path / "tiny.ipynb")


def test_the_cell_declares_names_types_defaults_and_what_they_are_for(known):
    share = known["share"]
    assert (share.type, share.default, share.explained) == (float, 0.5, "a part of one")
    assert known["language"].type == ("en", "zh")


def test_what_is_not_given_keeps_its_default_and_a_whole_number_may_stand_for_a_number(known):
    values = checked({"share": 1, "strict": True}, known)
    assert values == {
        "language": "en", "names": "pseudonyms", "share": 1.0, "most": 3, "strict": True, "as_of": "", "ends": "well",
    }  # fmt: skip
    assert type(values["share"]) is float


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"shaer": 0.5},
            "parameter shaer: the report has no such parameter. Did you mean 'share'? "
            "Known: as_of, ends, language, most, names, share, strict.",
        ),
        ({"share": "0.5"}, "parameter share: '0.5' cannot be used. share is a number: a part of one."),
        ({"share": True}, "parameter share: True (bool) cannot be used. share is a number: a part of one."),
        ({"share": float("nan")}, "parameter share: nan (float) cannot be used. share is a number: a part of one."),
        ({"most": 2.5}, "parameter most: 2.5 (float) cannot be used. most is a whole number: how many."),
        ({"most": None}, "parameter most: None (NoneType) cannot be used. most is a whole number: how many."),
        ({"strict": 1}, "parameter strict: 1 (int) cannot be used. strict is True or False: whether to be strict."),
        ({"as_of": 2024}, "parameter as_of: 2024 (int) cannot be used. as_of is a text: when the export was taken."),
        ({"language": "fr"}, "parameter language: 'fr' cannot be used. language is one of en, zh: of headings."),
        ({"study": "x"}, "parameter study: it is set by run_report itself. Leave study out."),
    ],
)
def test_what_cannot_be_used_is_told_with_what_would_be_right(known, given, message):
    with pytest.raises(ReportError) as refused:
        checked(given, known)
    assert str(refused.value) == message


def test_texts_of_a_command_line_are_read_by_type(known):
    read = {
        name: known[name].read(text)
        for name, text in {"share": "1e-1", "most": "7", "strict": "True", "as_of": "2024", "language": "zh"}.items()
    }
    assert read == {"share": 0.1, "most": 7, "strict": True, "as_of": "2024", "language": "zh"}


@pytest.mark.parametrize(
    ("name", "text"), [("share", "half"), ("share", "inf"), ("most", "1.5"), ("strict", "yes"), ("language", "de")]
)
def test_a_text_that_does_not_read_is_refused_as_typed(known, name, text):
    with pytest.raises(ReportError, match=rf"parameter {name}: .*cannot be used. {name} is "):
        known[name].read(text)


GIVEN = 'study: str = ""  # a\nfolder: str = ""  # b\n'


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (GIVEN + "top = 3  # c", "line 3: not a typed assignment. Write such as"),
        (GIVEN + "top: int = 3", "line 3: top has no comment. Say at the end of its line"),
        (
            GIVEN + "top: list = []  # c",
            'line 3: top has the type list. One of str, int, float, bool, Literal["…", "…"]',
        ),
        (GIVEN + "top: int = len('abc')  # c", "line 3: top has no constant as its default."),
        (GIVEN + "top: int = 'x'  # c", "parameter top: 'x' cannot be used."),
        ('study: str = ""  # a', "its parameters lack folder."),
    ],
)
def test_a_cell_that_does_not_declare_well_is_refused(tmp_path, source, message):
    with pytest.raises(ReportError) as refused:
        declared(cells(source), tmp_path / "tiny.ipynb")
    assert message in str(refused.value)


def test_a_notebook_without_the_cell_is_refused(tmp_path):
    with pytest.raises(ReportError, match=r"0 cells are tagged 'parameters'. Tag exactly one code cell so."):
        declared(cells(tag="other"), tmp_path / "tiny.ipynb")
