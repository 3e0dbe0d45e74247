"""Two broken quotes far apart cost their lines alone, and a cell that goes over lines stays whole."""

from hypothesis import given, settings
from hypothesis import strategies as st

from procmine.assemble.reading.csv_rows import CsvRows, may_swallow_rows

WIDTH = 4
HEAD = "order,step,note,time\n"
KEYS = st.builds("{}-{}".format, st.sampled_from(["A", "BC", "ORD"]), st.integers(1, 99_999))
TIMES = st.builds("2024-{}-{} {}:{:02}".format, *(st.integers(1, most) for most in (12, 28, 23)), st.integers(0, 59))
STEPS = st.sampled_from(["Accept", "Send", "接单"])
NOTES = st.sampled_from(["", "ok", "asked again", "9 m", "x y"])
ROWS = st.tuples(KEYS, STEPS, NOTES, TIMES)
WORDS = st.sampled_from(["see", "moved", "rue 5", "12:30", "2024-1-5 9:30", "A-17", "", "call 7", "2024-11-15 19:30"])
PLAIN = st.sampled_from(["", "see", "moved", "rue de la Paix", "5", "单"])
LINES = st.lists(WORDS, min_size=1, max_size=WIDTH - 1).map(",".join)


def found(text):
    """The rows, and whether a file that reads them one by one is asked for."""
    lines = text.splitlines(keepends=True)
    return list(CsvRows(iter(lines), ",", width=WIDTH)), may_swallow_rows(iter(lines), ",", width=WIDTH)


def line(row):
    return ",".join(row) + "\n"


@settings(max_examples=200, deadline=None)
@given(st.lists(ROWS, max_size=3), ROWS, st.lists(ROWS, min_size=1, max_size=8), ROWS, st.lists(ROWS, max_size=3))
def test_of_a_pair_of_broken_quotes_only_the_lines_are_lost(before, first, between, last, after):
    """The first opens a note that does not end; the last closes one that did not begin."""
    opened = line((*first[:2], '"' + first[2], first[3]))
    closed = line((*last[:2], last[2] + '"', last[3]))
    text = HEAD + "".join([*map(line, before), opened, *map(line, between), closed, *map(line, after)])
    rows, doubtful = found(text)
    assert doubtful
    whole = [row.text + "\n" for row in rows[1:] if row.problem is None and row.cells == WIDTH]
    kept = [*before, *between, *after]
    assert [told for told in whole if told != closed] == [line(row) for row in kept]
    assert len(rows) == 1 + len(before) + 1 + len(between) + 1 + len(after)


@settings(max_examples=300, deadline=None)
@given(st.lists(ROWS, max_size=2), ROWS, st.lists(LINES, min_size=3, max_size=6), st.lists(ROWS, max_size=2))
def test_a_note_of_several_lines_stays_whole(before, row, lines, after):
    """Also one that quotes lines of another table, with fewer columns, whatever they look like."""
    cell = '"' + "\n".join(lines) + '"'
    text = HEAD + "".join([*map(line, before), line((*row[:2], cell, row[3])), *map(line, after)])
    rows, _doubtful = found(text)
    assert [one.text for one in rows[1:]] == [line(one)[:-1] for one in [*before, (*row[:2], cell, row[3]), *after]]
    assert not any(one.problem for one in rows)


@settings(max_examples=200, deadline=None)
@given(ROWS, st.lists(st.lists(PLAIN, min_size=WIDTH, max_size=WIDTH).map(",".join), min_size=1, max_size=5))
def test_a_note_of_as_many_commas_as_a_row_has_stays_whole(row, within):
    """Its lines are no rows, as they lack the figures of an order and a time."""
    cell = '"' + "\n".join(["so,", *within, "a,b,c"]) + '"'
    rows, _doubtful = found(HEAD + line((*row[:2], cell, row[3])))
    assert len(rows) == 2
    assert rows[1].problem is None


def test_a_note_of_two_lines_is_told_by_figures_of_one_form_alone():
    """It may have as many commas as a row in both of its lines, and an order where a row has it."""
    rows, doubtful = found('order,step,note,time\nA-1,x,"see, 2024-1-5\nB-22, asked, moved",2024-1-17\n')
    assert (len(rows), doubtful) == (2, False)
