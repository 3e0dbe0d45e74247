import matplotlib as mpl
import pytest

from procmine import show
from procmine.errors import LogError

mpl.use("agg")


@pytest.fixture
def log(make_log):
    return make_log("a: 受理@sales Check@support+5 Repair@sales | b: 受理@sales")


def drawn(ax):
    ax.figure.canvas.draw()
    points = [(int(x), int(y)) for x, y in ax.collections[0].get_offsets()]
    ticks = [[label.get_text() for label in labels] for labels in (ax.get_xticklabels(), ax.get_yticklabels())]
    return [(text.get_text(), *point) for text, point in zip(ax.texts, points, strict=True)], *ticks


def test_events_go_down_the_page_and_owners_across_it(log):
    events, owners, times = drawn(show.order_chart(log, "a", owner="department", time_zone="Asia/Shanghai"))
    assert events == [("受理", 0, 0), ("Check", 1, 1), ("Repair", 0, 2)]
    assert owners == ["sales", "support"]
    assert [time.strip() for time in times] == [
        "2024-01-01 08:00",
        "+ 5 h    2024-01-01 13:00",
        "+ 1 h    2024-01-01 14:00",
    ]


def test_the_line_goes_from_the_first_event_to_the_last_and_turns_between_two(log):
    line = show.order_chart(log, "a", owner="department").lines[-1]
    assert [tuple(point) for point in line.get_xydata()] == [
        (0, 0),
        (0, 0.5),
        (1, 0.5),
        (1, 1.5),
        (0, 1.5),
        (0, 2),
    ]


def test_an_order_of_one_event_and_owners_unknown(log):
    events, owners, _times = drawn(show.order_chart(log, "b"))
    assert events == [("受理", 0, 0)]
    assert owners == ["–"]


def test_an_order_that_is_not_there(log):
    with pytest.raises(LogError) as error:
        show.order_chart(log, "c")
    assert str(error.value) == "case_id: no order 'c' in this log. Name a case_id of the log."
