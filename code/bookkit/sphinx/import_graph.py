"""Which parts of a book's packages import which, read from their source."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from itertools import pairwise
from pathlib import Path

from bookkit.system.errors import BookError

Arrow = tuple[str, str]


@dataclass(frozen=True)
class ImportGraph:
    """Packages, their rooms, and the imports between them.

    A room is a module or a folder of modules right inside a package.

    Attributes
    ----------
    rooms : dict of str to tuple of str
        For each package, those that import others first, the dotted names of its rooms.
    arrows : dict of (str, str) to int
        How many modules of the first import from the second. Each is a room, or a package itself:
        its ``__init__.py``.
    """

    rooms: dict[str, tuple[str, ...]]
    arrows: dict[Arrow, int]

    @property
    def between_packages(self) -> set[Arrow]:
        """The packages that import from one another, each as (importing, imported)."""
        pairs = {(package_of(one), package_of(other)) for one, other in self.arrows}
        return {(one, other) for one, other in pairs if one != other}

    def inside(self, package: str) -> dict[Arrow, int]:
        """Return the arrows between rooms of a package."""
        own = set(self.rooms[package])
        return {arrow: n for arrow, n in self.arrows.items() if own.issuperset(arrow)}

    def against_the_floors(self, package: str) -> set[Arrow]:
        """Return arrows without which nothing inside a package runs in a circle, the ones with the
        fewest imports of their circles.
        """
        left, against = self.inside(package), set()
        while circle := circle_in(left):
            arrow = min(circle, key=lambda each: (left[each], each))
            against.add(arrow)
            del left[arrow]
        return against


def package_of(name: str) -> str:
    """Return the package of a dotted name."""
    return name.partition(".")[0]


def import_graph(packages: Mapping[str, Path]) -> ImportGraph:
    """Read the imports of packages, those inside functions and for type hints too.

    Parameters
    ----------
    packages : mapping of str to Path
        Names, and the folders in which their modules are.

    Raises
    ------
    BookError
        If packages import each other in a circle, or if a file is not Python.
    """
    modules = [
        (name, file.relative_to(folder), file)
        for name, folder in packages.items()
        for file in sorted(folder.rglob("*.py"))
    ]
    rooms = {
        name: sorted({room_of(name, place) for own, place, _ in modules if own == name} - {name})
        for name in packages
    }
    known = set(rooms).union(*rooms.values())
    arrows: Counter[Arrow] = Counter()
    for package, place, file in modules:
        home, around = room_of(package, place), ".".join((package, *place.parent.parts))
        targets = {home_of(name, known) for name in imported(file, around)} - {home, None}
        arrows.update((home, other) for other in sorted(targets) if package_of(other) != home)
    graph = ImportGraph({name: tuple(rooms[name]) for name in rooms}, dict(sorted(arrows.items())))
    return ImportGraph({name: graph.rooms[name] for name in in_order(graph)}, graph.arrows)


def in_order(graph: ImportGraph) -> list[str]:
    """Return the packages, those that import others first.

    Raises
    ------
    BookError
        If they import each other in a circle.
    """
    if circle := circle_in(graph.between_packages):
        names = " → ".join(importing for importing, _ in [*circle, circle[0]])
        raise BookError(f"Packages import each other in a circle: {names}. Take one import out.")
    below = targets_of(graph.rooms, graph.between_packages)
    return list(TopologicalSorter(below).static_order())[::-1]


def room_of(package: str, file: Path) -> str:
    """Return the room of a file, whose place is relative to its package."""
    if file == Path("__init__.py"):
        return package
    return f"{package}.{file.with_suffix('').parts[0]}"


def home_of(name: str, known: set[str]) -> str | None:
    """Return the room, else the package, to which an imported name belongs; None for others."""
    begin = ".".join(name.split(".")[:2])
    return next((home for home in (begin, package_of(name)) if home in known), None)


def imported(file: Path, package: str) -> Iterator[str]:
    """Yield the dotted names that a file imports; ``package`` is the one that it is in."""
    try:
        tree = ast.parse(file.read_bytes(), filename=str(file))
    except SyntaxError as error:
        raise BookError(f"{file}:{error.lineno or 1}: {error.msg}. Correct the file.") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), package)
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def targets_of(names: Iterable[str], arrows: Iterable[Arrow]) -> dict[str, list[str]]:
    """Return for each name those to which its arrows lead, in the order of the alphabet."""
    found: dict[str, list[str]] = {name: [] for name in names}
    for one, other in sorted(arrows):
        found[one].append(other)
    return found


def circle_in(arrows: Iterable[Arrow]) -> list[Arrow]:
    """Return arrows that run in a circle, in their order; none if there is no circle."""
    names = sorted({name for arrow in arrows for name in arrow})
    try:
        TopologicalSorter(targets_of(names, arrows)).prepare()
    except CycleError as error:
        circle = error.args[1][::-1]  # graphlib tells it against the arrows
        return list(pairwise(circle))
    return []


def direct(arrows: set[Arrow]) -> set[Arrow]:
    """Return the arrows without those whose two ends other arrows join as well, by way of others.

    They must not run in a circle.
    """
    below = targets_of({name for arrow in arrows for name in arrow}, arrows)
    reached: dict[str, set[str]] = {}
    for name in TopologicalSorter(below).static_order():
        reached[name] = set(below[name]).union(*(reached[each] for each in below[name]))
    return {
        (one, other)
        for one, other in arrows
        if not any(other in reached[each] for each in below[one])
    }
