"""Maps in a browser: what a reader's browser makes of the text is measured there, not guessed."""

import base64
import json
import re
import shutil
import subprocess
from collections import Counter
from itertools import pairwise
from types import SimpleNamespace

import pandas as pd
import pytest

from procmine import show

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine: the maps are not measured in one"
)

MEASURE = """
document.fonts.ready.then(() => {
  const box = e => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
  const page = box(document.querySelector('svg'));
  const nodes = [...document.querySelectorAll('g.node')].map(g => ({
    shape: box(g.querySelector(':scope > path, :scope > ellipse, :scope > polygon')),
    texts: [...g.querySelectorAll(':scope > text')].map(t => [t.textContent, box(t)])
  }));
  const labels = [...document.querySelectorAll('g.label')].map(g => ({
    texts: [...g.querySelectorAll('text')].map(t => [t.textContent, box(t)])
  }));
  const words = [...document.querySelectorAll('text')].map(t => [t.textContent, box(t)]);
  const family = getComputedStyle(document.querySelector('svg')).fontFamily.split(',')[0];
  const font = document.fonts.check('12px ' + family, '客户A1');
  const found = {page, nodes, labels, words, font, faces: [...document.fonts].map(f => f.status)};
  document.body.innerHTML = '<pre>' + btoa(unescape(encodeURIComponent(JSON.stringify(found)))) + '</pre>';
});
"""


def measured(picture, folder):
    page = folder / "page.html"
    page.write_text(f"<meta charset='utf-8'><body>{picture.svg}<script>{MEASURE}</script>", encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    command = [
        CHROMIUM,
        *flags,
        f"--user-data-dir={folder / 'profile'}",
        "--virtual-time-budget=5000",
        "--dump-dom",
        page.as_uri(),
    ]
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    return json.loads(base64.b64decode(re.search(r"<pre>([^<]*)</pre>", dom).group(1)))


def inside(inner, outer, slack=0.5):
    return (
        inner[0] >= outer[0] - slack
        and inner[1] >= outer[1] - slack
        and inner[2] <= outer[2] + slack
        and inner[3] <= outer[3] + slack
    )


def apart(one, other):
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def check(found):
    assert found["font"]
    assert found["faces"] == ["loaded"]
    for node in found["nodes"]:
        for text, box in node["texts"]:
            left, _, right, _ = node["shape"]
            assert left < box[0], (text, "runs over the left border")
            assert box[2] < right, (text, "runs over the right border")
    for text, box in found["words"]:
        assert inside(box, found["page"]), (text, "runs off the page")
    for label in found["labels"]:
        for text, box in label["texts"]:
            for node in found["nodes"]:
                assert apart([box[0] + 1, box[1] + 3, box[2] - 1, box[3] - 3], node["shape"]), (text, "lies on a node")


NAMES = [
    "客户经理接单", "需求分析与方案评审（集团客户部与数据业务部联合评审会）", "BOSS受理", "资源勘查与分配",
    "Determine the necessity of a stop indication", "安装施工", "联调测试", "开通计费",
]  # fmt: skip


def test_a_chinese_process_map_keeps_its_text_inside_its_boxes(tmp_path):
    orders = [
        (NAMES, 1_234_567),
        (NAMES[:6] + NAMES[4:], 300),
        (NAMES[:2] + NAMES[1:], 200),
        (NAMES[:3] + NAMES[5:], 90),
    ]
    pairs = Counter()
    for names, number in orders:
        for pair in pairwise(names):
            pairs[pair] += number
    follows = pd.DataFrame([(*pair, n) for pair, n in pairs.items()], columns=["activity", "next_activity", "count"])
    follows = follows.assign(handoffs=follows["count"], elapsed_median_s=[1e5 * n for n in range(len(follows))])
    variants = pd.DataFrame(orders, columns=["activities", "count"])
    picture = show.process_map(follows, variants, coverage=1, language="zh")
    found = measured(picture, tmp_path)
    assert len(found["nodes"]) == 10
    check(found)


def test_a_designed_flow_keeps_its_text_inside_its_boxes(tmp_path):
    lanes = ["客户经理", "集团客户部", "网络管理中心"]
    nodes = [
        SimpleNamespace(
            id=str(i), kind="task", name=name, lane=lanes[i % 3], checkpoint=i == 6, attached_to=None, scope="p"
        )
        for i, name in enumerate(NAMES)
    ]
    edges = [SimpleNamespace(source=str(i), target=str(i + 1), name="") for i in range(7)]
    deviations = pd.DataFrame({"kind": ["skipped"] * 40, "activity": [NAMES[1], "领导特批"] * 20})
    picture = show.flow_map(SimpleNamespace(nodes=nodes, edges=edges), deviations, language="zh")
    found = measured(picture, tmp_path)
    assert len(found["nodes"]) == 9
    check(found)
