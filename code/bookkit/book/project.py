"""Where a book's parts lie and what its results depend on, as pyproject.toml and _toc.yml say."""

import os
import tomllib
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import yaml
from packaging.requirements import Requirement
from sphinx_external_toc.api import SiteMap
from sphinx_external_toc.parsing import MalformedError, parse_toc_data

from bookkit.book.chapters import below_chapters, docname, notebook_name
from bookkit.book.editions import EDITIONS, Edition, edition_named
from bookkit.book.mime import DELIVERS
from bookkit.book.profiles import Profile
from bookkit.book.settings import Settings, read_settings
from bookkit.system.errors import BookError
from bookkit.system.files import read_text
from bookkit.system.processes import SHORT_WAITS


@dataclass(frozen=True)
class Project:
    """A book: a folder with _config.yml, _toc.yml and a ``[tool.bookkit]`` table in pyproject.toml.

    Attributes
    ----------
    root : Path
        The folder of the book.
    settings : Settings
        The ``[tool.bookkit]`` table.
    profile : Profile
        Of this build.
    edition : Edition
    """

    root: Path
    settings: Settings
    profile: Profile
    edition: Edition = EDITIONS["open"]

    @cached_property
    def config(self) -> dict[str, Any]:
        """What _config.yml says."""
        return read_mapping(self.root / "_config.yml")

    @cached_property
    def wheel(self) -> str:
        """The file name of the book's packages as a wheel; empty if they are no distribution."""
        about = tomllib.loads(read_text(self.root / "pyproject.toml")).get("project", {})
        if not self.settings.distribution or "version" not in about:
            return ""
        return f"{about['name'].replace('-', '_')}-{about['version']}-py3-none-any.whl"

    @cached_property
    def zips(self) -> dict[str, str]:
        """The file name of the zip of its chapter for each page with a notebook, by the name that
        Sphinx gives the page; empty if the book's packages are no distribution.
        """
        pages = [file for file in self.pages if docname(file) in self.notebooks]
        return {
            docname(file): f"{(self.chapters.get(file) or file).stem}.zip"
            for file in pages * bool(self.wheel)
        }

    @property
    def build(self) -> Path:
        """The folder of everything that a build of this edition makes."""
        return self.root / "_build" / self.edition.folder

    @property
    def executed(self) -> Path:
        """The folder of the executed pages of this profile, solutions and all, from which every
        edition is made.
        """
        return self.root / ".executed" / self.profile.name

    @property
    def results(self) -> Path:
        """The file of what this profile recorded, the same for every edition."""
        return self.root / "_build" / "results" / f"{self.profile.name}.json"

    @property
    def stage(self) -> Path:
        """The folder that Sphinx reads: the pages with their results."""
        return self.build / "stage"

    @property
    def site(self) -> Path:
        """The folder of the finished site."""
        return self.build / "html"

    @property
    def fresh(self) -> Path:
        """The folder of a site that is being made, beside the finished one."""
        return self.build / "html.new"

    @property
    def previous(self) -> Path:
        """The folder of the site that was there before, for the moment in which a new one takes its
        place.
        """
        return self.build / "html.old"

    @property
    def status(self) -> Path:
        """The file in which Sphinx finds how the build was made."""
        return self.stage / "status.json"

    @property
    def references(self) -> Path:
        """The file in which Sphinx writes what pages can refer to, beside what it keeps of them."""
        return self.build / ".doctrees" / "references.json"

    @cached_property
    def contents(self) -> SiteMap:
        """The table of contents."""
        try:
            return parse_toc_data(read_mapping(self.root / "_toc.yml"))
        except MalformedError as error:
            raise BookError(
                f"{self.root / '_toc.yml'}: {error}. Correct it: each page stands there once."
            ) from None

    @cached_property
    def pages(self) -> list[Path]:
        """The sources of all pages in the order of the table of contents, relative to the root."""
        return [self._source(name) for name in self.contents]

    @cached_property
    def chapters(self) -> dict[Path, Path]:
        """For each page below a chapter, the source of that chapter."""
        found = below_chapters(self.contents)
        return {self._source(page): self._source(chapter) for page, chapter in found.items()}

    @cached_property
    def notebooks(self) -> dict[str, str]:
        """The file names of the notebooks, by the names that Sphinx gives their pages.

        Raises
        ------
        BookError
            If two pages would have notebooks of one name.
        """
        found: dict[str, str] = {}
        pages: dict[str, Path] = {}
        for file in self.pages:
            name = notebook_name(file, self.chapters.get(file))
            if name is None:
                continue
            other = pages.setdefault(name.lower(), file)
            if other != file:
                raise BookError(
                    f"_toc.yml: the notebooks of {other} and {file} would both be called {name}:"
                    " give one of these pages another name."
                )
            found[docname(file)] = name
        return found

    def _source(self, name: str) -> Path:
        for ending in (".md", ".rst"):
            if (self.root / f"{name}{ending}").is_file():
                return Path(f"{name}{ending}")
        if (self.root / f"{name}.ipynb").is_file():
            raise BookError(
                f"_toc.yml names {name}, which is a notebook, {name}.ipynb: only pages in MyST"
                f" Markdown are executed. Write it as {name}.md (`jupytext --to md:myst"
                f" {name}.ipynb` does), or take the line out."
            )
        raise BookError(
            f"_toc.yml names {name}, but there is no {name}.md: write it, or take the line out."
        )

    @cached_property
    def packages(self) -> dict[str, Path]:
        """The packages that pages import, with their folders."""
        folder = self.root / self.settings.code
        return {name: folder / name for name in self.settings.packages}

    def choose_profile(self) -> None:
        """Let functions of the book that this process calls find the profile of this build."""
        os.environ[self.settings.environment.profile] = self.profile.name

    def environment(self) -> dict[str, str]:
        """Return the environment in which pages are executed: without what a reader has written."""
        variables = self.settings.environment
        own = {variables.profile: self.profile.name} | (
            {variables.work: ""} if variables.work else {}
        )
        compared = {"BOOKKIT_COMPARISONS": self.settings.comparisons}
        more = {**compared, "TQDM_DISABLE": "1", DELIVERS: "1"}
        return {**SHORT_WAITS, **os.environ, **own, **more}

    def variable(self, name: str) -> str:
        """Return the environment variable in which pages find the ``profile``, or the folder of
        their ``data``.

        Raises
        ------
        BookError
            If this book has none of that kind.
        """
        found = getattr(self.settings.environment, name)
        if not found:
            raise BookError(
                f"This book takes no {name}: [tool.bookkit.environment] in pyproject.toml names no"
                " variable."
            )
        return found

    def prepare(self) -> list[str] | None:
        """Bring what the pages read, by the function that the table's ``prepare`` names.

        Returns
        -------
        list of str or None
            The files that pages read, if that function returns them.

        Raises
        ------
        BookError
            If that function fails, with what it said.
        """
        if not self.settings.prepare:
            return None
        prepare = self.named("prepare")
        try:
            found = prepare()
        except RuntimeError as error:
            raise BookError(str(error)) from error
        return None if found is None else [str(Path(file).absolute()) for file in found]

    def device(self) -> str:
        """Return the sentence on what cells compute, by the function that the table's ``device``
        names; "" if it names none.

        Raises
        ------
        BookError
            If that function fails, with what it said.
        """
        if not self.settings.device:
            return ""
        tell = self.named("device")
        try:
            return str(tell())
        except (RuntimeError, ValueError) as error:
            raise BookError(str(error)) from error

    def named(self, setting: str) -> Any:
        """Return what a setting of the table names, such as ``package.module:function``.

        Raises
        ------
        BookError
            If there is nothing of that name, or if its module cannot be imported, with the place of
            the mistake.
        """
        return find(getattr(self.settings, setting), f"pyproject.toml: {setting}")

    def inputs(self) -> dict[str, Any]:
        """Return what results depend on besides source: the values of the table's ``inputs``;
        versions.
        """
        values = {
            name: find(function, f"pyproject.toml: inputs.{name}")()
            for name, function in self.settings.inputs.items()
        }
        return {
            **values,
            "profile": self.profile.name,
            "versions": versions(self.settings.distribution),
        }


