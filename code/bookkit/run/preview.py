"""A preview first: what is read while a book that takes long is made for the first time."""

from dataclasses import replace

from bookkit.book.project import Project
from bookkit.run.plan import Plan, plan_of
from bookkit.sphinx.site import profile_of_site
from bookkit.system.errors import BookError


def stages(project: Project) -> list[Plan]:
    """Return what a build makes one after the other: a preview, if one is wanted, and the book.

    A preview is wanted if the table names one, something of the book has to be executed, and there
    is no site yet, or just a preview. A finished book is never replaced by a preview.
    """
    preview, plan = preview_of(project), plan_of(project)
    replaceable = not project.site.exists() or (
        preview is not None and profile_of_site(project) == preview.profile
    )
    if preview is None or not plan.missing or not replaceable:
        return [plan]
    return [plan_of(preview), plan]


def preview_of(project: Project) -> Project | None:
    """Return the book under the profile that the setting ``preview`` names; None without it.

    A profile that is a preview itself has none.

    Raises
    ------
    BookError
        If that is no profile, or one without a sentence that says so on its pages.
    """
    name = project.settings.get("preview")
    if name is None or project.banner:
        return None
    if not project.settings["profiles"].get(name):
        raise BookError(
            f"pyproject.toml: preview is {name!r}: name one of the profiles that have a sentence"
            " for their pages, or take it out."
        )
    return replace(project, profile=name)
