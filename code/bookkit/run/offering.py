"""Make the whole book as one file, and offer it on the pages of the finished site."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bookkit.book.project import Project
from bookkit.editions.downloads import offer
from bookkit.run import unchanged
from bookkit.sphinx import offline, site
from bookkit.system.lock import alone


def make_and_offer(project: Project, make: Callable[[Project], Path]) -> Path:
    """Let a function make a file in the finished site, and link it from the pages.

    The site is still the one that was made: the next build does not make it anew, and who keeps
    it without a network gets the pages with their links. A new site begins without the file, which
    showed the old one.

    Raises
    ------
    BookError
        As ``make`` does, or if another command works in the book.
    """
    with alone(project.root):
        site.settle(project)
        project = as_made(project)
        with unchanged.growing(project), site.growing(project):
            file = make(project)
            offer(project.site)
            offline.write(project.site, project.settings.offline)
    return file


def as_made(project: Project) -> Project:
    """Return a project under the profile of its finished site, if that is known."""
    name = site.profile_of_site(project)
    known = project.settings.profiles
    return replace(project, profile=known[name]) if name in known else project
