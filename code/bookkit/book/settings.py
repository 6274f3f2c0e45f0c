"""The settings of a book: the table ``[tool.bookkit]`` of its pyproject.toml, checked once.

Each setting stands below with its kind and, unless every book must give it, with its usual value.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, TypeVar

from bookkit.book.profiles import Profile
from bookkit.system.errors import BookError

TABLE = "tool.bookkit"
Table = TypeVar("Table")


@dataclass(frozen=True)
class Kind:
    """What a setting has to be.

    Attributes
    ----------
    words : str
        What was expected, for messages.
    fits : function
        From a value of TOML to whether it is that.
    taken : function
        From such a value, and the place of the table, to what the setting holds.
    """

    words: str
    fits: Callable[[Any], bool]
    taken: Callable[[Any, str], Any] = lambda value, place: value


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def all_texts(values: Any) -> bool:
    return isinstance(values, list) and all(map(is_text, values))


def is_module(name: Any) -> bool:
    return is_text(name) and all(map(str.isidentifier, name.split(".")))


def is_positive(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e9


def whole(largest: int) -> Kind:
    """Return the kind of the whole numbers from 1 to the largest one."""
    return Kind(
        f"a whole number from 1 to {largest:,}", lambda n: type(n) is int and 1 <= n <= largest
    )


def of_tables(kind: type[Table]) -> Kind:
    """Return the kind of a table that has settings of its own."""
    return Kind(
        "a table",
        lambda value: isinstance(value, dict),
        lambda value, place: read_table(kind, value, place),
    )


TEXT = Kind("a text in quotation marks", is_text)
ADDRESS = Kind("an address in quotation marks", is_text, lambda text, place: text.rstrip("/"))
REPOSITORY = Kind(
    "owner/name in quotation marks, or an empty text",
    lambda value: is_text(value) and re.fullmatch(r"[\w.-]+/[\w.-]+/?|", value) is not None,
    lambda text, place: text.rstrip("/"),
)
TEXTS = Kind("a list of texts", all_texts, lambda values, place: tuple(values))
MODULES = Kind(
    "a list of names of modules",
    lambda values: isinstance(values, list) and all(map(is_module, values)),
    lambda values, place: tuple(values),
)
NUMBER = Kind("a number above 0", is_positive)
TABLE_OF_TEXTS = Kind(
    "a table of texts", lambda value: isinstance(value, dict) and all(map(is_text, value.values()))
)
TABLE_OF_LISTS = Kind(
    "a table of lists of texts",
    lambda value: isinstance(value, dict) and all(map(all_texts, value.values())),
)
ROUTES = Kind(
    "a table of whole numbers from 1 to 1,000",
    lambda value: isinstance(value, dict) and all(map(whole(1000).fits, value.values())),
)
PROFILES = Kind(
    "a table of texts, at least one",
    lambda value: bool(value) and TABLE_OF_TEXTS.fits(value),
    lambda value, place: {
        name: Profile(name, is_preview=bool(banner), banner=banner)
        for name, banner in value.items()
    },
)


def needed(kind: Kind) -> Any:
    """Return a setting that every book gives."""
    return field(metadata={"kind": kind})


def usual(kind: Kind, value: Any, name: str = "") -> Any:
    """Return a setting with its usual value; ``name`` is how TOML writes one that Python cannot."""
    return field(default=value, metadata={"kind": kind, "name": name})


@dataclass(frozen=True)
class Environment:
    """The variables in which a book's code finds its profile, and if it takes them a folder of data
    and one of what readers have written.
    """

    profile: str = needed(TEXT)
    data: str = usual(TEXT, "")
    work: str = usual(TEXT, "")


@dataclass(frozen=True)
class Live:
    """Live cells.

    Attributes
    ----------
    profile : str
        Of the kernels; empty for what the code takes by itself.
    notice : str
        What the reader should know of live cells.
    imports : tuple of str
        The modules that take long.
    idle_minutes : int
        After them a kernel ends that its reader does not use.
    seconds_alone : int
        After them a kernel ends that no page is connected to.
    kernels : int
        How many may run at once.
    work : str
        The folder, seen from that of the book, in which all of them keep what readers write; it
        outlives them. Empty for none.
    """

    profile: str = usual(TEXT, "")
    notice: str = usual(TEXT, "")
    imports: tuple[str, ...] = usual(MODULES, ())
    idle_minutes: int = usual(whole(7 * 24 * 60), 60)
    seconds_alone: int = usual(whole(24 * 3600), 120)
    kernels: int = usual(whole(1000), 8)
    work: str = usual(TEXT, "")


@dataclass(frozen=True)
class Publish:
    """Where the notebooks are published, and which services open them from there.

    Attributes
    ----------
    repository : str
        As owner/name; empty for none, or for the one that a workflow names.
    branch : str
    site : str
        The address of the published pages; empty for that of the repository.
    picture : str
        A file in the static folder of the site that stands beside links to it elsewhere; empty for
        none.
    binderhub, colab, jupyterhub : str
        The addresses of the services; empty for none.
    files : tuple of str
        What the branch holds beside notebooks.
    notice : str
        What a notebook should say of these services.
    """

    repository: str = usual(REPOSITORY, "")
    branch: str = usual(ADDRESS, "published")
    site: str = usual(ADDRESS, "")
    picture: str = usual(TEXT, "")
    binderhub: str = usual(ADDRESS, "")
    colab: str = usual(ADDRESS, "")
    jupyterhub: str = usual(ADDRESS, "")
    files: tuple[str, ...] = usual(TEXTS, ())
    notice: str = usual(TEXT, "")


@dataclass(frozen=True)
class Offline:
    """What readers keep of the site on their devices, as patterns of paths such as ``files/*``.

    Attributes
    ----------
    first : tuple of str
        What every reader keeps after the first visit, beside the search.
    when_asked : tuple of str
        What belongs to the book and is kept only by those who used it.
    """

    first: tuple[str, ...] = usual(TEXTS, ())
    when_asked: tuple[str, ...] = usual(TEXTS, ())


OF_ENVIRONMENT, OF_LIVE, OF_PUBLISH, OF_OFFLINE = map(
    of_tables, (Environment, Live, Publish, Offline)
)
NO_LIVE, NO_PUBLISH, NO_OFFLINE = Live(), Publish(), Offline()


@dataclass(frozen=True)
class Settings:
    """What a book says of itself.

    Attributes
    ----------
    code : str
        The folder in which the packages are.
    packages : tuple of str
        What pages import: a change in it executes the pages that reach it.
    assets : tuple of str
        Folders that go to the site.
    environment : Environment
    profiles : dict of str to Profile
        The first one is the book's own.
    distribution : str
        The name under which pip knows the book's packages, for notebooks and for their versions.
    prepare, claims, exercises, speed, comparisons, device : str
        What brings data, checks claims, knows exercises, measures the speed of a machine, returns
        what a cell compared, and returns a sentence on what cells compute, such as
        ``package.module:name``; empty for nothing.
    preview : str
        The profile that a first build makes before the book itself; empty for none.
    output_megabytes : float
        How much a cell may put out.
    inputs : mapping
        What results depend on besides source: names, and functions as ``package.module:name``.
    routes : mapping
        For a section's label, or a page's name, the shortest way through the book on which it is,
        in minutes.
    live : Live
    publish : Publish
    help : str
        The page that says what error messages mean, such as ``book/start/stuck``; empty for none.
    progress : str
        The page with ``{exercise-progress}``, to which all exercises lead; empty for the first one.
    offline : Offline
    browser_parts : mapping
        The files of npm packages that the site serves.
    """

    code: str = needed(TEXT)
    packages: tuple[str, ...] = needed(TEXTS)
    assets: tuple[str, ...] = needed(TEXTS)
    environment: Environment = field(metadata={"kind": OF_ENVIRONMENT})
    profiles: Mapping[str, Profile] = needed(PROFILES)
    distribution: str = usual(TEXT, "")
    prepare: str = usual(TEXT, "")
    speed: str = usual(TEXT, "")
    comparisons: str = usual(TEXT, "")
    device: str = usual(TEXT, "")
    preview: str = usual(TEXT, "")
    claims: str = usual(TEXT, "")
    exercises: str = usual(TEXT, "")
    output_megabytes: float = usual(NUMBER, 20)
    inputs: Mapping[str, str] = field(default_factory=dict, metadata={"kind": TABLE_OF_TEXTS})
    routes: Mapping[str, int] = field(default_factory=dict, metadata={"kind": ROUTES})
    live: Live = field(default=NO_LIVE, metadata={"kind": OF_LIVE})
    publish: Publish = field(default=NO_PUBLISH, metadata={"kind": OF_PUBLISH})
    help: str = usual(TEXT, "")
    progress: str = usual(TEXT, "")
    offline: Offline = field(default=NO_OFFLINE, metadata={"kind": OF_OFFLINE})
    browser_parts: Mapping[str, list[str]] = field(
        default_factory=dict, metadata={"kind": TABLE_OF_LISTS, "name": "browser-parts"}
    )

    def profile_named(self, name: str = "") -> Profile:
        """Return the profile of this name, or the book's own, which is the first one.

        Raises
        ------
        BookError
            If the book has none of this name.
        """
        name = name or next(iter(self.profiles))
        if name not in self.profiles:
            known = ", ".join(self.profiles)
            raise BookError(f"There is no profile {name!r}: choose one of {known}.")
        return self.profiles[name]


def read_settings(text: str, file: str = "pyproject.toml") -> Settings:
    """Return the settings that stand in the text of a pyproject.toml.

    Raises
    ------
    BookError
        If it is not TOML or has no table of settings, if a setting is unknown or missing, or if
        one is not what it has to be; with what was expected.
    """
    try:
        found = tomllib.loads(text).get("tool", {}).get("bookkit")
    except (tomllib.TOMLDecodeError, AttributeError) as error:
        raise BookError(f"{file} cannot be read: {error}. Correct it.") from None
    if not isinstance(found, dict):
        raise BookError(
            f"{file} has no table [{TABLE}], which says what the book is made of: add it."
        )
    settings = read_table(Settings, found, f"{file}: [{TABLE}]")
    if settings.live.profile not in ("", *settings.profiles):
        known = ", ".join(settings.profiles)
        raise refused(
            f"{file}: [{TABLE}.live]", "profile", settings.live.profile, f"one of {known}"
        )
    previews = [each.name for each in settings.profiles.values() if each.is_preview]
    if settings.preview not in ("", *previews):
        raise BookError(
            f"{file}: preview is {settings.preview!r}: name one of the profiles that have a"
            " sentence for their pages, or take it out."
        )
    return settings


def read_table(kind: type[Table], table: Mapping[str, Any], place: str) -> Table:
    """Return the settings of a table; ``place`` says where it stands."""
    known = {each.metadata.get("name") or each.name: each for each in fields(kind)}
    for name in table:
        if name not in known:
            raise BookError(
                f"{place} has {name}: expected one of {', '.join(known)}; correct it, or take it"
                " out."
            )
    return kind(**dict(_values(known.items(), table, place)))


def _values(
    known: Iterable[tuple[str, Field]], table: Mapping[str, Any], place: str
) -> Iterable[tuple[str, Any]]:
    for name, each in known:
        kind = each.metadata["kind"]
        if name not in table:
            if each.default is MISSING and each.default_factory is MISSING:
                raise BookError(f"{place} needs {name}, {kind.words}: add it.")
        elif not kind.fits(table[name]):
            raise refused(place, name, table[name], kind.words)
        else:
            yield each.name, kind.taken(table[name], f"{place[:-1]}.{name}]")


def refused(place: str, name: str, value: Any, words: str) -> BookError:
    """Return the error about a setting that is not what it has to be."""
    return BookError(f"{place} has {name} = {value!r}: expected {words}; correct it.")
