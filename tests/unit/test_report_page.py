import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from procmine.report.page import page


def notebook(*outputs):
    data = [new_output("display_data", data=each) for each in outputs]
    cells = [
        new_markdown_cell("# Orders & more\n\n## First & part\n\ntext\n\n## 第二"),
        new_code_cell("secret_code()", outputs=[new_output("stream", name="stderr", text="a warning"), *data]),
    ]
    return new_notebook(cells=cells)


def shown(*outputs, language="en"):
    return page(notebook(*outputs), study="A <study>", facts={"As of": "2024 <now>"}, language=language)


@pytest.fixture(scope="module")
def plain():
    return shown({"text/plain": "x < y", "image/png": "iVBOR\n"}, {"text/html": "<table><tr><td>1</td></tr></table>"})


def test_the_page_loads_nothing(plain):
    assert not re.search(r"(src|href)\s*=\s*[\"']?\s*(https?:|//)", plain)
    assert not re.search(r"@import|url\((?!data:)", plain)
    assert "<script" not in plain
    assert "default-src 'none'" in plain


def test_the_code_and_what_it_warned_of_are_hidden(plain):
    assert "secret_code" not in plain
    assert "a warning" not in plain


def test_the_contents_lead_to_every_section(plain):
    entries = re.findall(r'<li><a href="#([^"]+)">(.*?)</a></li>', plain)
    assert [text for _, text in entries] == ["First &amp; part", "第二"]
    for anchor, _ in entries:
        assert f'<h2 id="{anchor}">' in plain


def test_names_are_escaped_in_title_and_facts(plain):
    assert "<title>Orders &amp; more – A &lt;study&gt;</title>" in plain
    assert "2024 &lt;now&gt;" in plain


def test_a_table_goes_before_its_text_and_a_picture_before_its_name(plain):
    assert "<td>1</td>" in plain
    assert 'src="data:image/png;base64,iVBOR"' in plain
    assert "x &lt; y" not in plain


def test_a_wide_map_can_be_scrolled_and_says_so():
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="5"></svg>'
    wide, narrow = (shown({"image/svg+xml": svg.format(width)}, language="zh") for width in (3000, 300))
    assert '<figure class="wide" tabindex="0"><svg' in wide
    assert "图比页面宽，可左右滚动。" in wide
    assert "可左右滚动" not in narrow


def test_a_page_in_chinese_says_so_and_brings_its_glyphs():
    chinese = shown(language="zh")
    assert '<html lang="zh-Hans">' in chinese
    assert "目录" in chinese
    assert "@font-face {font-family: 'Noto Sans CJK SC'; src: url(data:font/woff;base64," in chinese
