"""What holds for all chapters: goals, minutes, numbers that come from the run, pictures that show
something.
"""

import ast
import io
import re

import numpy as np
from bookkit.book.lesson import goals_of
from bookkit.book.myst import headings
from PIL import Image
from the_book import CORES, every_core, every_page, every_page_below, lecture, together

MINUTES = {1: 15, 2: 30, 3: 30, 4: 30, 5: 15, 6: 0}


def test_there_are_six_chapters():
    assert [page.chapter for page in CORES] == [1, 2, 3, 4, 5, 6]


@every_core
def test_the_sections_fill_the_lecture(page):
    assert sum(each.minutes or 0 for each in headings(page.text)) == MINUTES[page.chapter]


@every_page_below
def test_pages_below_a_chapter_take_no_minutes_of_the_lecture(page):
    assert {each.note for each in headings(page.text) if each.level == 2} <= {"after class"}
    assert [each.title for each in headings(page.text) if each.minutes is not None] == []


@every_core
def test_goals_point_to_sections_of_the_chapter(page):
    labels = [label for goal in goals_of(page.text) for label in goal.labels]
    text = "".join(part.text for part in together(page))
    assert len(labels) >= 3
    assert [label for label in labels if f"({label})=" not in text] == []


@every_page
def test_every_number_and_picture_of_the_text_comes_from_the_run(chapter, page):
    if not page.cells:
        return  # text alone, which takes nothing from a run
    text, executed = page.text, chapter(page.docname)
    numbers = set(re.findall(r"\{glue:text\}`([\w-]+)", text)) | set(
        re.findall(r"\{glue\}`([\w-]+)", text)
    )
    pictures = set(re.findall(r"\{glue:figure\} ([\w-]+)", text))
    assert numbers <= set(executed.values)
    assert pictures == set(executed.figures), (
        "every figure that is shown has its place and caption in the text"
    )


@every_page
def test_pictures_show_something_and_are_described(chapter, page):
    figures = chapter(page.docname).figures if page.cells else {}
    assert figures or page.above
    for name, (picture, alt) in figures.items():
        pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("L"), dtype=float)
        assert pixels.std() > 5, f"{name} is blank"
        assert pixels.shape[1] <= 1400, f"{name} is too wide to be read on a phone"
        assert len(alt.split()) >= 8, f"{name}: {alt}"
        assert "nan" not in alt.lower().split(), f"{name}: {alt}"


@every_page
def test_a_cell_that_shows_a_picture_does_not_show_it_twice(page):
    for cell in page.cells:
        if cell.is_code and re.search(r"^show\(", cell.source, flags=re.M):
            assert cell.tags & {"remove-output", "remove-cell"}, cell.source


@every_page
def test_nothing_is_said_on_standard_error(chapter, page):
    said = [
        o.text
        for o in (chapter(page.docname).outputs if page.cells else [])
        if o.output_type == "stream" and o.name == "stderr"
    ]
    assert said == []


def test_only_chapter_5_opens_the_test_set():
    opened = set()
    for page in lecture():
        names = {
            getattr(node, "attr", getattr(node, "id", getattr(node, "name", None)))
            for node in ast.walk(ast.parse(page.code))
        }
        opened |= {page.chapter} if "open_test_set" in names else set()
    assert opened == {5}
