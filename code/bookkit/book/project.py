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
from sphinx_external_toc.parsing import MalformedError, parse_toc_data

from bookkit.editions.pages import EDITIONS
from bookkit.run.delivery import DELIVERS
from bookkit.system.errors import BookError
from bookkit.system.files import read_text

NEEDED = {"code": str, "packages": list, "assets": list, "environment": dict, "profiles": dict}
KINDS = {str: "a text", list: "a list", dict: "a table"}


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
        return read_settings(self.root / "pyproject.toml")

    @cached_property
    def config(self) -> dict[str, Any]:
        """What _config.yml says."""
        return read_mapping(self.root / "_config.yml")

    @property
    def build(self) -> Path:
        """The folder of everything that a build of this edition makes."""
        return self.root / "_build" / ("" if self.edition == "open" else self.edition)

    @property
    def executed(self) -> Path:
        """The folder of the executed pages of this profile, solutions and all, from which every
        edition is made.
        """
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
    def banner(self) -> str:
        """What a preview says on every page; empty for the book itself, whose claims are
        checked.
        """
        return self.settings["profiles"][self.profile]

    @cached_property
    def pages(self) -> list[Path]:
        """The sources of all pages in the order of the table of contents, relative to the root."""
        try:
            names = parse_toc_data(read_mapping(self.root / "_toc.yml")).keys()
        except MalformedError as error:
            raise BookError(
                f"{self.root / '_toc.yml'}: {error}. Correct it: each page stands there once."
            ) from None
        return [self._source(name) for name in names]

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
        folder = self.root / self.settings["code"]
        return {name: folder / name for name in self.settings["packages"]}

    def choose_profile(self) -> None:
        """Let functions of the book that this process calls find the profile of this build."""
        os.environ[self.settings["environment"]["profile"]] = self.profile

    def environment(self) -> dict[str, str]:
        """Return the environment in which pages are executed."""
        profile = {self.settings["environment"]["profile"]: self.profile}
        compared = {"BOOKKIT_COMPARISONS": self.settings.get("comparisons", "")}
        return {**os.environ, **profile, **compared, "TQDM_DISABLE": "1", DELIVERS: "1"}

    def variable(self, name: str) -> str:
        """Return the environment variable in which pages find the ``profile``, or the folder of
        their ``data``.

        Raises
        ------
        BookError
            If this book has none of that kind.
        """
        if name not in self.settings["environment"]:
            raise BookError(
                f"This book takes no {name}: [tool.bookkit.environment] in pyproject.toml names no"
                " variable."
            )
        return self.settings["environment"][name]

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
        if "prepare" not in self.settings:
            return None
        prepare = self.named("prepare")
        try:
            found = prepare()
        except RuntimeError as error:
            raise BookError(str(error)) from error
        return None if found is None else [str(Path(file).absolute()) for file in found]

    def named(self, setting: str) -> Any:
        """Return what a setting of the table names, such as ``package.module:function``.

        Raises
        ------
        BookError
            If there is nothing of that name, or if its module cannot be imported, with the place of
            the mistake.
        """
        return find(self.settings[setting], f"pyproject.toml: {setting}")

    def inputs(self) -> dict[str, Any]:
        """Return what results depend on besides source: the values of the table's ``inputs``;
        versions.
        """
        inputs = self.settings.get("inputs", {})
        values = {
            name: find(function, f"pyproject.toml: inputs.{name}")()
            for name, function in inputs.items()
        }
        return {
            **values,
            "profile": self.profile,
            "versions": versions(self.settings.get("distribution")),
        }


def find(name: str, place: str) -> Any:
    """Return what a dotted name stands for; ``place`` says where the name is written."""
    try:
        return resolve_name(name)
    except SyntaxError as error:
        raise BookError(syntax_in_words(error)) from None
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise BookError(f"{place} = {name!r} leads nowhere ({error}): correct it.") from error


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


def read_settings(file: Path) -> dict[str, Any]:
    """Return the table ``[tool.bookkit]`` of a pyproject.toml.

    Raises
    ------
    BookError
        If the file is not TOML, or if it lacks the table or something that every book needs.
    """
    try:
        found = tomllib.loads(read_text(file)).get("tool", {}).get("bookkit")
    except (tomllib.TOMLDecodeError, AttributeError) as error:
        raise BookError(f"{file} cannot be read: {error}. Correct it.") from None
    if not isinstance(found, dict):
        raise BookError(
            f"{file} has no table [tool.bookkit], which says what the book is made of: add it."
        )
    for name, kind in NEEDED.items():
        if not isinstance(found.get(name), kind):
            raise BookError(
                f"{file}: [tool.bookkit] needs {name}, {KINDS[kind]}: add or correct it."
            )
    if not isinstance(found["environment"].get("profile"), str):
        raise BookError(
            f"{file}: [tool.bookkit.environment] needs profile, a text: add or correct it."
        )
    return found


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
        If the folder holds no book, if the profile is not one of its profiles, or if there is no
        such edition.
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
