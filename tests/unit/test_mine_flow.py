"""Designed flows typed by hand: which runs they have, who owns a step, and what is said of a wrong one."""

from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from procmine.errors import FlowError
from procmine.mine import Flow, read_flow
from procmine.mine.align import align
from procmine.mine.net import stoppable

HEAD = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="defs" targetNamespace="t">'
Write = Callable[..., Flow]


def xml(elements: str, flows: str, *, rest: str = "") -> str:
    """A process: elements as XML, flows as ``"s>a a>b"``; ``a?b`` is a conditional flow."""
    drawn = []
    for number, flow in enumerate(flows.split()):
        conditional = "?" in flow
        source, target = flow.replace("?", ">").split(">")
        inner = "<conditionExpression>yes</conditionExpression>" if conditional else ""
        drawn.append(f'<sequenceFlow id="f{number}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>')
    return f'{HEAD}<process id="p">{elements}{"".join(drawn)}</process>{rest}</definitions>'


def tasks(names: str) -> str:
    return "".join(f'<task id="{name.lower()}" name="{name}"/>' for name in names)


ENDS = '<startEvent id="s"/><endEvent id="e"/>'


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "flow.bpmn"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def runs(flow: Flow, letters: str, longest: int, *, beginning: bool = False) -> set[str]:
    """The words over `letters` that fit the flow, tried one by one."""
    words = [word for length in range(1, longest + 1) for word in product(letters, repeat=length)]
    found = align(stoppable(flow.petri) if beginning else flow.petri, words, max_states=100_000)
    return {"".join(word) for word, alignment in found.items() if alignment is not None and alignment.cost == 0}


def gates(kind: str) -> str:
    return f'<{kind}Gateway id="x"/><{kind}Gateway id="y"/>'


BLOCK = "s>x x>a x>b a>y b>y y>c c>e"


