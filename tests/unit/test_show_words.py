import numpy as np
import pytest

from procmine.show import duration, typeface
from procmine.show.words import count, share


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.3, "< 1 s"),
        (45, "45 s"),
        (59.7, "1 min"),
        (90, "1 min 30 s"),
        (720, "12 min"),
        (751, "13 min"),
        (3_599.7, "1 h"),
        (5_400, "1 h 30 min"),
        (85_000, "23 h 37 min"),
        (86_399, "1 d"),
        (273_600, "3 d 4 h"),
        (1e8, "1,157 d"),
        (-7_200, "−2 h"),
        (None, "–"),
        (float("nan"), "–"),
        (np.float64(86_400), "1 d"),
    ],
)
def test_durations_are_their_two_largest_units(seconds, said):
    assert duration(seconds) == said


def test_durations_are_said_in_chinese():
    assert [duration(s, language="zh") for s in (273_600, 720, 45)] == ["3 天 4 小时", "12 分", "45 秒"]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (0, "0 %"),
        (0.0001, "< 0.1 %"),
        (0.012, "1.2 %"),
        (0.0996, "10 %"),
        (0.5, "50 %"),
        (0.994, "99.4 %"),
        (0.9999, "> 99.9 %"),
        (0.1 + 0.2 + 0.7, "100 %"),
        (sum([1 / 6] * 6), "100 %"),
        (None, "–"),
    ],
)
def test_a_share_is_never_rounded_to_none_or_all(part, said):
    assert share(part) == said


def test_counts_have_separators():
    assert [count(12_345), count(7), count(float("nan"))] == ["12,345", "7", "–"]


def test_the_typeface_is_simplified_chinese_and_knows_its_characters():
    from fontTools.ttLib import TTFont

    with TTFont(typeface.path(), fontNumber=typeface.FACE, lazy=True) as font:
        assert font["name"].getBestFamilyName() == typeface.FAMILY
    assert all(map(typeface.has, "客户经理集团专线装维计费网管→–≥"))
    assert typeface.width("客户", 10) == 20.0


def test_lines_break_at_spaces_and_beside_wide_characters_and_never_overrun():
    text = "T10 Determine necessity to stop indication"
    lines = typeface.wrap(text, 12, 150)
    assert " ".join(lines) == text
    assert max(typeface.width(line, 12) for line in lines) <= 150
    chinese = typeface.wrap("客户经理（集团）提交订单", 10, 82)
    assert "".join(chinese) == "客户经理（集团）提交订单"
    assert not any(line.startswith(("）", "，")) for line in chinese)
    assert typeface.wrap("x" * 80, 10, 60, lines=2)[1].endswith("…")
    assert max(typeface.width(line, 10) for line in typeface.wrap("字" * 80, 10, 60, lines=3)) <= 60
    assert typeface.wrap("", 10, 60) == [""]
