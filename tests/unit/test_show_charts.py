import itertools

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from procmine import show
from procmine.errors import ProcmineError

mpl.use("agg")


@pytest.fixture(autouse=True)
def drawn():
    """Draw every figure of a test: a missing glyph is a warning, and so an error."""
    import matplotlib.pyplot as plt

    yield
    for number in plt.get_fignums():
        plt.figure(number).savefig("/dev/null", format="png")
    plt.close("all")


def said(ax):
    ax.figure.canvas.draw()
    legend = ax.get_legend()
    ticks = [*ax.get_xticklabels(), *ax.get_yticklabels()]
    return [t.get_text() for t in [*ax.texts, *ticks, *(legend.get_texts() if legend else [])]] + [
        ax.get_xlabel(),
        ax.get_title(loc="left"),
    ]


def variants(*orders):
    total = sum(n for _, n in orders)
    rows = [(list(names), n, n / total) for names, n in orders]
    return pd.DataFrame(rows, columns=["activities", "count", "share"])


def test_a_missing_glyph_would_be_seen():
    import matplotlib.pyplot as plt

    figure = plt.figure()
    figure.text(0.5, 0.5, "客户经理", family="DejaVu Sans")
    with pytest.warns(UserWarning, match=r"Glyph .* missing"):
        figure.canvas.draw()
    plt.close(figure)


def test_variants_have_a_row_each_and_a_numbered_key():
    ax = show.variants_chart(variants((["需求", "受理", "安装"], 713), (["需求", "安装"], 237), (["归档"], 50)), top=2)
    words = said(ax)
    assert [t for t in words if "%" in t and "(" in t] == ["71 % (713)", "24 % (237)"]
    assert ax.get_xlabel() == "1 需求    2 受理    3 安装"
    assert [t.get_text() for t in ax.texts] == ["1", "2", "3", "1", "3"]
    assert "2 variants: 95 % of the orders; 1 more not shown" in words


def test_a_long_variant_ends_in_how_many_more():
    assert "+ 12" in said(show.variants_chart(variants((["a"] * 42, 1))))


def handoffs(**cells):
    rows = [(*pair.split("_"), seconds) for pair, times in cells.items() for seconds in times]
    return pd.DataFrame(rows, columns=["from_owner", "to_owner", "elapsed_s"])


def test_the_heat_map_counts_and_says_durations_or_too_few():
    frame = handoffs(销售_网络=[3_600.0] * 4 + [7_200.0] * 5, 网络_计费=[60.0] * 4)
    counts = said(show.handoff_heat_map(frame))
    assert {"9", "4", "销售", "网络", "计费"} <= set(counts)
    times = said(show.handoff_heat_map(frame, value="elapsed_median_s"))
    assert {"2 h", "too few (4)"} <= set(times)
    assert "样本过少（4）" in said(show.handoff_heat_map(frame, value="elapsed_median_s", language="zh"))


def test_owners_beyond_the_busiest_are_taken_together():
    frame = handoffs(A_B=[1.0] * 9, B_A=[1.0] * 9, C_D=[60.0] * 3, D_C=[60.0] * 3)
    words = said(show.handoff_heat_map(frame, most_owners=2))
    assert "other (2)" in words
    assert "6" in words
    assert "C" not in words


LONG = {
    "zh": ["政企客户部客户经理（集团）", "网络工程建设部传输与接入室", "客户服务部投诉处理", "财务部"],
    "en": ["Network Resource Management", "Billing & Accounts Receivable", "Data Centre Operations", "NOC"],
}


def corners(text, ax):
    """The corners of a text as it is drawn, turned or not."""
    degrees, at = text.get_rotation(), text.get_transform().transform(text.get_unitless_position())
    text.set_rotation(0)
    level = text.get_window_extent(ax.figure.canvas.get_renderer()).padded(1).corners() - at
    text.set_rotation(degrees)
    return level @ mpl.transforms.Affine2D().rotate_deg(degrees).get_matrix()[:2, :2].T + at


def touch(one, other):
    """Whether two rectangles touch: no side of either has all of the other beyond it."""
    for edge in (one[1] - one[0], one[2] - one[0], other[1] - other[0], other[2] - other[0]):
        a, b = one @ edge, other @ edge
        if a.max() < b.min() or b.max() < a.min():
            return False
    return True


