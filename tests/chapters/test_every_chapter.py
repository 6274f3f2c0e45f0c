"""What holds for all chapters: goals, minutes, numbers that come from the run, pictures that show
something.
"""

import ast
import io
import re
from pathlib import Path

import numpy as np
import pytest
from bookkit.book.lesson import goals_of
from bookkit.book.myst import sections
from bookkit.book.pages import read_page
from PIL import Image

ROOT = Path(__file__).parents[2]

CHAPTERS = sorted(f"chapters/{file.stem}" for file in (ROOT / "chapters").glob("*.md"))
MINUTES = {"1": 15, "2": 30, "3": 30, "4": 30, "5": 15, "6": 0}


def text_of(page: str) -> str:
    return (ROOT / f"{page}.md").read_text(encoding="utf-8")


def number(page: str) -> str:
    return page.removeprefix("chapters/")[0]


def test_there_are_six_chapters():
    assert [number(page) for page in CHAPTERS] == list("123456")


@pytest.mark.parametrize("page", CHAPTERS)
def test_the_sections_fill_the_lecture(page):
    noted = sections(text_of(page))
    headings = re.findall(
        r"^## (.+)$", re.sub(r"```.*?```", "", text_of(page), flags=re.S), flags=re.M
    )
    goals = "What you will be able to do"
    assert {title for title, _ in noted} >= {h.partition(" <!--")[0] for h in headings} - {goals}
    assert sum(minutes or 0 for _, minutes in noted) == MINUTES[number(page)]


@pytest.mark.parametrize("page", CHAPTERS)
def test_goals_point_to_sections_of_the_chapter(page):
    labels = [label for goal in goals_of(text_of(page)) for label in goal.labels]
    assert len(labels) >= 3
    assert all(f"({label})=" in text_of(page) for label in labels)


@pytest.mark.parametrize("page", CHAPTERS)
def test_every_number_and_picture_of_the_text_comes_from_the_run(chapter, page):
    text, executed = text_of(page), chapter(page)
    numbers = set(re.findall(r"\{glue:text\}`([\w-]+)", text)) | set(
        re.findall(r"\{glue\}`([\w-]+)", text)
    )
    pictures = set(re.findall(r"\{glue:figure\} ([\w-]+)", text))
    assert numbers <= set(executed.values)
    assert pictures == set(executed.figures), (
        "every figure that is shown has its place and caption in the text"
    )


@pytest.mark.parametrize("page", CHAPTERS)
def test_pictures_show_something_and_are_described(chapter, page):
    figures = chapter(page).figures
    assert figures
    for name, (picture, alt) in figures.items():
        pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("L"), dtype=float)
        assert pixels.std() > 5, f"{name} is blank"
        assert pixels.shape[1] <= 1400, f"{name} is too wide to be read on a phone"
        assert len(alt.split()) >= 8, f"{name}: {alt}"
        assert "nan" not in alt.lower().split(), f"{name}: {alt}"


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_cell_that_shows_a_picture_does_not_show_it_twice(page):
    for cell in read_page(ROOT / f"{page}.md").cells:
        if cell.cell_type == "code" and re.search(r"^show\(", cell.source, flags=re.M):
            assert "remove-output" in cell.metadata.get("tags", []), cell.source


@pytest.mark.parametrize("page", CHAPTERS)
def test_nothing_is_said_on_standard_error(chapter, page):
    said = [
        o.text for o in chapter(page).outputs if o.output_type == "stream" and o.name == "stderr"
    ]
    assert said == []


def test_only_chapter_5_opens_the_test_set():
    for page in CHAPTERS:
        names = {
            getattr(node, "attr", getattr(node, "id", getattr(node, "name", None)))
            for node in ast.walk(ast.parse(read_page(ROOT / f"{page}.md").code))
        }
        assert ("open_test_set" in names) == (number(page) == "5")
