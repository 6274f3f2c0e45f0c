"""Formulas stand on a page when it is built: no script sets them, and everybody can read them."""

import json
import re
from pathlib import Path

import pytest
from accessibility import accessibility_faults
from bookkit.sphinx import tex_setting
from bookkit.sphinx.tex_setting import Formula, TexSetter
from bs4 import BeautifulSoup
from formula_page import ROOT, TEXT, make
from page_requests import PageRequests
from static_site import served

SAID = {
    "(28, 28)": "open paren 28 comma 28 close paren",
    "1{,}290": "1,290",
    r"\lfloor 3.5 \rfloor = 3": "floor of 3.5 equals 3",
    "(N, CHW)": "open paren N comma C H W close paren",
    r"3\,0\,1": "3 comma 0 comma 1",
    "z_y + x_i^j": "z sub y plus x sub i to the j-th power",
    r"\hat p + \text{variance} + 10^{-5}": "p hat plus variance plus 10 to the negative 5 power",
    "a < b": "a is less than b",
}
MARKS = """() => [...document.querySelectorAll(".with-formula")].flatMap((tied) => {
  const mark = tied.lastChild;
  if (mark.nodeType !== Node.TEXT_NODE) return [];
  const range = document.createRange();
  range.selectNode(mark);
  const [text, formula] = [range.getBoundingClientRect(),
                           [...tied.querySelectorAll("math")].at(-1).getBoundingClientRect()];
  return [{ mark: mark.data, together: text.top < formula.bottom && text.bottom > formula.top
                                       && Math.abs(text.left - formula.right) < 3 }];
})"""


@pytest.fixture(scope="module")
def formulas(tmp_path_factory) -> Path:
    """The folder of a site with formulas."""
    answer, site = make(tmp_path_factory.mktemp("formulas"))
    assert answer == 0
    return site


def tree_of(site: Path, name: str = "page.html") -> BeautifulSoup:
    return BeautifulSoup((site / name).read_text(encoding="utf-8"), "html.parser")


def words_in(element) -> str:
    return " ".join(math["aria-label"] for math in element.select("math"))


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("h1", "w squared"),
        ("h2", "eta"),
        (".page-toc, .bd-toc, nav.bd-links", "w squared"),
        ("article td", "alpha"),
        ("figcaption", "beta"),
        (".admonition-title", "gamma"),
        (".admonition > p:last-child", "delta"),
        ("dl.glossary dd", "kappa"),
        (".output.text_latex", "the integral of x"),
        (".output.text_html", "z sub 1 is less than z sub 2"),
        ("#equation-eq-half", "one half plus the square root of x"),
        ("div.amsmath", "2 lines Line 1: a equals b Line 2: c equals d"),
    ],
)
def test_a_formula_is_an_element_with_words_wherever_it_stands(formulas, place, words):
    assert any(words in words_in(found) for found in tree_of(formulas).select(place))


def test_nothing_of_tex_is_left_but_what_is_code(formulas):
    tree = tree_of(formulas)
    assert [code.extract().get_text() for code in tree.select(".text_html code")] == [r"\(z_3\)"]
    assert not re.search(r"\\[(\[a-z]|\$", tree.select_one("article").get_text())
    assert "mathjax" not in " ".join(script.get("src", "") for script in tree.select("script"))


def test_titles_and_pictures_say_formulas_in_words(formulas):
    tree = tree_of(formulas)
    assert tree.title.get_text().startswith("Why w squared grows")
    assert tree.select_one("figure img")["alt"] == "A pixel of w squared."


def test_a_numbered_formula_is_named_and_referred_to(formulas):
    tree = tree_of(formulas)
    box = tree.select_one("#equation-eq-half")
    assert (box["aria-label"], box["tabindex"]) == ("Formula 1", "0")
    assert box.select_one(".eqno").get_text().startswith("(1)")
    assert tree.select_one("a.reference[href='#equation-eq-half']").get_text() == "(1)"


def test_a_long_formula_ends_its_line_behind_a_relation(formulas):
    inline = tree_of(formulas).select("p .formula")
    long = [each for each in inline if len(each.select("math")) > 1]
    assert [[math["aria-label"].split()[-1] for math in each.select("math")] for each in long] == [
        ["equals", "equals", "28"]
    ]


