"""Which chapters a change concerns: found out on a copy of the book, without executing anything."""

import shutil
from functools import cache
from pathlib import Path

import pytest
from bookkit.book.pages import read_pages
from bookkit.book.project import open_project
from bookkit.run.plan import digests

ROOT = Path(__file__).parents[2]
NAMES = ("_config.yml", "_toc.yml", "pyproject.toml", "book", "chapters", "code")


@pytest.fixture
def copy(tmp_path) -> Path:
    for name in NAMES:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, tmp_path / name)
    return tmp_path


def digests_in(folder: Path, inputs: dict | None = None) -> dict[Path, str]:
    project = open_project(folder, "quick")
    pages = read_pages(project.root, project.pages, project.chapters)
    return digests(project, pages, inputs or {})


@cache
def digests_here() -> dict[Path, str]:
    """The digests of the book, of which every copy is one."""
    return digests_in(ROOT)


def changed(copy: Path, file: str, old: str, new: str) -> set[str]:
    """The numbers of the chapters whose results a change makes invalid."""
    before = digests_here()
    text = (copy / file).read_text(encoding="utf-8")
    assert old in text
    (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    after = digests_in(copy)
    return {number_of(page) for page in before if before[page] != after[page]}


def number_of(page: Path) -> str:
    """The number of the chapter that a page is, or is below; what a page elsewhere begins with."""
    return (
        page.parts[page.parts.index("chapters") + 1][0]
        if "chapters" in page.parts
        else page.name[0]
    )


def users(word: str) -> set[str]:
    """The numbers of the chapters whose text has a word."""
    return {
        number_of(page.relative_to(ROOT))
        for page in (ROOT / "chapters").rglob("*.md")
        if word in page.read_text(encoding="utf-8")
    }


def test_a_changed_sentence_concerns_none(copy):
    assert changed(copy, "chapters/2-data.md", "# ", "# A new title, ") == set()


def test_a_changed_cell_concerns_its_chapter(copy):
    assert changed(copy, "chapters/2-data.md", "import torch\n", "import torch, math\n") == {"2"}


def test_a_changed_function_concerns_the_chapters_that_use_it(copy):
    turned = changed(copy, "code/firstcnn/augment.py", "def rotate(", "def rotate(*_, ")
    assert turned >= users("augment.rotate")
    assert turned and "2" not in turned, "chapter 2 augments nothing"


def test_a_changed_figure_concerns_the_chapters_that_draw_it(copy):
    assert changed(
        copy, "code/firstcnn/figures/evaluation.py", "def confusion(", "def confusion(*_, "
    ) == users("figures.confusion(")


def test_a_changed_docstring_concerns_none(copy):
    assert (
        changed(copy, "code/firstcnn/models.py", "Three convolutional blocks", "Three fine blocks")
        == set()
    )


@pytest.mark.parametrize(
    "inputs", [{"data": "other"}, {"machine": {"threads": 8}}, {"versions": {"torch": "3.0"}}]
)
def test_other_data_machine_or_versions_concern_all(inputs):
    project = open_project(ROOT, "quick")
    some = read_pages(project.root, project.pages, project.chapters)[::10]
    after = digests(project, some, inputs)
    assert len(after) > 3 and all(digests_here()[page] != after[page] for page in after)


def test_the_profile_is_among_the_inputs():
    assert open_project(ROOT, "quick").inputs() != open_project(ROOT, "full").inputs()
