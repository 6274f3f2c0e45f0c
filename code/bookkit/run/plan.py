"""What a build of a profile has to execute, what it finds kept, and whether a preview comes first:
that is read while a book that takes long is made for the first time.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from sourcedigest import Sources

from bookkit.book.pages import Page, page_digest
from bookkit.book.project import Project, syntax_in_words
from bookkit.run.store import ExecutedPages
from bookkit.system.errors import BookError


@dataclass(frozen=True)
class Plan:
    """The pages of a book under one profile.

    Attributes
    ----------
    project : Project
    pages : sequence of Page
        All of the book, in order.
    inputs : dict
        What results depend on besides source, as `Project.inputs` returns it.
    digests : dict of Path to str
        Of every page that has cells.
    kept : dict of Path to NotebookNode
        The results that are there.
    """

    project: Project
    pages: Sequence[Page]
    inputs: dict[str, Any]
    digests: dict[Path, str]
    kept: dict[Path, NotebookNode]

    @property
    def with_cells(self) -> list[Page]:
        """The pages that have cells to execute."""
        return [page for page in self.pages if page.cells]

    @property
    def missing(self) -> list[Page]:
        """The pages to execute."""
        return [page for page in self.with_cells if page.file not in self.kept]


def plan_of(project: Project, pages: Sequence[Page]) -> Plan:
    """Find out which pages have to be executed."""
    project.choose_profile()
    inputs, store = project.inputs(), ExecutedPages(project.executed)
    wanted = digests(project, pages, inputs)
    found = {file: store.find(file, digest) for file, digest in wanted.items()}
    kept = {file: notebook for file, notebook in found.items() if notebook is not None}
    return Plan(project, pages, inputs, wanted, kept)


def digests(project: Project, pages: Iterable[Page], inputs: dict) -> dict[Path, str]:
    """Return the digest of every page that has cells to execute.

    Parameters
    ----------
    project : Project
    pages : iterable of Page
    inputs : dict
        What results depend on besides source, as `Project.inputs` returns it.
    """
    try:
        found = Sources(project.packages)
    except SyntaxError as error:
        raise BookError(syntax_in_words(error)) from None
    return {page.file: page_digest(page, found, inputs) for page in pages if page.cells}


def stages(project: Project, pages: Sequence[Page], profile_of_site: str | None) -> list[Plan]:
    """Return what a build makes one after the other: a preview, if one is wanted, and the book.

    A preview is wanted if the settings name one, something of the book has to be executed, and
    there is no site yet, or just a preview. A finished book is never replaced by a preview.

    Parameters
    ----------
    project : Project
    pages : sequence of Page
    profile_of_site : str or None
        Name of the profile of the finished site, if that is known.
    """
    preview, plan = preview_of(project), plan_of(project, pages)
    replaceable = not project.site.exists() or (
        preview is not None and profile_of_site == preview.profile.name
    )
    if preview is None or not plan.missing or not replaceable:
        return [plan]
    return [plan_of(preview, pages), plan]


def preview_of(project: Project) -> Project | None:
    """Return the book under the profile that the setting ``preview`` names; None without it.

    A profile that is a preview itself has none, and neither has a machine of continuous
    integration, which says so by the environment variable ``CI``: nobody reads there meanwhile.
    """
    name = project.settings.preview
    if not name or project.profile.is_preview or os.environ.get("CI"):
        return None
    return replace(project, profile=project.settings.profile_named(name))
