"""Formulas of a site are set when it is built: as MathML, in a font of the site's own, with words
for those who hear or search them. Pages need no script for it.
"""

import re
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

from bookkit.sphinx.formula_font import style_sheet
from bookkit.sphinx.tex_setting import Formula, TexSetter
from bookkit.system.errors import BookError

FONT_SCRIPT = Path(__file__).parent / "assets" / "formula-font.js"
NAME = "formulas"  # of the way in which Sphinx draws them
STYLE = "formulas/formulas.css"  # in _static
CLASSES = "formula notranslate nohighlight"
KINDS = (nodes.math, nodes.math_block)
ENVIRONMENT = re.compile(r"\\begin\{(\w+\*?)\}.*?\\end\{\1\}", re.DOTALL)
MATH = re.compile(r'<math[^>]* aria-label="([^"]*)".*?</math>', re.DOTALL)

IN_ALT = re.compile(r"\$([^$\s](?:[^$]*[^$\s])?)\$")  # of a picture
IN_HTML = re.compile(  # that a cell has put out; what stands in code is code
    r"<(code|pre|script|style)\b.*?</\1>"
    r"|\\\((?P<inline>.+?)\\\)|\\\[(?P<display>.+?)\\\]|\$\$(?P<dollars>.+?)\$\$",
    re.DOTALL | re.IGNORECASE,
)

logger = logging.getLogger(__name__)


def choose(app: Sphinx, config: Config) -> None:
    """Let Sphinx draw formulas in this way, and prepare it."""
    config.html_math_renderer = config.html_math_renderer or NAME
    tex = (config.mathjax3_config or {}).get("tex", {})
    file = Path(app.doctreedir).parent / "formulas.json"
    app.tex_setter = TexSetter(packages_above(Path(app.srcdir)), file, macros_of(tex))


def packages_above(folder: Path) -> Path:
    """Return the folder of npm's packages, where node too looks for it."""
    places = [each / "node_modules" for each in (folder, *folder.parents)]
    return next((place for place in places if place.is_dir()), places[0])


def macros_of(tex: dict[str, Any]) -> dict[str, str]:
    """Return the macros of a configuration for MathJax, which has them in two forms."""
    given = tex.get("macros", {}).items()
    return {f"\\{name}": what if isinstance(what, str) else what[0] for name, what in given}


def formula_of(node: nodes.Node) -> Formula:
    """Return the formula of a node. Sphinx puts several lines, and several paragraphs, below each
    other.
    """
    text = node.astext().strip()
    if isinstance(node, nodes.math) or node.get("nowrap"):
        return Formula(text, isinstance(node, nodes.math_block))
    lines = [lined_up(part.strip()) for part in text.split("\n\n") if part.strip()]
    whole = r" \\ ".join(lines)
    return Formula(rf"\begin{{aligned}}{whole}\end{{aligned}}" if lines[1:] else whole, True)


def lined_up(tex: str) -> str:
    """Return TeX whose lines stand below each other, if it has several outside of matrices."""
    return rf"\begin{{split}}{tex}\end{{split}}" if r"\\" in ENVIRONMENT.sub("", tex) else tex


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Note the formulas of a page that has been read."""
    formulas_in(app.env)[app.env.docname] = set(formulas_of(doctree))


def formulas_of(doctree: nodes.document) -> Iterator[Formula]:
    """Yield the formulas of a page: of its text, of pictures described, of HTML from cells."""
    for node in doctree.findall():
        if isinstance(node, KINDS):
            yield formula_of(node)
        elif isinstance(node, nodes.image):
            yield from (in_alt(found) for found in IN_ALT.finditer(node.get("alt", "")))
        elif is_output(node):
            yield from filter(None, map(in_html, IN_HTML.finditer(node.astext())))


def is_output(node: nodes.Node) -> bool:
    """Tell whether a node is HTML that a cell has put out."""
    return isinstance(node, nodes.raw) and "text_html" in node["classes"]


def in_alt(found: re.Match) -> Formula:
    """Return a formula of the alternative text of a picture."""
    return Formula(found[1], False)


def in_html(found: re.Match) -> Formula | None:
    """Return a formula of HTML, nothing for code."""
    tex = found["inline"] or found["display"] or found["dollars"]
    return Formula(unescape(tex).strip(), not found["inline"]) if tex else None


def put_in(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Say formulas in words where a picture is described, and set them in HTML from cells."""
    known = app.tex_setter.known

    def said(found: re.Match) -> str:
        return known[in_alt(found)].words if in_alt(found) in known else found[0]

    def shown(found: re.Match) -> str:
        return known[in_html(found)].mathml if in_html(found) in known else found[0]

    for image in doctree.findall(nodes.image):
        if image.get("alt"):
            image["alt"] = IN_ALT.sub(said, image["alt"])
    for output in doctree.findall(is_output):
        output[:] = [nodes.Text(IN_HTML.sub(shown, output.astext()))]


