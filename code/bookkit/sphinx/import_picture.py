"""A picture of a book's packages: their rooms, floor above floor, and what imports what."""

from html import escape
from itertools import pairwise
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from bookkit.book.project import project_above
from bookkit.sphinx.import_graph import Arrow, ImportGraph, direct, import_graph
from bookkit.sphinx.import_layout import Layout, lay_out
from bookkit.system.errors import BookError

# Units of the picture: on a phone, one is about a pixel of its screen.
WIDTH = 360
LETTER = 7.3  # the width of a letter of the fixed-width font at the size in the style sheet
ROOM = 26  # the height of a room, whose name is centred in it
STEP = 62  # from floor to floor
HEAD = 30  # the height of a package's name
MARGIN = 10
LANE = 9  # between arrows beside the packages
BETWEEN = 30  # packages


def picture(graph: ImportGraph) -> str:
    """Return the picture as SVG, with its text for those who cannot see it.

    Packages stand in the order of their imports. Inside one, an arrow that others imply is left
    out, and one against the floors, without which nothing runs in a circle, is red.
    """
    beside = lanes(graph)
    left = 1.0 + LANE * len(beside)
    top, tops, bottoms, drawn = 1.0, {}, {}, []
    for package in graph.rooms:
        drawing, height = package_picture(graph, package, left, top)
        drawn += drawing
        tops[package], bottoms[package] = top, top + height
        top += height + BETWEEN
    for one, other in pairwise(graph.rooms):
        if (one, other) in graph.between_packages:
            drawn.append(curve([(WIDTH / 2, bottoms[one]), (WIDTH / 2, tops[other])]))
    for k, (one, other) in enumerate(beside):
        begin, end = tops[one] + HEAD / 2 + 3 * k, tops[other] + HEAD / 2 - 3 * k
        drawn.append(around(left, left - LANE * (k + 1), begin, end))
    return (
        f'<svg class="import-picture" viewBox="0 0 {WIDTH} {top - BETWEEN + 1:.0f}" role="img"'
        f' aria-label="{escape(in_words(graph))}">{"".join(drawn)}</svg>'
    )


def lanes(graph: ImportGraph) -> list[Arrow]:
    """Return the arrows between packages that are not neighbours, the shortest first."""
    order = {package: k for k, package in enumerate(graph.rooms)}
    far = [each for each in graph.between_packages if order[each[1]] - order[each[0]] > 1]
    return sorted(far, key=lambda each: (order[each[1]] - order[each[0]], order[each[0]]))


def package_picture(
    graph: ImportGraph, package: str, left: float, top: float
) -> tuple[list[str], float]:
    """Return the elements of a package, and its height."""
    against = graph.against_the_floors(package)
    arrows = direct(set(graph.inside(package)) - against)
    widths = {name: LETTER * len(short(name)) + 12 for name in graph.rooms[package]}
    back = {(other, one) for one, other in against}
    layout = lay_out(widths, arrows | back, WIDTH - 1 - left - 2 * MARGIN)
    height = HEAD + ROOM + STEP * max(layout.floor.values(), default=0) + MARGIN
    drawn = [
        box("package", left, top, WIDTH - 1 - left, height),
        text("package-name", left + MARGIN, top + HEAD / 2, package),
    ]
    ground = (left + MARGIN, top + height - MARGIN)
    for each in sorted(arrows):
        drawn.append(curve(points(layout, each, *ground)))
    for each in sorted(back):
        drawn.append(curve(points(layout, each, *ground)[::-1], "against", shift=4))
    for name, width in widths.items():
        middle = ground[0] + layout.middle[name]
        above = ground[1] - STEP * layout.floor[name] - ROOM
        drawn.append(box("room", middle - width / 2, above, width, ROOM))
        drawn.append(text("room-name", middle, above + ROOM / 2, short(name)))
    return drawn, height


def points(layout: Layout, arrow: Arrow, left: float, ground: float) -> list[tuple[float, float]]:
    """Return the points of an arrow's way down: out of its room, in and out of each floor that it
    passes, and into the other room.
    """
    highest = layout.floor[arrow[0]]
    found = []
    for down, right in enumerate(layout.ways[arrow]):
        below = ground - STEP * (highest - down)
        found += [(left + right, below - ROOM), (left + right, below)]
    return found[1:-1]