@pytest.mark.parametrize("owners", [3, 12, 16, 30])
@pytest.mark.parametrize("value", ["count", "elapsed_median_s"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_two_labels_of_a_heat_map_touch(owners, value, language):
    names = [f"{LONG[language][n % 4]} {n // 4}".removesuffix(" 0") for n in range(owners)]
    rows = [(one, other, 82_380.0) for one in names for other in names for _again in range(5)]
    frame = pd.DataFrame(rows, columns=["from_owner", "to_owner", "elapsed_s"])
    ax = show.handoff_heat_map(frame, value=value, most_owners=owners, language=language)
    ax.figure.canvas.draw()
    drawn = [ax.get_xticklabels(), ax.get_yticklabels(), ax.texts[:owners], [*ax.texts[::owners]][:owners]]
    for texts in drawn:
        places = [corners(text, ax) for text in texts]
        assert len(places) == owners
        assert not any(touch(one, other) for one, other in itertools.pairwise(places))
    shown = {"".join(text.get_text().split()) for text in (*ax.get_xticklabels(), *ax.get_yticklabels())}
    assert shown == {"".join(name.split()) for name in names}


def test_a_heat_map_of_another_value_is_refused():
    with pytest.raises(ProcmineError, match=r"no value 'mean'\. count or elapsed_median_s"):
        show.handoff_heat_map(handoffs(A_B=[1.0]), value="mean")
    with pytest.raises(ProcmineError, match="handoff_heat_map: the table has no column to_owner, elapsed_s"):
        show.handoff_heat_map(handoffs(A_B=[1.0])[["from_owner"]])


def widths(ax):
    return sorted(round(bar.get_width()) for container in ax.containers for bar in container if bar.get_width())


def test_rework_is_stacked_by_kind_and_by_whom():
    frame = pd.DataFrame(
        [
            ("测试", "repetition", "redo", 40, 30),
            ("测试", "self-loop", "repeat", 12, 10),
            ("安装", "self-loop", "repeat", 5, 5),
        ],
        columns=["activity", "kind", "by", "count", "orders"],
    )
    ax = show.rework_chart(frame, language="zh")
    assert widths(ax) == [5, 12, 40]
    assert {"52", "5", "测试", "立即重复：同一人", "隔步重复：他人", "重复次数"} <= set(said(ax))


def test_deviations_are_counted_and_the_rest_named():
    frame = pd.DataFrame(
        {"kind": ["skipped", "skipped", "unplanned"], "activity": ["A", "A", "B"], "case_id": list("xyz")}
    )
    ax = show.deviations_chart(frame, top=1)
    assert widths(ax) == [2]
    assert "1 more not shown" in said(ax)


def test_the_ledger_shows_what_was_set_aside_and_what_was_kept():
    frame = pd.DataFrame(
        [("crm.csv", "event", 12_000), ("crm.csv", "no time", 4), ("工单.csv", "event", 50)],
        columns=["source", "reason", "rows"],
    )
    ax = show.ledger_chart(frame)
    assert widths(ax) == [4]
    words = said(ax)
    assert "crm.csv\n12,000 of 12,004 rows kept (> 99.9 %)" in words
    assert "工单.csv\n50 of 50 rows kept (100 %)" in words
    assert "event" not in words


def test_durations_count_finished_orders_and_tell_the_median():
    frame = pd.DataFrame(
        {"duration_s": [86_400.0] * 50 + [172_800.0] * 51 + [1e9], "case:status": ["finished"] * 101 + ["open"]}
    )
    words = said(show.duration_chart(frame))
    assert "median 2 d" in words
    assert "101 orders, 1 not finished left out" in words
    assert "1 d" in words


def test_too_few_orders_say_so():
    assert "too few (3)" in said(show.duration_chart(pd.DataFrame({"duration_s": [1.0, 2.0, np.nan, 3.0]})))


@pytest.mark.parametrize(
    "chart", [show.rework_chart, show.deviations_chart, show.ledger_chart, show.handoff_heat_map, show.variants_chart]
)
def test_an_empty_table_makes_an_empty_chart(chart):
    columns = [
        "activity",
        "kind",
        "by",
        "count",
        "orders",
        "source",
        "reason",
        "rows",
        "from_owner",
        "to_owner",
        "elapsed_s",
        "activities",
        "share",
    ]
    number = {"count", "orders", "rows", "elapsed_s", "share"}
    chart(pd.DataFrame({name: pd.Series([], dtype="float" if name in number else "object") for name in columns}))


def test_charts_leave_the_reader_s_settings_alone():
    before = dict(mpl.rcParams)
    show.rework_chart(
        pd.DataFrame([("X", "self-loop", "redo", 1, 1)], columns=["activity", "kind", "by", "count", "orders"])
    )
    assert dict(mpl.rcParams) == before
