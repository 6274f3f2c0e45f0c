"""Where the rooms of a package stand in a picture: each above those that it imports, and its arrows
past the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import accumulate, combinations, count, pairwise
from operator import sub

from bookkit.sphinx.import_graph import Arrow, targets_of

GAP = 10.0  # between neighbours
BEND = 6.0  # the width that an arrow takes on its way past a floor
SWEEPS = 40

Node = str | tuple[Arrow, int]  # a room, or the place where an arrow passes a floor


@dataclass(frozen=True)
class Layout:
    """Places in a picture.

    Attributes
    ----------
    floor : dict of str to int
        The floor of each room; 0 is the lowest.
    middle : dict of str to float
        How far right the middle of each room is.
    ways : dict of (str, str) to list of float
        For each arrow, how far right it is on each floor, from the one of the importing room down
        to that of the imported one.
    """

    floor: dict[str, int]
    middle: dict[str, float]
    ways: dict[Arrow, list[float]]


def lay_out(widths: Mapping[str, float], arrows: set[Arrow], room: float) -> Layout:
    """Place rooms so that every arrow leads down and few of them cross.

    Parameters
    ----------
    widths : mapping of str to float
        Every room with its width.
    arrows : set of (str, str)
        They must not run in a circle.
    room : float
        The width of the picture. Floors hold as many rooms as fit.
    """
    if not widths:
        return Layout({}, {}, {})
    level = levels(widths, arrows, room)
    chains = {(one, other): chain(one, other, level) for one, other in sorted(arrows)}
    rows: list[list[Node]] = [[] for _ in range(max(level.values()) + 1)]
    for name in sorted(level):
        rows[level[name]].append(name)
    for (one, _), nodes in chains.items():
        for step, node in enumerate(nodes[1:-1], 1):
            rows[level[one] - step].append(node)
    pairs = [pair for nodes in chains.values() for pair in pairwise(nodes)]
    places = arranged(rows, pairs, widths, room)
    ways = {arrow: [places[node] for node in nodes] for arrow, nodes in chains.items()}
    middle = {name: places[name] for name in level}
    return Layout(level, middle, with_ends_apart(ways, widths))


def levels(widths: Mapping[str, float], arrows: set[Arrow], room: float) -> dict[str, int]:
    """Return a floor for each room: above all that it imports, on one that has space, and not
    further down than need be if others import it more than it imports.
    """
    below = targets_of(sorted(widths), arrows)
    above = targets_of(sorted(widths), {(other, one) for one, other in arrows})
    order = list(TopologicalSorter(below).static_order())
    level: dict[str, int] = {}

    def has_space(floor: int, name: str) -> bool:
        others = [widths[each] + GAP for each in level if level[each] == floor and each != name]
        return sum(others) + widths[name] <= room

    for name in order:
        floor = max((level[other] + 1 for other in below[name]), default=0)
        level[name] = next(each for each in count(floor) if has_space(each, name))
    for name in reversed(order):
        if len(above[name]) > len(below[name]):
            highest = min(level[other] for other in above[name]) - 1
            better = range(highest, level[name], -1)
            level[name] = next((each for each in better if has_space(each, name)), level[name])
    used = sorted(set(level.values()))
    return {name: used.index(floor) for name, floor in level.items()}


def chain(one: str, other: str, level: Mapping[str, int]) -> list[Node]:
    """Return the two ends of an arrow with the places between them where it passes a floor."""
    between = range(1, level[one] - level[other])
    return [one, *(((one, other), step) for step in between), other]


def arranged(
    rows: list[list[Node]],
    pairs: list[tuple[Node, Node]],
    widths: Mapping[str, float],
    room: float,
) -> dict[Node, float]:
    """Return how far right each node is: over and over, each goes to the middle of its neighbours;
    the arrangement with the fewest crossings and then the shortest arrows is kept.
    """
    near: dict[Node, list[Node]] = {node: [] for row in rows for node in row}
    for one, other in pairs:
        near[one].append(other)
        near[other].append(one)
    places: dict[Node, float] = {}
    for row in rows:
        places |= spread(row, dict.fromkeys(row, 0.0), widths, room)
    best = places
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 else reversed(rows):
            wanted = {
                node: sum(places[each] for each in near[node]) / len(near[node])
                if near[node]
                else places[node]
                for node in row
            }
            row.sort(key=wanted.__getitem__)
            places = places | spread(row, wanted, widths, room)
        best = min(best, places, key=lambda found: cost(found, rows, pairs))
    edges = [(best[node], widths[node] / 2) for node in best if isinstance(node, str)]
    left, right = min(x - half for x, half in edges), max(x + half for x, half in edges)
    return {node: place + (room - left - right) / 2 for node, place in best.items()}


def spread(
    row: list[Node], wanted: Mapping[Node, float], widths: Mapping[str, float], room: float
) -> dict[Node, float]:
    """Return places near the wanted ones at which the nodes of a floor, in their order, have
    space.
    """
    sizes = [widths[node] if isinstance(node, str) else BEND for node in row]
    gap = min(GAP, (room - sum(sizes)) / max(1, len(row) - 1))
    steps = [(one + other) / 2 + gap for one, other in pairwise(sizes)]
    most = list(accumulate(reversed(steps), sub, initial=room - sizes[-1] / 2))[::-1]
    places: list[float] = []
    for node, step, limit in zip(row, [0.0, *steps], most, strict=True):
        begin = places[-1] + step if places else sizes[0] / 2
        places.append(min(max(wanted[node], begin), limit))
    return dict(zip(row, places, strict=True))


def with_ends_apart(
    ways: Mapping[Arrow, list[float]], widths: Mapping[str, float]
) -> dict[Arrow, list[float]]:
    """Return the ways of arrows with places of their own for those that share a room, left to
    right in the order in which they come or go.
    """
    apart = {arrow: list(way) for arrow, way in ways.items()}
    for end, beside in ((0, 1), (-1, -2)):
        for name, width in widths.items():
            own = sorted((a for a in ways if a[end] == name), key=lambda a: ways[a][beside])
            step = min(GAP, (width - GAP) / max(1, len(own)))
            for k, arrow in enumerate(own):
                apart[arrow][end] += (k - (len(own) - 1) / 2) * step
    return apart


def cost(
    places: Mapping[Node, float], rows: list[list[Node]], pairs: list[tuple[Node, Node]]
) -> tuple[int, float]:
    """Return how many arrows cross between two floors, and how far they lead sideways in all."""
    floor = {node: k for k, row in enumerate(rows) for node in row}
    steps = [(floor[one], places[one], places[other]) for one, other in pairs]
    crossings = sum(
        a[0] == b[0] and (a[1] - b[1]) * (a[2] - b[2]) < 0 for a, b in combinations(steps, 2)
    )
    return crossings, sum(abs(one - other) for _, one, other in steps)
