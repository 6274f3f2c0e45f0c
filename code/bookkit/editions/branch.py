"""Lay out the branch from which Binder, Colab and hubs open the students' notebooks.

The pages themselves are published as they are. The branch holds the notebooks with the numbers of
that build, and what their cells need: it is small, and it is the same for every service.
"""

import shutil
from pathlib import Path

from bookkit.book.project import Project
from bookkit.editions.launch import FOLDER
from bookkit.system.errors import BookError

LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info", "requirements.in")


def lay_out_branch(project: Project) -> Path:
    """Make the published branch's files anew in a folder, and return that folder.

    Raises
    ------
    BookError
        If the book has not been made.
    """
    notebooks = sorted((project.site / FOLDER).glob("*.ipynb"))
    if not notebooks:
        raise BookError(f"There are no notebooks in {project.site / FOLDER}: make the book first.")
    branch = (
        project.root / "_build" / "published"
    )  # beside the editions: its code holds what solutions name
    shutil.rmtree(branch, ignore_errors=True)
    (branch / FOLDER).mkdir(parents=True)
    for file in notebooks:
        shutil.copy2(file, branch / FOLDER / file.name)
    for name in project.settings.publish.files:
        copy(project.root / name, branch / name)
    copy(branch / "binder" / "README.md", branch / "README.md")
    return branch


def copy(source: Path, target: Path) -> None:
    """Copy a file or a folder, without what programs left in it."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=LEFT_OUT)
    else:
        shutil.copy2(source, target)
