from types import SimpleNamespace

import pandas as pd
import pytest
from lxml import etree

from procmine import show
from procmine.errors import FlowError
from procmine.show import theme

SVG = "{http://www.w3.org/2000/svg}"


def designed(*nodes, edges=()):
    """A flow of (id, kind, name, lane) nodes; an id that ends in "!" is a checkpoint."""
    return SimpleNamespace(
        nodes=[
            SimpleNamespace(id=i, kind=k, name=n, lane=lane, checkpoint=i.endswith("!"), attached_to=None, scope="p")
            for i, k, n, lane in nodes
        ],
        edges=[SimpleNamespace(source=s, target=t, name=n) for s, t, n in edges],
    )


def texts(picture):
    root = etree.fromstring(picture.svg.encode())
    return ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]


FLOW = designed(
    ("s", "startEvent", "", "客户经理"),
    ("a", "userTask", "需求分析", "客户经理"),
    ("g", "exclusiveGateway", "可行？", "网络部"),
    ("t!", "task", "联调测试", "网络部"),
    ("e", "endEvent", "<完成>", None),
    edges=[("s", "a", ""), ("a", "g", ""), ("g", "t!", "是 & 否"), ("t!", "e", "")],
)


def test_lanes_steps_conditions_and_checkpoints_are_shown():
    picture = show.flow_map(FLOW, language="zh")
    assert {"客户经理", "网络部", "需求分析", "联调测试", "可行？", "×", "是 & 否", "<完成>"} <= set(texts(picture))
    assert sum(text == "检查站" for text in texts(picture)) == 1
    assert picture.description == "流程：2 个步骤，2 条泳道。"
    root = etree.fromstring(picture.svg.encode())
    assert len([g for g in root.iter(f"{SVG}g") if g.get("class") == "cluster"]) == 2


def test_a_lane_s_name_is_drawn_after_the_arrows_on_the_ground_of_its_lane():
    root = etree.fromstring(show.flow_map(FLOW).svg.encode())
    elements = list(root.iter())
    arrows = [place for place, element in enumerate(elements) if element.get("class") == "edge"]
    for lane in ("客户经理", "网络部"):
        text = next(element for element in root.iter(f"{SVG}text") if element.text == lane)
        ground = text.getprevious()
        assert elements.index(ground) > max(arrows)
        assert (ground.get("fill"), ground.get("stroke")) == (theme.LANE_TINT, "none")


def test_an_arrow_that_leads_back_goes_beside_the_steps_and_not_behind_them():
    loop = designed(
        *(("s", "task", "Design", "A"), ("r", "task", "Review", "B"), ("g", "exclusiveGateway", "", "B")),
        edges=[("s", "r", ""), ("r", "g", ""), ("g", "s", "To be revised")],
    )
    arrows = [line for line in show.flow_map(loop).dot.splitlines() if "->" in line]
    assert [("tailport=e" in line, "headport=e" in line) for line in arrows] == [(False, False)] * 2 + [(True, True)]


def test_deviations_are_written_beside_their_step():
    deviations = pd.DataFrame(
        {
            "kind": ["skipped"] * 3 + ["unplanned", "skipped", "skipped"],
            "activity": ["联调测试"] * 3 + ["联调测试", "领导<特批>", None],
        }
    )
    said = texts(show.flow_map(FLOW, deviations))
    assert {"skipped 3", "unplanned 1", "skipped 1", "领导<特批>", "Not in the designed flow"} <= set(said)
    assert "Not in the designed flow" not in texts(show.flow_map(FLOW))


def test_a_net_is_drawn_too_and_an_edge_to_nowhere_is_left_out():
    net = designed(
        ("p1", "place", "", None),
        ("t1", "transition", "X", None),
        ("t2", "transition", "", None),
        edges=[("p1", "t1", ""), ("p1", "t2", ""), ("t1", "gone", "")],
    )
    picture = show.flow_map(net)
    assert "X" in texts(picture)
    assert picture.svg.count('class="edge"') == 2


def test_an_empty_flow_is_refused():
    with pytest.raises(
        FlowError, match=r"flow_map: the designed flow has no elements\. A flow from read_flow\(path\)\."
    ):
        show.flow_map(designed())


def test_a_real_flow_with_lanes_of_the_designer(shared):
    from procmine.mine.bpmn import read_diagram

    diagram = read_diagram(shared / "loan-designed" / "LoanApp_simplified.bpmn")
    assert {"Assess loan risk", "Reject application"} <= set(texts(show.flow_map(diagram)))
