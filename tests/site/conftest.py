"""The built site: its pages as trees; and a small site of one page."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from small_site import make


@pytest.fixture(scope="session")
def site(book) -> Path:
    return book / "_build" / "html"


@pytest.fixture(scope="session")
def pages(site) -> dict[Path, BeautifulSoup]:
    """Every page of the table of contents, with the index and the search page."""
    outside = {
        site / "index.html",
        site / "404.html",
    }  # they lead to the first page, and have nothing of the theme
    files = [f for f in site.rglob("*.html") if "_static" not in f.parts and f not in outside]
    return {file: BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser") for file in files}


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Path:
    """The folder of a small site."""
    return make(tmp_path_factory.mktemp("small"))
