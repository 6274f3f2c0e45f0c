"""Chapter 4 of the book and its pages for after class, printed by a browser: nothing is cut off, and
no answer is missing.
"""

import re
import unicodedata

import pytest
from bs4 import BeautifulSoup, Tag
from printer import on_paper, with_printer
from pypdf import PdfReader

CHAPTER = "chapters/4-training"
ANSWERS = ".tag_solution details, details.sd-dropdown:not(:has(details.sd-dropdown))"
MARGINS = "A trial of the code, made from a few hundred images. Its numbers mean nothing."
FORMULA = ".formula, .math, svg, script, style"


def without_blanks(text: str) -> str:
    """A text without blanks, and without the letters that printers join."""
    return re.sub(r"[\s\u00ad\u200b]", "", unicodedata.normalize("NFKC", text))


@pytest.fixture(
    scope="module",
    params=[pytest.param(4, id="some"), pytest.param(1, id="all", marks=pytest.mark.soak)],
)
def names(request, site) -> list[str]:
    """The chapter and every fourth page below it, in `make soak` all of them."""
    below = sorted((site / CHAPTER).glob("*.html"))
    return [CHAPTER, *(f"{CHAPTER}/{file.stem}" for file in below[:: request.param])]


@pytest.fixture(scope="module")
def articles(site, names) -> dict[str, Tag]:
    """The pages as they are on the disk, without what can be drawn otherwise: formulas."""
    found = {}
    for name in names:
        text = (site / f"{name}.html").read_text(encoding="utf-8")
        found[name] = BeautifulSoup(text, "html.parser").select_one("article")
        for element in found[name].select(FORMULA):
            element.replace_with("\n")
    return found


@pytest.fixture(scope="module")
def printed(chromium, site, names) -> dict[str, PdfReader]:
    page, found = with_printer(chromium.new_page()), {}
    for name in names:
        page.goto((site / f"{name}.html").as_uri(), wait_until="load")
        found[name] = on_paper(page, prefer_css_page_size=True)
    page.close()
    return found


@pytest.fixture(scope="module")
def texts(printed, articles) -> dict[str, str]:
    """All that is on paper, sheet after sheet, without blanks and without what the margins say."""
    return {name: between_margins(pdf, title_of(articles[name])) for name, pdf in printed.items()}


def title_of(article: Tag) -> str:
    return article.h1.get_text().rstrip("#")


def between_margins(pdf: PdfReader, title: str) -> str:
    margins = [without_blanks(each) for each in (title, "Your First CNN", MARGINS)]
    text = ""
    for number, sheet in enumerate(pdf.pages, 1):
        said = without_blanks(sheet.extract_text())
        for margin in (*margins, f"{number}/{len(pdf.pages)}"):
            assert margin in said
            said = said.replace(margin, "", 1)
        text += said
    return text


def test_the_pages_of_the_chapter_are_printed(names, printed):
    assert len(names) in (4, 13) and all(len(pdf.pages) > 1 for pdf in printed.values())


def test_every_picture_is_on_paper(articles, printed):
    for name, article in articles.items():
        pictures = sum(len(sheet.images) for sheet in printed[name].pages)
        assert pictures >= len(article.select("img"))


def test_every_line_of_code_is_on_paper(articles, texts):
    lines = {
        (name, line)
        for name, article in articles.items()
        for block in article.select("pre")
        for line in block.get_text().splitlines()
        if line.strip()
    }
    missing = [each for each in lines if without_blanks(each[1]) not in texts[each[0]]]
    assert len(lines) > 23 * len(articles) and missing == []


def is_in(text: str, piece: str) -> bool:
    """Tell whether a paragraph is there, whole or torn by the edge of a sheet, where a reader of PDF
    may put its second part elsewhere.
    """
    return piece in text or all(end in text for end in (piece[:40], piece[-40:]))


def test_every_answer_is_on_paper_behind_the_questions(articles, texts):
    missing, count = [], 0
    for name, article in articles.items():
        answers = article.select(ANSWERS)
        behind = texts[name].rpartition("AnswersAnswer1")[2]
        count += len(answers)
        for answer in answers:
            answer.summary.extract()
            pieces = [without_blanks(piece) for piece in answer.stripped_strings]
            missing += [(name, piece) for piece in pieces if not is_in(behind, piece)]
    assert count > 2 * len(articles) and missing == []


def test_links_between_questions_and_answers_lead_both_ways(printed, articles):
    for name, pdf in printed.items():
        places = {place.lstrip("/") for place in pdf.named_destinations}
        count = len(articles[name].select(ANSWERS))
        wanted = range(1, count + 1)
        assert places >= {f"{kind}-1-{k}" for kind in ("asked", "answer") for k in wanted}
