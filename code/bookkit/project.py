"""Where a book's parts lie and what its results depend on, as pyproject.toml and _toc.yml say."""

import os
import tomllib
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from packaging.requirements import Requirement
from sphinx_external_toc.parsing import parse_toc_yaml

from bookkit.delivery import DELIVERS
from bookkit.editions import EDITIONS
from bookkit.errors import BookError


@dataclass(frozen=True)
class Project:
    """A book: a folder with _config.yml, _toc.yml and a ``[tool.bookkit]`` table in pyproject.toml.

    Attributes
    ----------
    root : Path
        The folder of the book.
    profile : str
        Name of the profile of this build, one of the table's ``profiles``.
    edition : str
        ``open``, with solutions, or ``course``, without.
    """

    root: Path
    profile: str
    edition: str = "open"

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The ``[tool.bookkit]`` table."""
        return tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["bookkit"]

    @property
    def build(self) -> Path:
        """The folder of everything that a build of this edition makes."""
        return self.root / "_build" / ("" if self.edition == "open" else self.edition)

    @property
    def executed(self) -> Path:
        """The folder of the executed pages of this profile, solutions and all, from which every edition is made."""
        return self.root / ".executed" / self.profile

    @property
    def results(self) -> Path:
        """The file of what this profile recorded, the same for every edition."""
        return self.root / "_build" / "results" / f"{self.profile}.json"

    @property
    def stage(self) -> Path:
        """The folder that Sphinx reads: the pages with their results."""
        return self.build / "stage"

    @property
    def site(self) -> Path:
        """The folder of the finished site."""
        return self.build / "html"

    @property
    def status(self) -> Path:
        """The file in which Sphinx finds how the build was made."""
        return self.stage / "status.json"

    @property
    def banner(self) -> str:
        """What a preview says on every page; empty for the book itself, whose claims are checked."""
        return self.settings["profiles"][self.profile]

    @cached_property
    def pages(self) -> list[Path]:
        """The sources of all pages in the order of the table of contents, relative to the root."""
        names = parse_toc_yaml(self.root / "_toc.yml").keys()
        return [self._source(name) for name in names]

    def _source(self, name: str) -> Path:
        for ending in (".md", ".ipynb", ".rst"):
            if (self.root / f"{name}{ending}").is_file():
                return Path(f"{name}{ending}")
        raise BookError(f"_toc.yml names {name}, but there is no {name}.md: write it, or take the line out.")

    @cached_property
    def packages(self) -> dict[str, Path]:
        """The packages that pages import, with their folders."""
        folder = self.root / self.settings["code"]
        return {name: folder / name for name in self.settings["packages"]}

    def environment(self) -> dict[str, str]:
        """Return the environment in which pages are executed."""
        profile = {self.settings["environment"]["profile"]: self.profile}
        return {**os.environ, **profile, "TQDM_DISABLE": "1", DELIVERS: "1"}

    def prepare(self) -> None:
        """Bring what the pages read, by the function that the table's ``prepare`` names.

        Raises
        ------
        BookError
            If that function fails, with what it said.
        """
        if "prepare" not in self.settings:
            return
        try:
            resolve_name(self.settings["prepare"])()
        except (RuntimeError, OSError) as error:
            raise BookError(str(error)) from error

    def inputs(self) -> dict[str, Any]:
        """Return what results depend on besides source: the values of the table's ``inputs``; versions."""
        values = {name: resolve_name(function)() for name, function in self.settings.get("inputs", {}).items()}
        return {**values, "profile": self.profile, "versions": versions(self.settings.get("distribution"))}


def versions(distribution: str | None) -> dict[str, str]:
    """Return the installed version of everything that a distribution requires, directly or not."""
    found: dict[str, str] = {}
    waiting = [distribution] if distribution else []
    while waiting:
        for line in metadata.requires(waiting.pop()) or []:
            requirement = Requirement(line)
            wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            if not wanted or requirement.name in found:
                continue
            found[requirement.name] = metadata.version(requirement.name)
            waiting.append(requirement.name)
    return dict(sorted(found.items()))


def open_project(root: Path, profile: str, edition: str = "open") -> Project:
    """Return the project in a folder.

    Raises
    ------
    BookError
        If the folder holds no book, if the profile is not one of its profiles, or if there is no such edition.
    """
    for name in ("pyproject.toml", "_config.yml", "_toc.yml"):
        if not (root / name).is_file():
            raise BookError(f"{root} has no {name}: call this from the root of the book.")
    if edition not in EDITIONS:
        raise BookError(f"There is no edition {edition!r}: choose one of {', '.join(EDITIONS)}.")
    project = Project(root, profile, edition)
    known = project.settings["profiles"]
    if profile not in known:
        raise BookError(f"There is no profile {profile!r}: choose one of {', '.join(known)}.")
    return project
