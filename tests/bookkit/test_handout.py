"""What is handed out of a chapter: a zip that runs where nothing of the book is installed."""

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import nbformat
import pytest
from bookkit.book.pages import read_page, with_outputs
from bookkit.book.project import open_project
from bookkit.editions.notebooks import write_notebooks
from bookkit.requirements import install_missing
from bookkit.system.errors import BookError
from toy_book import CODE, FRONT

CHAPTER = (
    FRONT
    + '# A toy\n\n```{code-cell} python\nfrom toy import tools\n\nprint("used:", tools.used())\n```\n'
)
DISTRIBUTION = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "toy-book"
version = "1.0"
[tool.setuptools.packages.find]
where = ["code"]
"""
PARTS = {"1-toy.ipynb", "toy_book-1.0-py3-none-any.whl"}


@pytest.fixture(scope="module")
def packed(toy_book_for_both):
    """A toy book of one chapter whose packages, the kit among them, are a distribution."""
    book = toy_book_for_both
    book.write("1-toy.md", CHAPTER)
    book.edit("_toc.yml", "- file: one", "- file: 1-toy\n- file: one")
    book.edit("pyproject.toml", '"toy"]', '"toy", "bookkit", "sourcedigest"]')
    book.edit("pyproject.toml", "[tool.bookkit]\n", '[tool.bookkit]\ndistribution = "toy-book"\n')
    book.write("pyproject.toml", (book.root / "pyproject.toml").read_text() + DISTRIBUTION)
    for name in ("bookkit", "sourcedigest"):
        shutil.copytree(Path(CODE, name), book.root / "code" / name)
    return book


def notebooks_of(book, edition="open") -> Path:
    """Write the notebooks of a book's chapter as a build does; where they are."""
    project = open_project(book.root, edition=edition)
    read = read_page(Path("1-toy.md"), project.root)
    write_notebooks(project, [with_outputs(read, read.notebook())])
    return project.site / "notebooks"


def test_each_chapter_has_a_zip_with_its_notebook_and_the_packages(packed):
    folder = notebooks_of(packed)
    for file in ("1-toy.zip", "solutions/1-toy.zip"):
        with zipfile.ZipFile(folder / file) as made:
            assert {Path(name).name for name in made.namelist()} == PARTS
            own = (folder / file).parent / "1-toy.ipynb"
            assert made.read("toy-book/1-toy.ipynb") == own.read_bytes()
    before = (folder / "1-toy.zip").read_bytes()
    assert (notebooks_of(packed) / "1-toy.zip").read_bytes() == before


def test_a_course_edition_hands_out_no_solutions(packed):
    folder = notebooks_of(packed, "course")
    assert {file.name for file in folder.rglob("*") if file.is_file()} == PARTS | {"1-toy.zip"}


def test_the_zip_runs_where_the_books_packages_are_not_installed(packed, tmp_path):
    with zipfile.ZipFile(notebooks_of(packed) / "1-toy.zip") as made:
        made.extractall(tmp_path)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    libraries = next((tmp_path / "venv").glob("lib/python*/site-packages"))
    (libraries / "these.pth").write_text(sysconfig.get_path("purelib"))  # pip, IPython, matplotlib
    notebook = nbformat.read(tmp_path / "toy-book" / "1-toy.ipynb", 4)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    for _ in range(2):  # the second time everything is there
        ran = subprocess.run(
            [python, "-c", f"{code}\nprint(bookkit.__file__)"],
            cwd=tmp_path / "toy-book", capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        assert "used: 4100001" in ran.stdout and str(libraries) in ran.stdout


def test_packages_that_cannot_be_packed_stop_the_build_in_words(packed):
    packed.edit("pyproject.toml", '"setuptools.build_meta"', '"no_such_backend"')
    with pytest.raises(BookError, match=r"cannot be packed .*pyproject\.toml"):
        notebooks_of(packed)
    packed.edit("pyproject.toml", '"no_such_backend"', '"setuptools.build_meta"')


def asked_of_pip(monkeypatch, requires: list[str], installed: dict[str, str], code: int = 0):
    """Call the function on a machine that has these packages; what pip was asked for."""
    asked: list[list[str]] = []

    def version(name):
        if name not in installed:
            raise LookupError(name)
        return installed[name]

    monkeypatch.setattr("bookkit.requirements.metadata.PackageNotFoundError", LookupError)
    monkeypatch.setattr("bookkit.requirements.metadata.requires", lambda _: requires)
    monkeypatch.setattr("bookkit.requirements.metadata.version", version)
    install_missing("toy-book", lambda arguments: asked.append(arguments[3:]) or code)
    return asked


NEEDED = ["torch<3,>=2", "torchvision>=0.2", "numpy>=2", 'pytest>=8; extra == "test"']


def test_pytorch_that_is_there_is_never_replaced(monkeypatch):
    cpu = {"torch": "1.0+cpu", "torchvision": "0.1+cpu"}  # older than wanted, and for processors
    assert asked_of_pip(monkeypatch, NEEDED, cpu | {"numpy": "2.0"}) == []
    wanted = [["numpy>=2", "torch==1.0+cpu", "torchvision==0.1+cpu"]]
    assert asked_of_pip(monkeypatch, NEEDED, cpu) == wanted
    alone = [["torchvision>=0.2", "numpy>=2", "torch==1.0+cpu"]]
    assert asked_of_pip(monkeypatch, NEEDED, {"torch": "1.0+cpu"}) == alone
    assert asked_of_pip(monkeypatch, NEEDED, {}) == [NEEDED[:3]]


def test_packages_that_cannot_be_installed_are_named(monkeypatch):
    with pytest.raises(RuntimeError, match=r"Connect to the internet, .*: numpy>=2$"):
        asked_of_pip(monkeypatch, ["numpy>=2"], {}, code=1)