def test_a_page_without_formulas_has_them_in_its_contents_alone(formulas):
    page = tree_of(formulas, "plain.html")
    assert page.select("nav math") and not page.select("article math")


@pytest.mark.parametrize("widths", [range(320, 420, 7), (1400,)], ids=["phone", "desk"])
def test_formulas_fit_a_page_of_any_width_and_nothing_is_asked_of_a_script(
    chromium, formulas, widths
):
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    traffic = PageRequests(page)
    with served(formulas) as address:
        page.goto(f"{address}/page.html", wait_until="load")
        traffic.wait_until_still()
        for width in widths:
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            marks = page.evaluate(MARKS)
            assert len(marks) >= 6 and all(each["together"] for each in marks), (width, marks)
        assert page.evaluate("[...document.fonts].find(f => f.family === 'Formulas').status") == (
            "loaded"
        )
        assert accessibility_faults(page) == []
    assert not [url for url in traffic.addresses if re.search(r"mathjax|temml", url, re.IGNORECASE)]
    context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_wide_formula_scrolls_in_its_box_by_keyboard_from_its_beginning(
    chromium, formulas, scripts
):
    context = chromium.new_context(
        viewport={"width": 390, "height": 800}, java_script_enabled=scripts
    )
    page = context.new_page()
    page.goto((formulas / "page.html").as_uri())
    box = page.locator("div.formula", has=page.locator("mtable")).last
    assert box.evaluate("box => box.scrollWidth > box.clientWidth && box.scrollLeft === 0")
    inside, formula = box.bounding_box(), box.locator("math").bounding_box()
    assert formula["x"] >= inside["x"] - 1
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert box.evaluate("box => box.scrollLeft") > 0
    context.close()


def test_a_fault_stops_the_build_with_page_formula_and_reason(tmp_path, capfd):
    answer, _ = make(
        tmp_path, TEXT + "\nOne of $\\frac{1$, and $a + \\half$, and $\\eqref{eq-half}$.\n"
    )
    said = " ".join(capfd.readouterr().err.split())
    assert answer == 1
    for words in (
        r"page.ipynb: WARNING: the formula \frac{1 cannot be set: Unexpected end of input",
        r"the formula a + \half cannot be set: \half is unknown",
        r"the formula \eqref{eq-half} cannot be set: \ref and \eqref reach no other formula",
    ):
        assert words in said


def test_formulas_that_were_set_once_are_not_set_again(tmp_path, monkeypatch):
    formulas, file = [Formula("w^2", False), Formula("x", True)], tmp_path / "formulas.json"
    first = TexSetter(ROOT / "node_modules", file, {})
    first.set_all(formulas)

    def refuse(name):
        raise AssertionError(f"{name} was called")

    monkeypatch.setattr(tex_setting.processes, "tool", refuse)
    second = TexSetter(ROOT / "node_modules", file, {})
    second.set_all(formulas)
    assert second.known == first.known and len(json.loads(file.read_text())["formulas"]) == 2
    with pytest.raises(AssertionError, match="node was called"):
        TexSetter(ROOT / "node_modules", file, {r"\RR": "R"}).set_all(formulas)


def test_words_say_what_a_formula_means(tmp_path):
    setter = TexSetter(ROOT / "node_modules", tmp_path / "formulas.json", {})
    setter.set_all(Formula(tex, False) for tex in SAID)
    assert {tex: setter.known[Formula(tex, False)].words for tex in SAID} == SAID


def test_without_the_packages_the_build_says_which_it_needs(tmp_path):
    with pytest.raises(tex_setting.BookError, match=r"temml, speech-rule-engine, .* package\.json"):
        TexSetter(tmp_path, tmp_path / "formulas.json", {}).set_all([Formula("x", False)])


def test_the_style_sheet_brings_a_font_of_the_signs_that_are_shown(formulas):
    style = (formulas / "_static" / "site.css").read_text(encoding="utf-8")
    rules = re.findall(r"@font-face\s*{[^}]*}", style)
    (font,) = (rule for rule in rules if "font-family:Formulas" in rule)
    assert "data:font/woff;base64," in font and len(font) < 60_000
