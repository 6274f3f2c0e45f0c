"""What a new copy of the book goes by when it says how long a build takes."""

import json
from pathlib import Path

import pytest
from bookkit.book.pages import read_pages
from bookkit.book.project import open_project
from bookkit.run.cost import SHIPPED
from bookkit.run.outlook import SITE

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("profile", ["full", "quick"])
def test_of_every_page_and_of_the_site_the_book_knows_the_cost(profile):
    project = open_project(ROOT, profile)
    pages = read_pages(project.root, project.pages, project.chapters)
    known = json.loads((ROOT / SHIPPED).read_text(encoding="utf-8"))[profile]
    assert {*(str(page.file) for page in pages if page.cells), SITE} - set(known) == set()
