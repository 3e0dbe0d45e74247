import pandas as pd
import pytest
from lxml import html

from procmine import engine, show
from procmine.errors import ProcmineError

FRAME = pd.DataFrame(
    {
        "case_id": ["<script>alert(1)</script>", "订单-2", None],
        "start": pd.to_datetime(["2024-01-01T16:30:59Z", "2024-02-01T00:00:00Z", None]),
        "duration_s": [273_600, None, 45.0],
        "share": [0.123, 1, 0.00001],
        "cost": [1.2345, 2, 3],
        "orders": [12_345, 2, 0],
        "activities": [["X", "<Y>"], ["X"], []],
    }
)


def cells(styler):
    root = html.fromstring(styler.to_html())
    return [[cell.text_content() for cell in row.xpath("th|td")] for row in root.xpath("//tr")]


def test_values_are_written_for_readers():
    assert cells(show.table(FRAME, zone="Asia/Shanghai")) == [
        ["case id", "start (Asia/Shanghai)", "duration", "share", "cost", "orders", "activities"],
        ["<script>alert(1)</script>", "2024-01-02 00:30", "3 d 4 h", "12 %", "1.23", "12,345", "X → <Y>"],
        ["订单-2", "2024-02-01 08:00", "–", "100 %", "2.00", "2", "X"],
        ["–", "–", "45 s", "< 0.1 %", "3.00", "0", ""],
    ]


def test_headings_are_chinese_where_asked_and_the_zone_is_stated():
    [heads, first, *_] = cells(show.table(FRAME, language="zh"))
    assert heads == ["订单", "开始 (UTC)", "用时", "占比", "偏离成本", "订单数", "活动序列"]
    assert first[1:3] == ["2024-01-01 16:30", "3 天 4 小时"]


def test_names_and_captions_are_escaped():
    text = show.table(FRAME.rename(columns={"cost": "<img src=x>"}), caption="<b>客户</b>").to_html()
    assert "<script>" not in text
    assert "<img" not in text
    assert "<caption>&lt;b&gt;客户&lt;/b&gt;</caption>" in text


def test_the_same_table_is_the_same_html_and_two_tables_do_not_share_their_style():
    one, other = (show.table(FRAME[[name]]).to_html() for name in ("cost", "case_id"))
    assert one == show.table(FRAME[["cost"]]).to_html()
    assert one.split("T_")[1][:12] != other.split("T_")[1][:12]


def test_an_engine_table_is_taken_as_it_is():
    frame = pd.DataFrame({"activity": ["X"], "count": [1_000]})
    assert cells(show.table(engine.table(frame))) == [["activity", "count"], ["X", "1,000"]]


def test_a_wrong_zone_is_refused():
    with pytest.raises(ProcmineError, match=r"zone: no time zone 'Peking'\. An IANA name, as Asia/Shanghai\."):
        show.table(FRAME, zone="Peking")