@pytest.mark.parametrize(
    ("elements", "flows", "letters", "expected"),
    [
        (tasks("AB"), "s>a a>b b>e", "AB", "AB"),
        (tasks("ABC") + gates("exclusive"), BLOCK, "ABC", "AC BC"),
        (tasks("ABC") + gates("parallel"), BLOCK, "ABC", "ABC BAC"),
        (tasks("ABC") + gates("inclusive"), BLOCK, "ABC", "AC BC ABC BAC"),
        (tasks("ABC"), "s>a a>b a>c b>e c>e", "ABC", "ABC ACB"),
        (tasks("ABC"), "s>a a>c s>b b>c c>e", "ABC", "ACBC ABCC BACC BCAC"),
        (tasks("ABC"), "s>a a?b a>c b>e c>e", "ABC", "AC ABC ACB"),
        (tasks("ABC") + '<startEvent id="t"/>', "s>a t>b a>c b>c c>e", "ABC", "AC BC"),
        (tasks("ABC") + '<parallelGateway id="x"/><endEvent id="z"/>', "s>x x>a x>b a>e b>c c>z", "ABC", "ABC BAC BCA"),
        (tasks("ABC") + '<eventBasedGateway id="x"/>', "s>x x>a x>b a>c b>c c>e", "ABC", "AC BC"),
        ('<task id="a" name="A"/><task id="b" name="A"/><task id="c" name="C"/>', "s>a a>b b>c c>e", "AC", "AAC"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isupper() else None,
)
def test_runs_of_gateways_and_implicit_ones(
    written: Callable[[str], Path], elements: str, flows: str, letters: str, expected: str
) -> None:
    flow = read_flow(written(xml(ENDS + elements, flows)))
    assert runs(flow, letters, 4) == set(expected.split())


def test_task_with_loop_mark_is_performed_once_or_more(written: Callable[[str], Path]) -> None:
    loop = '<task id="a" name="A"><standardLoopCharacteristics/></task><task id="b" name="B"/>'
    assert runs(read_flow(written(xml(ENDS + loop, "s>a a>b b>e"))), "AB", 4) == {"AB", "AAB", "AAAB"}


def test_inclusive_merge_waits_for_the_branch_that_was_taken(written: Callable[[str], Path]) -> None:
    """An order that goes on after A while B is still due has left the flow, even if it is open."""
    flow = read_flow(written(xml(ENDS + tasks("ABC") + gates("inclusive"), BLOCK)))
    assert runs(flow, "ABC", 3, beginning=True) == {"A", "B", "AB", "BA", "AC", "BC", "ABC", "BAC"}
    assert "ACB" not in runs(flow, "ABC", 3)


def test_inclusive_merge_in_a_loop(written: Callable[[str], Path]) -> None:
    elements = ENDS + tasks("ABC") + gates("inclusive") + '<exclusiveGateway id="l"/><exclusiveGateway id="m"/>'
    flow = read_flow(written(xml(elements, "s>l l>x x>a x>b a>y b>y y>c c>m m>l m>e")))
    assert {"AC", "BC", "ABC", "BAC", "ACBC", "ACAC"} <= runs(flow, "ABC", 4)
    assert not {"ACB", "ABAC", "ACCB"} & runs(flow, "ABC", 4)


SUB = '<subProcess id="u">{inner}</subProcess>'
PAIR = (
    '<startEvent id="us"/><parallelGateway id="ux"/><task id="a" name="A"/><task id="b" name="B"/>'
    '<endEvent id="ue1"/><endEvent id="ue2"/><sequenceFlow id="u1" sourceRef="us" targetRef="ux"/>'
    '<sequenceFlow id="u2" sourceRef="ux" targetRef="a"/><sequenceFlow id="u3" sourceRef="ux" targetRef="b"/>'
    '<sequenceFlow id="u4" sourceRef="a" targetRef="ue1"/><sequenceFlow id="u5" sourceRef="b" targetRef="ue2"/>'
)


def test_subprocess_ends_when_all_in_it_has_ended(written: Callable[[str], Path]) -> None:
    flow = read_flow(written(xml(ENDS + SUB.format(inner=PAIR) + tasks("C"), "s>u u>c c>e")))
    assert runs(flow, "ABC", 3) == {"ABC", "BAC"}
    assert "AC" not in runs(flow, "ABC", 3, beginning=True)


def test_subprocess_without_content_is_a_step(written: Callable[[str], Path]) -> None:
    flow = read_flow(written(xml(ENDS + '<subProcess id="u" name="U"/>' + tasks("C"), "s>u u>c c>e")))
    assert list(flow.steps["activity"]) == ["U", "C"]
    assert runs(flow, "UC", 2) == {"UC"}


def test_interrupting_event_stops_a_parallel_subprocess(written: Callable[[str], Path]) -> None:
    edge = '<boundaryEvent id="t" attachedToRef="u"><timerEventDefinition/></boundaryEvent>'
    flow = read_flow(written(xml(ENDS + SUB.format(inner=PAIR) + tasks("CD") + edge, "s>u u>c c>e t>d d>e")))
    assert runs(flow, "ABCD", 3) == {"D", "AD", "BD", "ABD", "BAD", "ABC", "BAC"}


@pytest.mark.parametrize(("cancels", "expected"), [("true", "AC D"), ("false", "AC ACD ADC DAC")])
def test_event_on_the_edge_of_a_task(written: Callable[[str], Path], cancels: str, expected: str) -> None:
    edge = f'<boundaryEvent id="t" attachedToRef="a" cancelActivity="{cancels}"><timerEventDefinition/></boundaryEvent>'
    flow = read_flow(written(xml(ENDS + tasks("ACD") + edge, "s>a a>c c>e t>d d>e")))
    assert runs(flow, "ACD", 3) == set(expected.split())


def test_terminate_takes_the_other_tokens_away(written: Callable[[str], Path]) -> None:
    stop = '<parallelGateway id="x"/><endEvent id="z"><terminateEventDefinition/></endEvent>'
    flow = read_flow(written(xml(ENDS + tasks("ABC") + stop, "s>x x>a x>b a>z b>c c>e")))
    assert runs(flow, "ABC", 3) == {"A", "AB", "BA", "ABC", "BAC", "BCA"}


def test_error_thrown_in_a_subprocess_is_caught_at_its_edge(written: Callable[[str], Path]) -> None:
    inner = (
        '<startEvent id="us"/><task id="a" name="A"/><exclusiveGateway id="ux"/><endEvent id="ok"/>'
        '<endEvent id="bad"><errorEventDefinition/></endEvent><sequenceFlow id="u1" sourceRef="us" targetRef="a"/>'
        '<sequenceFlow id="u2" sourceRef="a" targetRef="ux"/><sequenceFlow id="u3" sourceRef="ux" targetRef="ok"/>'
        '<sequenceFlow id="u4" sourceRef="ux" targetRef="bad"/>'
    )
    edge = '<boundaryEvent id="t" attachedToRef="u"><errorEventDefinition/></boundaryEvent>'
    flow = read_flow(written(xml(ENDS + SUB.format(inner=inner) + tasks("CD") + edge, "s>u u>c c>e t>d d>e")))
    assert runs(flow, "ACD", 3) == {"AC", "AD"}


def test_ad_hoc_subprocess_and_event_subprocess(written: Callable[[str], Path]) -> None:
    adhoc = '<adHocSubProcess id="u"><task id="a" name="A"/><task id="b" name="B"/></adHocSubProcess>'
    flow = read_flow(written(xml(ENDS + adhoc + tasks("C"), "s>u u>c c>e")))
    assert runs(flow, "ABC", 3) == {"C", "AC", "BC", "AAC", "ABC", "BAC", "BBC"}
    aside = (
        '<subProcess id="v" triggeredByEvent="true"><startEvent id="vs" isInterrupting="{}"><timerEventDefinition/>'
        '</startEvent><task id="d" name="D"/><endEvent id="ve"/><sequenceFlow id="v1" sourceRef="vs" targetRef="d"/>'
        '<sequenceFlow id="v2" sourceRef="d" targetRef="ve"/></subProcess>'
    )
    stops = read_flow(written(xml(ENDS + tasks("AC") + aside.format("true"), "s>a a>c c>e")))
    assert runs(stops, "ACD", 3) == {"AC", "D", "AD", "ACD"}
    beside = read_flow(written(xml(ENDS + tasks("AC") + aside.format("false"), "s>a a>c c>e")))
    assert runs(beside, "ACD", 3) == {"AC", "DAC", "ADC", "ACD"}


def test_message_starts_the_other_pool(written: Callable[[str], Path]) -> None:
    other = (
        '<process id="q"><startEvent id="qs"><messageEventDefinition/></startEvent><task id="c" name="C"/>'
        '<endEvent id="qe"/><sequenceFlow id="q1" sourceRef="qs" targetRef="c"/>'
        '<sequenceFlow id="q2" sourceRef="c" targetRef="qe"/></process>'
        '<collaboration id="k"><participant id="k1" name="Sales" processRef="p"/>'
        '<participant id="k2" name="Network" processRef="q"/><messageFlow id="m" sourceRef="a" targetRef="qs"/>'
        "</collaboration>"
    )
    flow = read_flow(written(xml(ENDS + tasks("AB"), "s>a a>b b>e", rest=other)))
    assert runs(flow, "ABC", 3) == {"ABC", "ACB"}
    assert dict(zip(flow.steps["activity"], flow.steps["department"], strict=True)) == {
        "A": "Sales",
        "B": "Sales",
        "C": "Network",
    }


def test_lanes_nested_drawn_and_chinese(written: Callable[[str], Path]) -> None:
    lanes = (
        '<laneSet id="ls"><lane id="l1" name="前台"><flowNodeRef>a</flowNodeRef><flowNodeRef>b</flowNodeRef>'
        '<childLaneSet id="cs"><lane id="l2" name="客户 经理"><flowNodeRef>b</flowNodeRef></lane></childLaneSet></lane>'
        '<lane id="l3" name="网络部"/></laneSet>'
    )
    named = '<task id="a" name="受理"/><userTask id="b" name="勘察&#10; 现场"/><serviceTask id="c" name="开通"/>'
    drawing = (
        '<bpmndi:BPMNDiagram xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
        'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"><bpmndi:BPMNPlane bpmnElement="p">'
        '<bpmndi:BPMNShape bpmnElement="l3"><dc:Bounds x="0" y="100" width="900" height="100"/></bpmndi:BPMNShape>'
        '<bpmndi:BPMNShape bpmnElement="c"><dc:Bounds x="50" y="120" width="100" height="60"/></bpmndi:BPMNShape>'
        "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>"
    )
    flow = read_flow(written(xml(lanes + ENDS + named, "s>a a>b b>c c>e", rest=drawing)))
    assert list(flow.steps[["activity", "department"]].itertuples(index=False, name=None)) == [
        ("受理", "前台"),
        ("勘察 现场", "客户 经理"),
        ("开通", "网络部"),
    ]


def test_every_mark_of_a_checkpoint(written: Callable[[str], Path]) -> None:
    elements = (
        '<task id="a" name="A"><documentation>Test the line.\nCheckpoint</documentation></task>'
        '<task id="b" name="B"/><textAnnotation id="n"><text>检查站</text></textAnnotation>'
        '<association id="as" sourceRef="b" targetRef="n"/>'
        '<task xmlns:pm="urn:pm" id="c" name="C" pm:checkpoint="true"/>'
        '<task id="d" name="D"><extensionElements><z:properties xmlns:z="urn:z">'
        '<z:property name="checkpoint" value="true"/></z:properties></extensionElements></task>'
        '<task xmlns:pm="urn:pm" id="f" name="F" pm:checkpoint="false"/>'
        '<task id="g" name="G"><documentation>This is no checkpoint of ours</documentation></task>'
    )
    flow = read_flow(written(xml(ENDS + elements, "s>a a>b b>c c>d d>f f>g g>e")))
    assert list(flow.steps.query("checkpoint")["activity"]) == ["A", "B", "C", "D"]


@pytest.mark.parametrize(
    ("elements", "flows", "said"),
    [
        (tasks("A") + '<endEvent id="e"/>', "a>e", "there is no start event in 'p'. Let every process begin"),
        (ENDS + '<task id="a"/>', "s>a a>e", "a task has no name: 'a'. Name it as the log names the activity"),
        (
            ENDS + tasks("A") + gates("exclusive"),
            "s>a a>x x>e a>y",
            "the exclusive gateway 'y' has no way out after 'A'",
        ),
        (ENDS + tasks("ABC"), "s>a a>e b>c c>e", "no way leads from a start event to task 'B', task 'C'"),
        (
            ENDS + tasks("A") + '<complexGateway id="x"/>',
            "s>x x>a a>e",
            "the complex gateway 'x' uses a complex gateway",
        ),
        (ENDS, "s>e", "there is no task in the flow"),
        (
            ENDS + tasks("AB") + '<exclusiveGateway id="x"/><parallelGateway id="y"/>',
            "s>a a>x x>y x>y y>b b>e",
            "no run of the flow comes to 'B'",
        ),
        (ENDS + tasks("A"), "s>a a>zz", "the sequence flow 'f1' has no target"),
        (ENDS + tasks("A"), "s>a a>p", "the sequence flow 'f1' is tied to 'p', which is no step, gateway or event"),
    ],
)
def test_what_is_said_of_a_wrong_flow(written: Callable[[str], Path], elements: str, flows: str, said: str) -> None:
    path = written(xml(elements, flows))
    with pytest.raises(FlowError) as error:
        read_flow(path)
    assert str(error.value).startswith(f"{path}: {said}")


def test_what_is_said_of_a_wrong_file(tmp_path: Path) -> None:
    def said(name: str, text: str | None) -> str:
        path = tmp_path / name
        if text is not None:
            path.write_text(text)
        with pytest.raises(FlowError) as error:
            read_flow(path)
        assert error.value.where == str(path)
        return error.value.found

    assert said("gone.bpmn", None) == "there is no such file"
    assert said("flow.txt", "") == "not a file of a flow: .txt"
    assert said("cut.bpmn", HEAD).startswith("not well-formed XML")
    assert said("other.bpmn", "<net/>") == "not a BPMN file: its root is 'net'"
    assert said("empty.bpmn", f"{HEAD}</definitions>") == "there is no process with elements in it"
    bomb = f'<!DOCTYPE d [<!ENTITY a "x">]>{HEAD}</definitions>'
    assert said("bomb.bpmn", bomb) == "a document type (DTD) is declared"
    assert said("bomb.pnml", bomb.replace("definitions", "pnml")) == "a document type (DTD) is declared"
    assert said("other.pnml", "<html/>") in (
        "not readable as a Petri net",
        "the net has no initial marking, and 0 places that nothing leads to",
    )


def test_pnml_without_final_marking_ends_at_its_sink(tmp_path: Path) -> None:
    path = tmp_path / "net.pnml"
    path.write_text(
        '<pnml><net id="n" type="http://www.pnml.org/version-2009/grammar/pnmlcoremodel"><page id="g">'
        '<place id="i"><initialMarking><text>1</text></initialMarking></place><place id="o"/>'
        '<transition id="t"><name><text>A</text></name></transition>'
        '<arc id="a1" source="i" target="t"/><arc id="a2" source="t" target="o"/></page></net></pnml>'
    )
    flow = read_flow(path)
    assert runs(flow, "AB", 2) == {"A"}
    assert list(flow.steps["activity"]) == ["A"]
    net, initial, final = flow.net
    assert [place.name for place in final] == ["o"]
    assert len(net.transitions) == 1
    assert sum(initial.values()) == 1
