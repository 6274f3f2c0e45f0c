"""What a build of a profile has to execute, and what it finds kept."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from sourcedigest import Sources

from bookkit.book.pages import page_digest, read_page
from bookkit.book.project import Project, syntax_in_words
from bookkit.run.execution import ExecutedPages
from bookkit.system.errors import BookError


@dataclass(frozen=True)
class Plan:
    """The pages of a book under one profile.

    Attributes
    ----------
    project : Project
    inputs : dict
        What results depend on besides source, as `Project.inputs` returns it.
    digests : dict of Path to str
        Of every page that has cells, in the order of the book.
    kept : dict of Path to NotebookNode
        The pages whose results are there.
    """

    project: Project
    inputs: dict[str, Any]
    digests: dict[Path, str]
    kept: dict[Path, NotebookNode]

    @property
    def missing(self) -> list[Path]:
        """The pages to execute."""
        return [page for page in self.digests if page not in self.kept]


def plan_of(project: Project) -> Plan:
    """Find out which pages have to be executed."""
    project.choose_profile()
    inputs, store = project.inputs(), ExecutedPages(project.executed)
    wanted = digests(project, inputs)
    found = {page: store.find(page, digest) for page, digest in wanted.items()}
    kept = {page: notebook for page, notebook in found.items() if notebook is not None}
    return Plan(project, inputs, wanted, kept)


def digests(project: Project, inputs: dict) -> dict[Path, str]:
    """Return the digest of every page that has cells to execute.

    Parameters
    ----------
    project : Project
    inputs : dict
        What results depend on besides source, as `Project.inputs` returns it.
    """
    try:
        found = Sources(project.packages)
    except SyntaxError as error:
        raise BookError(syntax_in_words(error)) from None
    notebooks = {page: read_page(project.root / page) for page in project.pages}
    return {
        page: page_digest(nb, found, inputs) for page, nb in notebooks.items() if nb is not None
    }
