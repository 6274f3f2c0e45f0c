"""A site with exercises to solve and to predict, a box on a misconception and a page of progress."""

import json
from pathlib import Path
from types import SimpleNamespace

import yaml
from bookkit.book.editions import EDITIONS
from bookkit.editions.pages import exercise_text, folded_solution
from bookkit.exercises.marking import read_marks
from bookkit.sphinx.site import run_sphinx
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from small_site import stage_in

CHOICE = '"longer", "shorter" or "the same"'
EXERCISES = {  # by id: title, kind, code with marks
    "sum": ("A sum", "", "total = 4 + 3  # blank: 4 + 3  # of both"),
    "steps": (
        "Two steps",
        "predict",
        f'of_one = "longer"  # blank: "longer"  # {CHOICE}\n'
        f'of_other = "the same"  # blank: "the same"  # {CHOICE}',
    ),
    "toss": ("A coin", "predict", 'falls = "up"  # blank: "up"  # "up" or "down"'),
    "words": ("In words", "predict", "seen = f(7)  # blank: f(7)  # what you see"),
    "last": ("The last one", "", "rest = 12  # blank: 12  # what is left"),
}
TOSS = 'falls = "up"  # blank: "up"  # "up" or "down"'
MORE = {f"toss-{number}": (f"Toss {number}", "predict", TOSS) for number in range(12)}
BOX = """(mis-order)=
:::{admonition} Often said: the `order` is nothing
:class: misconception
It is not.
:::
"""
REVEAL = ":::{{dropdown}} Reveal: what happens\n:class-container: reveal\nThe answer of {}.\n:::"
MINE = "book/start/mine"
CHAPTERS = {"chapters/one": ("One", EXERCISES), "chapters/two": ("Two", MORE)}
ONE, TWO = CHAPTERS


def cells(page: str, chapter: int) -> list[NotebookNode]:
    """The cells of a chapter, each exercise in a section of its own."""
    heading, exercises = CHAPTERS[page]
    found = [new_markdown_cell(f"# {heading}\n\nA chapter.\n\n{BOX if page == ONE else ''}")]
    for number, (id, (title, kind, code)) in enumerate(exercises.items(), 1):
        source = f'{code}\ncheck("{id}", answer)'
        exercise = SimpleNamespace(
            source=source, number=f"{chapter}.{number}", label=f"ex-{id}", title=title, kind=kind
        )
        assert read_marks(source).blanks
        found += [
            new_markdown_cell(f"## {title}"),
            new_markdown_cell(exercise_text(exercise, EDITIONS["open"])),
        ]
        solution = new_code_cell(source, metadata={"tags": ["exercise"]})
        found.append(folded_solution(solution))
        if kind:
            found.append(new_markdown_cell(REVEAL.format(id)))
    return found


def status() -> dict:
    """What the build says of the exercises."""
    rows = []
    for chapter, (page, (heading, exercises)) in enumerate(CHAPTERS.items(), 1):
        listed = [
            {"id": id, "number": f"{chapter}.{number}", "title": title, "page": page}
            for number, (id, (title, _, _)) in enumerate(exercises.items(), 1)
        ]
        rows.append({"page": page, "title": f"{chapter}. {heading}", "exercises": listed})
    return {"exercises": rows}


def make(folder: Path) -> Path:
    """Make the site; return its folder."""
    mine = [new_markdown_cell("# Yours\n\nAll that is kept.\n\n```{exercise-progress}\n```")]
    chapters = {page: cells(page, chapter) for chapter, page in enumerate(CHAPTERS, 1)}
    stage = stage_in(folder, {**chapters, MINE: mine})
    config = yaml.safe_load((stage / "_config.yml").read_text(encoding="utf-8"))
    config["sphinx"]["config"]["bookkit_progress"] = MINE
    (stage / "_config.yml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    first = "# Book\n\nOf two chapters.\n\n```{exercise-progress} line\n```\n"
    (stage / "book" / "index.md").write_text(first, encoding="utf-8")
    (stage / "status.json").write_text(json.dumps(status()), encoding="utf-8")
    assert run_sphinx(str(stage), str(folder / "html")) == 0
    return folder / "html"
