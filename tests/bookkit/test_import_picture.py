"""The picture of what a book's packages import: which arrows it finds, where it puts them, what it
says.
"""

from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from bookkit.sphinx.import_graph import ImportGraph, import_graph
from bookkit.sphinx.import_picture import in_words, picture, room_by_room
from bookkit.system.errors import BookError

SVG = "{http://www.w3.org/2000/svg}"
TOY = {
    "toy/__init__.py": "from toy.rain import falls\n",
    "toy/rain.py": "import os\nfrom toy import sun\n",
    "toy/sun/__init__.py": "",
    "toy/sun/rays.py": "def rise():\n    from .. import moon\n    from . import spots\n",
    "toy/sun/spots.py": "from ..moon import *\nimport base.units as units\n",
    "toy/moon.py": "from base import known\nfrom based import unknown\n",
    "toy/alone.py": "",
    "base/__init__.py": "known = 1\n",
    "base/units.py": "",
}
ARROWS = {
    ("toy.rain", "toy.sun"): 1,
    ("toy.sun", "toy.moon"): 2,
    ("toy.sun", "base.units"): 1,
    ("toy.moon", "base"): 1,
}


def read(folder: Path, files: dict[str, str]) -> ImportGraph:
    """Write the modules of packages and read what they import."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return import_graph({name.partition("/")[0]: folder / name.partition("/")[0] for name in files})


def chained(*chains: str) -> ImportGraph:
    """A package ``p`` in which the letters of each text import those behind them, one by one."""
    names = {f"p.{letter}" for chain in chains for letter in chain}
    arrows = {(f"p.{a}", f"p.{b}"): 1 for chain in chains for a, b in pairwise(chain)}
    return ImportGraph({"p": tuple(sorted(names))}, arrows)


def shapes(graph: ImportGraph) -> tuple[ElementTree.Element, dict[str, dict[str, float]]]:
    """Return the picture, and the box of every room."""
    svg = ElementTree.fromstring(picture(graph).replace("<svg", f'<svg xmlns="{SVG[1:-1]}"', 1))
    boxes = [
        {name: float(box.get(name)) for name in ("x", "y", "width", "height")}
        for box in svg.iter(f"{SVG}rect")
        if box.get("class") == "room"
    ]
    names = [t.text for t in svg.iter(f"{SVG}text") if t.get("class") == "room-name"]
    return svg, dict(zip(names, boxes, strict=True))


def lines(svg: ElementTree.Element, kind: str) -> int:
    return sum(group.get("class").split() == kind.split() for group in svg.iter(f"{SVG}g"))


def test_every_way_to_import_gives_an_arrow(tmp_path):
    graph = read(tmp_path, TOY)
    assert graph.arrows == ARROWS
    assert graph.rooms == {
        "toy": ("toy.alone", "toy.moon", "toy.rain", "toy.sun"),
        "base": ("base.units",),
    }


def test_the_words_name_the_same_arrows(tmp_path):
    graph = read(tmp_path, TOY)
    assert in_words(graph) == "toy imports base. base imports no other package."
    assert room_by_room(graph) == [
        "- `toy.moon` imports from `base`",
        "- `toy.rain` imports from `toy.sun`",
        "- `toy.sun` imports from `base.units` and `toy.moon`",
    ]


def test_packages_that_import_each_other_are_refused_by_name(tmp_path):
    with pytest.raises(BookError, match=r"circle: (one → two → one|two → one → two)"):
        read(tmp_path, {"one/a.py": "import two", "two/b.py": "def late():\n    import one.a"})


def test_a_file_that_is_not_python_is_named_with_its_line(tmp_path):
    with pytest.raises(BookError, match=r"toy/bad\.py:2"):
        read(tmp_path, {"toy/bad.py": "a = 1\nb = = 2"})


def test_an_import_that_closes_a_circle_is_drawn_apart_and_told(tmp_path):
    files = {
        "toy/a/one.py": "from toy import b",
        "toy/a/two.py": "from toy import b",
        "toy/b.py": "from toy import c",
        "toy/c.py": "from toy.a import one",
    }
    graph = read(tmp_path, files)
    assert len(graph.against_the_floors("toy")) == 1
    svg, _ = shapes(graph)
    assert lines(svg, "arrow against") == 1
    ((importing, imported),) = graph.against_the_floors("toy")
    assert f"Against the order of the floors, {importing} imports {imported}." in in_words(graph)
    del files["toy/c.py"]
    (tmp_path / "toy" / "c.py").write_text("")
    svg, _ = shapes(read(tmp_path, files))
    assert lines(svg, "arrow against") == 0 and lines(svg, "arrow") == 2


def test_the_import_with_fewer_modules_is_the_one_against_the_floors(tmp_path):
    files = {"toy/a/one.py": "from toy import b", "toy/a/two.py": "from toy import b"}
    graph = read(tmp_path, files | {"toy/b.py": "from toy.a import one"})
    assert graph.against_the_floors("toy") == {("toy.b", "toy.a")}


def test_a_package_of_one_file_has_no_rooms(tmp_path):
    graph = read(tmp_path, {"one/__init__.py": "import two", "two/__init__.py": ""})
    svg, boxes = shapes(graph)
    assert boxes == {} and lines(svg, "arrow") == 1
    assert (
        svg.get("aria-label") == in_words(graph) == "one imports two. two imports no other package."
    )


def test_an_arrow_that_others_imply_is_left_out():
    svg, _ = shapes(chained("abcd", "ac", "ad", "bd"))
    assert lines(svg, "arrow") == 3


@pytest.mark.parametrize(
    "chains",
    [
        ("a", "b"),
        ("abcdefgh", "ah", "ahi"),
        tuple("abcdefghijklmnopqrstuvwxyz"),
        tuple(f"a{letter}z" for letter in "bcdefghijklmnopqrstuvwxy"),
        ("abxy", "acxz", "adyz", "bdef", "cefg", "fgh", "xh", "za"[::-1], "kl", "mlo"),
    ],
    ids=["apart", "deep", "wide", "fans", "mixed"],
)
def test_rooms_stand_inside_apart_and_above_what_they_import(chains):
    graph = chained(*chains)
    svg, boxes = shapes(graph)
    assert len(boxes) == len(graph.rooms["p"])
    _, _, width, height = map(float, svg.get("viewBox").split())
    for box in boxes.values():
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert box["y"] >= 0 and box["y"] + box["height"] <= height
    for one, other in combinations(boxes.values(), 2):
        assert one["y"] != other["y"] or abs(one["x"] - other["x"]) >= one["width"]
    for one, other in graph.arrows:
        assert boxes[one[2:]]["y"] < boxes[other[2:]]["y"]
