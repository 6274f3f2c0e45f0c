"""The buttons of a small book, as it is published and as it is not, and the branch that is
published.
"""

import re

import pytest
from bookkit.book.project import open_project
from bookkit.editions.branch import lay_out_branch
from bs4 import BeautifulSoup

SERVICES = """
[tool.bookkit.publish]
binderhub = "https://binder.example"
colab = "https://colab.example"
files = ["binder", "code", "pyproject.toml"]
notice = "Colab has graphics cards."
"""


@pytest.fixture
def book(toy_book):
    """A toy book whose second page is a chapter."""
    (toy_book.root / "two.md").rename(toy_book.root / "2-two.md")
    toy_book.edit("_toc.yml", "file: two", "file: 2-two")
    toy_book.edit(
        "pyproject.toml", "[tool.bookkit.environment]", f"{SERVICES}\n[tool.bookkit.environment]"
    )
    return toy_book


def page_of(book, folder: str, name: str) -> BeautifulSoup:
    return BeautifulSoup(
        (book.root / folder / f"{name}.html").read_text(encoding="utf-8"), "html.parser"
    )


def words(page, label: str) -> list[str]:
    return [
        entry.get_text(strip=True) for entry in page.select(f".dropdown-{label} .dropdown-item")
    ]


def test_a_published_book_leads_to_its_services_and_another_one_nowhere(book, monkeypatch):
    monkeypatch.setenv("GITHUB_REPOSITORY", "owner/toy")
    done = book.build()
    assert done.returncode == 0, done.stdout + done.stderr
    page = page_of(book, "_build/html", "2-two")
    assert words(page, "launch-buttons") == ["Binder", "Colab"]
    notebook = book.root / "_build" / "html" / "notebooks" / "2-two.ipynb"
    assert "**Elsewhere.** Colab has graphics cards." in notebook.read_text(encoding="utf-8")
    assert all("/owner/toy/" in link["href"] for link in page.select(".dropdown-launch-buttons a"))
    logos = [picture["src"] for picture in page.select(".dropdown-launch-buttons img")]
    assert logos and not any(re.match(r"\w+:", logo) for logo in logos)
    assert page_of(book, "_build/html", "one").select(".dropdown") == []

    monkeypatch.delenv("GITHUB_REPOSITORY")
    assert book.build().returncode == 0
    page = page_of(book, "_build/html", "2-two")
    assert words(page, "launch-buttons") == []
    assert words(page, "download-buttons") == ["Notebook", "Notebook with solutions", "Print"]


def test_the_course_edition_offers_no_solutions(book):
    done = book.build("--edition", "course")
    assert done.returncode == 0, done.stdout + done.stderr
    assert words(page_of(book, "_build/course/html", "2-two"), "download-buttons") == [
        "Notebook",
        "Print",
    ]


def test_the_branch_holds_notebooks_and_what_they_need(book):
    project = open_project(book.root, "full")
    for name in ("2-two.ipynb", "solutions/2-two.ipynb"):
        book.write(f"_build/html/notebooks/{name}", "{}")
    book.write("binder/README.md", "# Notebooks")
    book.write("code/toy/__pycache__/tools.pyc", "")
    branch = lay_out_branch(project)
    files = {file.relative_to(branch).as_posix() for file in branch.rglob("*") if file.is_file()}
    code = {"code/toy/__init__.py", "code/toy/tools.py"}
    assert files == {
        "notebooks/2-two.ipynb",
        "binder/README.md",
        "README.md",
        "pyproject.toml",
        *code,
    }
    assert not branch.is_relative_to(project.site) and branch == lay_out_branch(project)
