import re
from collections import Counter, defaultdict
from itertools import pairwise
from statistics import median

import pandas as pd
import pytest
from lxml import etree

from procmine import engine, show
from procmine.errors import ProcmineError

SVG = "{http://www.w3.org/2000/svg}"


def finished_tables(*orders, elapsed=None, handed_over=()):
    """follows and variants of orders, each (activities, how many); a minute between steps unless `elapsed` says."""
    pairs, times = Counter(), defaultdict(list)
    for names, number in orders:
        for pair in pairwise(names):
            pairs[pair] += number
            times[pair] += [(elapsed or {}).get(pair, 60.0)] * number
    follows = pd.DataFrame(
        [(*pair, n, n, n if pair in handed_over else 0, median(times[pair])) for pair, n in pairs.items()],
        columns=["activity", "next_activity", "count", "orders", "handoffs", "elapsed_median_s"],
    )
    total = sum(number for _, number in orders)
    variants = pd.DataFrame(
        [(place, list(names), len(names), n, n / total) for place, (names, n) in enumerate(orders, 1)],
        columns=["variant", "activities", "events", "count", "share"],
    )
    return follows, variants


def tree(picture):
    return etree.fromstring(picture.svg.encode())


def texts(picture):
    return ["".join(element.itertext()) for element in tree(picture).iter(f"{SVG}text")]


def arc(picture, tip):
    """The drawn arc whose tooltip begins with `tip`."""
    [group] = [g for g in tree(picture).iter(f"{SVG}g") if g.get("class") == "edge" and g[0].text.startswith(tip)]
    return group


def test_the_map_tells_counts_times_and_what_is_hidden():
    orders = ((("X", "Y", "Z"), 60), (("X", "Z"), 30), (("X", "W", "Z"), 10))
    picture = show.process_map(*finished_tables(*orders, elapsed={("X", "Y"): 273_600.0}))
    assert picture.hidden_share == pytest.approx(0.1)
    said = texts(picture)
    assert {"X", "Y", "Z", "Start", "End", "100", "60", "30", "3 d 4 h"} <= set(said)
    assert "W" not in said
    assert "10 % of orders hidden: they take a folded arc (arcs folded: 2, activities: 1)" in " ".join(said)
    assert "100 orders, 4 activities, 7 arcs" in picture.description
    assert repr(picture) == f"<Map: {picture.description}>"


def test_engine_tables_and_frames_give_the_same_map():
    frames = finished_tables((("X", "Y"), 3), (("X", "X", "Y"), 2))
    tables = [engine.table(frame) for frame in frames]
    assert show.process_map(*tables) == show.process_map(*frames)


def test_rework_is_marked_by_dash_and_word_and_legend():
    frames = finished_tables(
        (("A", "B", "C", "B", "C", "D"), 5), (("A", "B", "C", "D"), 4), (("A", "A", "B", "C", "D"), 2)
    )
    picture = show.process_map(*frames, coverage=1)
    for tip, dashed in (("C → B", True), ("A → A", True), ("B → C", False), ("A → B", False), ("C → D", False)):
        group = arc(picture, f"{tip}: ")
        assert (group.find(f"{SVG}path").get("stroke-dasharray") is not None) is dashed, tip
        assert ("goes back" in group[0].text) is dashed, tip
    assert sum(text == "goes back" for text in texts(picture)) == 2
    assert any(text.startswith("goes back: at least half") for text in texts(picture))


def test_no_rework_no_legend_of_it():
    picture = show.process_map(*finished_tables((("A", "B"), 5)))
    assert "goes back" not in picture.svg
    assert "slow" not in picture.svg


def test_slow_handoffs_are_the_slowest_part_of_the_handoffs_shown():
    names = tuple("ABCDEF")
    elapsed = {pair: hours * 3600.0 for hours, pair in enumerate(pairwise(names), 1)}
    handed_over = set(elapsed) - {("E", "F")}
    picture = show.process_map(
        *finished_tables((names, 5), elapsed=elapsed, handed_over=handed_over), slow_quantile=0.75
    )
    # Handoffs take 1, 2, 3, 4 h: the 0.75 quantile is 3.25 h. E to F takes 5 h, but its owner stays.
    assert sum(text == "slow" for text in texts(picture)) == 2  # D to E, and the legend
    assert "slow" in arc(picture, "D → E: ")[0].text
    assert "the median time is 3 h 15 min or more (slowest 25 % of the handoffs shown)" in " ".join(texts(picture))


def test_names_are_shown_as_text_whatever_they_hold():
    names = [
        '<b>&"x"</b>',
        "&lt;i&gt;",
        "<script>alert(1)</script>",
        "back\\nslash \\N",
        "{a|b}",
        "line\nbreak\x00\x1f",
        "",
        "]]>",
    ]
    picture = show.process_map(*finished_tables((tuple(names), 3)))
    said = set(texts(picture))
    assert {'<b>&"x"</b>', "&lt;i&gt;", "back\\nslash \\N", "{a|b}", "line break��", "]]>"} <= said
    assert "<script>alert(1)</script>" in "".join(texts(picture))
    assert not list(tree(picture).iter(f"{SVG}script", f"{SVG}image", f"{SVG}a", f"{SVG}foreignObject"))


def test_the_svg_loads_nothing_and_says_what_it_shows():
    picture = show.process_map(*finished_tables((("客户经理接单", "开通计费"), 3)), language="zh")
    root = tree(picture)
    assert (root.get("role"), root.get("aria-label")) == ("img", picture.description)
    assert root.find(f"{SVG}title").text == picture.description
    assert re.findall(r"(?:href|src)\s*=", picture.svg) == []
    assert set(re.findall(r"url\((.{15})", picture.svg)) == {"data:font/woff;"}
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", picture.svg) == []
    assert "<!DOCTYPE" not in picture.svg
    assert {"开始", "结束", "客户经理接单", "1 分"} <= set(texts(picture))