def find(name: str, place: str) -> Any:
    """Return what a dotted name stands for; ``place`` says where the name is written."""
    try:
        return resolve_name(name)
    except SyntaxError as error:
        raise BookError(syntax_in_words(error)) from None
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise BookError(f"{place} = {name!r} leads nowhere ({error}): correct it.") from error


def project_above(folder: Path) -> Project:
    """Return the project to which a folder inside of a book belongs, such as the stage that Sphinx
    reads.
    """
    root = next(each for each in (folder, *folder.parents) if is_book(each))
    return open_project(root)


def is_book(folder: Path) -> bool:
    """Tell whether a folder is the root of a book."""
    return (folder / "pyproject.toml").is_file() and (folder / "_toc.yml").is_file()


def syntax_in_words(error: SyntaxError) -> str:
    """Return where a file is not Python, and why."""
    return (
        f"{error.filename}:{error.lineno or 1}: {type(error).__name__}: {error.msg}. Correct the"
        " file."
    )


def read_mapping(file: Path) -> dict[str, Any]:
    """Return what a YAML file holds.

    Raises
    ------
    BookError
        If it is not YAML, or not a mapping of names to values.
    """
    try:
        found = yaml.safe_load(read_text(file))
    except yaml.YAMLError as error:
        raise BookError(
            f"{file} cannot be read: {' '.join(str(error).split())}. Correct it."
        ) from None
    if not isinstance(found, dict):
        raise BookError(
            f"{file} {'is empty' if found is None else 'holds no names with values'}: restore or"
            " correct it."
        )
    return found


def versions(distribution: str) -> dict[str, str]:
    """Return the installed version of everything that a distribution requires, directly or not."""
    found: dict[str, str] = {}
    waiting = [distribution] * bool(distribution)
    while waiting:
        for line in metadata.requires(waiting.pop()) or []:
            requirement = Requirement(line)
            wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
            if not wanted or requirement.name in found:
                continue
            found[requirement.name] = metadata.version(requirement.name)
            waiting.append(requirement.name)
    return dict(sorted(found.items()))


def open_project(root: Path, profile: str = "", edition: str = "open") -> Project:
    """Return the project in a folder, under the book's own profile unless another one is named.

    Raises
    ------
    BookError
        If the folder holds no book, if its settings are not what they have to be, or if there is no
        such profile or edition.
    """
    for name in ("pyproject.toml", "_config.yml", "_toc.yml"):
        if not (root / name).is_file():
            raise BookError(f"{root} has no {name}: call this from the root of the book.")
    file = root / "pyproject.toml"
    settings = read_settings(read_text(file), str(file))
    return Project(root, settings, settings.profile_named(profile), edition_named(edition))
