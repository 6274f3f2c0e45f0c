"""Lay out the branch from which Binder, Colab and hubs open the students' notebooks.

The pages themselves are published as they are. The branch holds the notebooks with the numbers of that build, and what
their cells need: it is small, and it is the same for every service.
"""

import shutil
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from bookkit.errors import BookError
from bookkit.launch import FOLDER, publication
from bookkit.project import Project

ELSEWHERE = """\
# Where the book's packages are missing, such as on Colab, this brings them.
import os
from importlib.util import find_spec

os.environ.setdefault("{variable}", "{profile}")
if find_spec("{package}") is None:
    %pip install --quiet --no-deps {others} "{distribution} @ git+https://github.com/{repository}@{branch}"
"""
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info", "requirements.in")


def lay_out_branch(project: Project) -> Path:
    """Make the published branch's files anew in a folder, and return that folder.

    Raises
    ------
    BookError
        If the book has not been made, or if nothing says in which repository the branch is.
    """
    notebooks = sorted((project.site / FOLDER).glob("*.ipynb"))
    if not notebooks:
        raise BookError(f"There are no notebooks in {project.site / FOLDER}: run `make book` first.")
    branch = project.build / "published"
    shutil.rmtree(branch, ignore_errors=True)
    (branch / FOLDER).mkdir(parents=True)
    opening = opening_cell(project)
    for file in notebooks:
        notebook = nbformat.read(file, as_version=4)
        notebook.cells.insert(0, nbformat.from_dict(opening))
        nbformat.write(notebook, branch / FOLDER / file.name)
    for name in project.settings["publish"]["files"]:
        copy(project.root / name, branch / name)
    return branch


def copy(source: Path, target: Path) -> None:
    """Copy a file or a folder, without what programs left in it."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=LEFT_OUT)
    else:
        shutil.copy2(source, target)


def opening_cell(project: Project) -> NotebookNode:
    """Return a code cell that brings the book's packages where they are not installed.

    Raises
    ------
    BookError
        If nothing says in which repository they are.
    """
    settings, published = project.settings, publication(project.settings)
    if not published["repository"]:
        raise BookError(
            "Nothing says where the branch will be: write the repository as owner/name in [tool.bookkit.publish] of"
            " pyproject.toml, or set GITHUB_REPOSITORY."
        )
    source = ELSEWHERE.format(
        variable=settings["environment"]["profile"],
        profile=settings["live"]["profile"],
        package=settings["packages"][0],
        others=" ".join(settings["publish"].get("elsewhere", [])),
        distribution=settings["distribution"],
        repository=published["repository"],
        branch=published["branch"],
    )
    return nbformat.v4.new_code_cell(source.rstrip("\n"), id="packages")