def test_every_character_of_a_chinese_map_has_an_embedded_glyph():
    import base64
    import io

    from fontTools.ttLib import TTFont

    picture = show.process_map(*finished_tables((("客户经理接单", "开通计费"), 3)), language="zh")
    font = base64.b64decode(re.search(r"base64,([^)]*)\)", picture.svg).group(1))
    with TTFont(io.BytesIO(font)) as embedded:
        assert {ord(c) for text in texts(picture) for c in text} <= set(embedded.getBestCmap())
    assert len(font) < 30_000


def test_labels_lie_inside_their_boxes():
    from procmine.show import typeface

    long = "需求分析与方案评审（集团客户部与数据业务部联合评审会）"
    picture = show.process_map(*finished_tables(((long, "Determine necessity to stop indication"), 12_345)))
    for group in tree(picture).iter(f"{SVG}g"):
        if group.get("class") != "node" or group.find(f"{SVG}path") is None:
            continue
        x = [float(x) for x in re.findall(r"(-?[\d.]+),-?[\d.]+", group.find(f"{SVG}path").get("d"))]
        for text in group.findall(f"{SVG}text"):
            wide = typeface.width(text.text, float(text.get("font-size")))
            assert min(x) < float(text.get("x")) - wide / 2
            assert float(text.get("x")) + wide / 2 < max(x)


def test_nothing_is_printed_while_drawing(capfd):
    show.process_map(*finished_tables((("X", "Y"), 3)))
    assert capfd.readouterr() == ("", "")


def test_a_map_is_saved_whole_by_its_ending(tmp_path):
    picture = show.process_map(*finished_tables((("X", "Y"), 3)))
    assert picture.save(tmp_path / "map.svg").read_text("utf-8") == picture.svg == picture._repr_svg_()
    assert picture.save(tmp_path / "map.dot").read_text("utf-8") == picture.dot
    assert sorted(path.name for path in tmp_path.iterdir()) == ["map.dot", "map.svg"]
    with pytest.raises(ProcmineError, match=r"map\.png: a map cannot be saved as \.png\. A name that ends in \.svg"):
        picture.save(tmp_path / "map.png")
    with pytest.raises(ProcmineError, match=r"its folder does not exist"):
        picture.save(tmp_path / "no" / "map.svg")


def test_tables_of_different_logs_are_refused():
    follows, variants = finished_tables((("X", "Y"), 3))
    with pytest.raises(
        ProcmineError, match=r"follows counts 'X' to 'Y' 3 times, the variants 4 times\. Both tables whole"
    ):
        show.process_map(follows, variants.assign(count=4))
    with pytest.raises(
        ProcmineError, match=r"the table has no column handoffs\. It takes a table with the columns act"
    ):
        show.process_map(follows.drop(columns="handoffs"), variants)
    with pytest.raises(ProcmineError, match=r"there is no order to show"):
        show.process_map(follows[:0], variants[:0])


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ({"coverage": 90}, r"coverage: 90 is no share\. A number from 0 to 1\."),
        ({"slow_quantile": -1}, r"slow_quantile: -1 is no share"),
        ({"most_arcs": 0}, r"most_arcs: 0 arcs make no map"),
    ],
)
def test_arguments_out_of_range_are_refused(argument, said):
    with pytest.raises(ProcmineError, match=said):
        show.process_map(*finished_tables((("X", "Y"), 3)), **argument)


def test_orders_of_one_event_make_a_map():
    picture = show.process_map(*finished_tables((("X",), 3)))
    assert picture.hidden_share == 0
    assert "0 % of orders hidden: every arc is shown." in texts(picture)


def test_what_is_hidden_of_a_real_log_agrees_with_what_is_drawn(shared):
    events = pd.read_csv(shared / "two-systems" / "expected_receipt.csv.gz", dtype=str)
    events = events.assign(time=pd.to_datetime(events["time:timestamp"], utc=True, format="ISO8601"))
    orders = events.sort_values("time", kind="stable").groupby("case:concept:name")["concept:name"].agg(tuple)
    picture = show.process_map(*finished_tables(*orders.value_counts().items()))
    drawn = {g[0].text.rsplit(": ", 1)[0] for g in tree(picture).iter(f"{SVG}g") if g.get("class") == "edge"}
    whole = [all(f"{a} → {b}" in drawn for a, b in pairwise(("Start", *names, "End"))) for names in orders]
    assert len(orders) == 1_434
    assert 1 - sum(whole) / len(whole) == pytest.approx(picture.hidden_share)
    assert picture.hidden_share <= 0.1
    assert len(drawn) <= 40


def test_drawing_libraries_load_only_where_something_is_drawn():
    import subprocess
    import sys

    names = "'matplotlib', 'seaborn', 'pygraphviz', 'fontTools'"
    loaded = f"import sys, procmine.show; print([name for name in ({names}) if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_saved_map_can_be_read_by_others_and_leaves_nothing_beside(tmp_path):
    plain = tmp_path / "plain.svg"
    plain.write_text("")
    saved = show.Map(svg="<svg/>", dot="", hidden_share=0.0, description="").save(tmp_path / "map.svg")
    assert saved.stat().st_mode == plain.stat().st_mode
    assert sorted(path.name for path in tmp_path.iterdir()) == ["map.svg", "plain.svg"]
