"""The built site: its pages as trees, and a real browser to open them in."""

import os
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from chromium import installed
from playwright.sync_api import sync_playwright


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
def chromium():
    """A headless Chromium that can reach this machine and nothing else."""
    only_here = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=installed(), args=[only_here, *sandbox]
        )
        yield running
        running.close()