def curve(way: list[tuple[float, float]], kind: str = "", shift: float = 0.0) -> str:
    """Return an arrow that leads through points, upright in each."""
    (x, y), *rest = [(right + shift, down) for right, down in way]
    steps = [f"M{x:.1f} {y:.1f}"]
    for right, down in rest:
        half = (y + down) / 2
        steps.append(f"C{x:.1f} {half:.1f} {right:.1f} {half:.1f} {right:.1f} {down:.1f}")
        x, y = right, down
    back = 6 if rest[-1][1] < way[0][1] else -6
    head = f"M{x - 3.5:.1f} {y + back:.1f}L{x:.1f} {y:.1f}L{x + 3.5:.1f} {y + back:.1f}Z"
    return arrow("".join(steps), head, kind)


def around(edge: float, lane: float, begin: float, end: float) -> str:
    """Return an arrow that leaves a package to the left and comes into a lower one."""
    way = f"M{edge:.1f} {begin:.1f}H{lane + 4:.1f}q-4 0 -4 4V{end - 4:.1f}q0 4 4 4H{edge:.1f}"
    head = f"M{edge - 6:.1f} {end - 3.5:.1f}L{edge:.1f} {end:.1f}L{edge - 6:.1f} {end + 3.5:.1f}Z"
    return arrow(way, head)


def arrow(way: str, head: str, kind: str = "") -> str:
    """Return a line with its head."""
    return f'<g class="arrow {kind}"><path d="{way}"/><path class="head" d="{head}"/></g>'


def box(kind: str, left: float, top: float, width: float, height: float) -> str:
    """Return a rectangle."""
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}"'
        f' height="{height:.1f}" rx="4"/>'
    )


def text(kind: str, right: float, down: float, words: str) -> str:
    """Return a name; ``down`` is the middle of its letters."""
    return f'<text class="{kind}" x="{right:.1f}" y="{down + 4:.1f}">{escape(words)}</text>'


def short(room: str) -> str:
    """Return the name of a room inside its package."""
    return room.partition(".")[2]


def in_words(graph: ImportGraph) -> str:
    """Return which package imports which, and what inside them runs in a circle."""
    said = []
    for package in graph.rooms:
        others = [other for one, other in sorted(graph.between_packages) if one == package]
        said.append(f"{package} imports {listed(others) if others else 'no other package'}.")
    for package in graph.rooms:
        for one, other in sorted(graph.against_the_floors(package)):
            said.append(f"Against the order of the floors, {one} imports {other}.")
    return " ".join(said)


def room_by_room(graph: ImportGraph) -> list[str]:
    """Return for every room that imports from others, in MyST, which ones these are."""
    rooms = sorted({one for one, _ in graph.arrows})
    targets = {room: [other for one, other in graph.arrows if one == room] for room in rooms}
    return [
        f"- `{room}` imports from {listed([f'`{name}`' for name in names])}"
        for room, names in targets.items()
    ]


def listed(names: list[str]) -> str:
    """Return names as one says them."""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


class ImportPicture(SphinxDirective):
    """``{import-picture}``: the packages of ``[tool.bookkit]``, their rooms and imports; its
    content is the caption.
    """

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return picture, caption, and all imports in words; the page is read at each build, since
        any module may import something else.
        """
        self.env.note_reread()
        try:
            graph = import_graph(project_above(Path(self.env.srcdir)).packages)
        except BookError as error:
            raise self.error(str(error)) from error
        figure = nodes.figure("", nodes.raw("", picture(graph), format="html"))
        caption = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, caption)
        figure += [nodes.caption("", "", *part.children) for part in caption.children]
        lines = ["::::{dropdown} The same in words", *room_by_room(graph), "::::"]
        fold = nodes.container()
        self.state.nested_parse(StringList(lines, "imports"), self.content_offset, fold)
        return [figure, *fold.children]


def connect(app: Sphinx) -> None:
    """Make the directive known to Sphinx."""
    app.add_directive("import-picture", ImportPicture)
