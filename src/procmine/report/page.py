"""An executed notebook as one HTML page: its text and results and a list of contents, without the code.

The page loads nothing. A content security policy in the page forbids scripts and loads, whatever a result contains.
"""

import re
import string
from collections.abc import Mapping
from html import escape
from importlib import resources
from importlib.metadata import version
from string import Template
from typing import Any

from procmine.show import typeface

_TEMPLATE = resources.files("procmine.report") / "template"
_CONTENTS = {"en": "Contents", "zh": "目录"}
_SIDEWAYS = {"en": "Wider than the page: scroll it sideways.", "zh": "图比页面宽，可左右滚动。"}
_PICTURE = re.compile(r'<figure>(<svg[^>]*? width="(\d+)")')
_WIDEST = 1250
"""Pixels beyond which a picture scrolls instead of shrinking: the column has about 940 (`page.css`)."""
_SECTION = re.compile(r'<section class="text">(.*?)</section>', re.DOTALL)
_HEADING = re.compile(r'<h2 id="([^"]*)">(.*?)<a class="anchor-link"', re.DOTALL)
_TITLE = re.compile(r"<h1[^>]*>(.*?)<a class=\"anchor-link\"", re.DOTALL)


def prepare() -> None:
    """Load what `page` needs: a second or two that can pass while the notebook runs."""
    import nbconvert  # noqa: F401

    _font("")


def page(notebook: Any, *, study: str, facts: Mapping[str, str], language: str) -> str:
    """The page of an executed `notebook`: headed by the title of its `study` and `facts`, a term and its text each."""
    from nbconvert import HTMLExporter

    exporter: Any = HTMLExporter(  # type: ignore[no-untyped-call]
        template_name="template", extra_template_basedirs=[str(resources.files("procmine.report"))]
    )
    exporter.exclude_input = True
    body, _ = exporter.from_notebook_node(notebook)
    texts = "".join(_SECTION.findall(body))
    headed = _TITLE.search(texts)
    items = (f'<li><a href="#{anchor}">{heading}</a></li>' for anchor, heading in _HEADING.findall(texts))
    terms = (f"<div><dt>{escape(term)}</dt><dd>{escape(text)}</dd></div>" for term, text in facts.items())
    font = _font("".join([body, study, *facts, *facts.values()]))
    frame = Template(_TEMPLATE.joinpath("page.html").read_text(encoding="utf-8"))
    return frame.substitute(
        language={"zh": "zh-Hans"}.get(language, language),
        version=escape(version("procmine")),
        title=escape(study) if headed is None else f"{headed[1]} – {escape(study)}",
        style=font + _TEMPLATE.joinpath("page.css").read_text(encoding="utf-8"),
        study=escape(study),
        facts=f'<dl class="facts">{"".join(terms)}</dl>',
        contents_label=_CONTENTS.get(language, _CONTENTS["en"]),
        contents="\n".join(items),
        body=_PICTURE.sub(lambda found: _figure(found, _SIDEWAYS.get(language, _SIDEWAYS["en"])), body),
    )


def _font(text: str) -> str:
    """The pictures' typeface with the glyphs of `text`, under its own name: Chinese shows where no such font is."""
    made_of = text + string.printable + "".join([*_CONTENTS.values(), *_SIDEWAYS.values()])
    family, rule = typeface.embedded("".join(filter(typeface.has, sorted(set(made_of)))))
    return rule.replace(family, typeface.FAMILY) + "\n"


def _figure(found: re.Match[str], sideways: str) -> str:
    """The beginning of a figure; a wide one says that there is more of it, and can be scrolled by keyboard."""
    if int(found[2]) <= _WIDEST:
        return found[0]
    return f'<p class="sideways">{sideways}</p><figure class="wide" tabindex="0">{found[1]}'