def formulas_in(env: BuildEnvironment) -> dict[str, set[Formula]]:
    """Return the formulas of each page."""
    if not hasattr(env, "bookkit_formulas"):
        env.bookkit_formulas = {}
    return env.bookkit_formulas


def purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget the formulas of a page."""
    formulas_in(env).pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: list[str], other: BuildEnvironment) -> None:
    """Take over the formulas of pages that another process has read."""
    formulas_in(env).update({name: formulas_in(other).get(name, set()) for name in docnames})


def set_all(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Set the formulas of all pages, complain of those that cannot be set, and write the style
    sheet.
    """
    by_page = formulas_in(env)
    if app.builder.format != "html" or not any(by_page.values()):
        return []
    try:
        app.tex_setter.set_all(set().union(*by_page.values()))
    except BookError as error:
        logger.warning("%s", error)
        return []
    for page, formulas in sorted(by_page.items()):
        for formula in sorted(formulas & app.tex_setter.faults.keys()):
            complain(app, formula, page)
    shown = [each.mathml for each in app.tex_setter.known.values()]
    file = Path(app.outdir, "_static", STYLE)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(style_sheet(app.tex_setter.packages, shown), encoding="utf-8")
    return []


def complain(app: Sphinx, formula: Formula, page: str) -> None:
    """Say which formula of which page is wrong, and how."""
    fault = app.tex_setter.faults[formula]
    tex = " ".join(formula.tex.split())
    logger.warning("the formula %s cannot be set: %s. Correct its TeX.", tex, fault, location=page)


def drawn(translator: HTML5Translator, node: nodes.Node) -> str:
    """Return the formula of a node as MathML, as code if it could not be set."""
    app, formula = translator.builder.app, formula_of(node)
    if formula not in app.tex_setter.known:
        return f"<code>{escape(formula.tex)}</code>"
    return app.tex_setter.known[formula].mathml


def draw(translator: HTML5Translator, node: nodes.math) -> None:
    """Draw a formula in a line of text."""
    start = translator.starttag(node, "span", "", CLASS=CLASSES)
    translator.body.append(f"{start}{drawn(translator, node)}</span>")
    raise nodes.SkipNode


def draw_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Draw a formula on lines of its own, in a box that scrolls where it is narrower."""
    number = get_node_equation_number(translator, node) if node["number"] else ""
    name = f"Formula {number}".strip()
    about = {"role": "group", "aria-label": name, "tabindex": "0"}
    translator.body.append(translator.starttag(node, "div", CLASS=CLASSES, **about))
    if number:
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append(f"{drawn(translator, node)}</div>\n")
    raise nodes.SkipNode


def in_words(html: str) -> str:
    """Return HTML of a page with its formulas in words, for titles and searches."""
    return MATH.sub(r"\1", html)


def finish_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Give a page with formulas their style and font, and say those of its title in words."""
    context["title"] = in_words(context.get("title") or "")
    titles = app.env.titles.values()
    if "<math" in context.get("body", "") or any(any(each.findall(nodes.math)) for each in titles):
        app.add_css_file(STYLE, priority=700)
        app.add_js_file(None, body=FONT_SCRIPT.read_text(encoding="utf-8"))


def connect(app: Sphinx) -> None:
    """Make this the way in which formulas are drawn."""
    app.setup_extension("sphinx.ext.mathjax")  # whose macros are read
    app.add_html_math_renderer(NAME, (draw, None), (draw_block, None))
    app.connect("config-inited", choose)
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", set_all)
    app.connect("doctree-resolved", put_in)
    app.connect("html-page-context", finish_page, priority=600)
