"""Pages below a chapter: parts of it, with its number, in the sidebar, as notebooks, in the progress."""

import json

import nbformat
import pytest
from bookkit.book.pages import read_pages
from bookkit.book.project import open_project
from bookkit.system.errors import BookError
from bs4 import BeautifulSoup
from toy_book import DRAWING, FRONT, STATUS, ToyBook

TOC = """format: jb-book
root: book/index
parts:
- caption: Lecture
  numbered: 1
  chapters:
  - file: chapters/1-one
    sections:
    - file: chapters/1-one/far
      sections:
      - file: chapters/1-one/3-deep
    - file: chapters/1-one/more
  - file: chapters/2-two
- caption: Rest
  chapters:
  - file: two
  - file: book/status
"""
EXERCISE = """
```{{code-cell}} python
:tags: [exercise]
:label: ex-{id}
:title: About {id}
answer = 40 + 2  # blank: 40 + 2  # a sum
check("{id}", answer)
```
"""
CHECKS = """
class Right:
    def __init__(self, exercise):
        self.exercise = exercise

    def _repr_mimebundle_(self, include=None, exclude=None):
        verdict = {"exercise": self.exercise, "verdict": "right", "text": "Right"}
        return {"text/plain": "Right", "application/vnd.exercise-verdict+json": verdict}


def check(exercise, answer):
    return Right(exercise)
"""
PUBLISH = """
[tool.bookkit.publish]
repository = "owner/toy"
binderhub = "https://binder.example"
"""
CELL = "\n```{code-cell} python\nfrom toy.checks import check\n```\n"
PAGES = [
    "chapters/1-one",
    "chapters/1-one/far",
    "chapters/1-one/3-deep",
    "chapters/1-one/more",
    "chapters/2-two",
]
BELOW = PAGES[1:4]


def page(title: str, *more: str) -> str:
    return f"{FRONT}# {title}\n\nA sentence.\n{CELL}" + "".join(more)


def lecture(root) -> ToyBook:
    """A book of two chapters, one with three pages below it."""
    book = ToyBook(root)
    book.write("_toc.yml", TOC)
    goals = "\n## What you will be able to do\n\n- Add up ({ref}`sec-far`).\n"
    leads = "\nSee {ref}`sec-far`, {numref}`fig-more` and {ref}`ex-more`.\n"
    for name in ("1-one", "1-one/far", "1-one/3-deep", "1-one/more", "2-two"):
        id = name.rpartition("/")[2].strip("123-")
        parts = [DRAWING.replace("fig-line", f"fig-{id}"), EXERCISE.format(id=id)]
        above = {"one": goals + leads, "far": "\n(sec-far)=\n## Afar <!-- after class -->\n"}
        book.write(f"chapters/{name}.md", page(id.title(), above.get(id, ""), *parts))
    book.write("book/status.md", STATUS + "\n## Goals\n\n```{build-status} goals\n```\n")
    book.write("code/toy/checks.py", CHECKS)
    book.write("code/toy/claims.py", 'CLAIMS = {"T01": lambda value: value > 1}\n')
    record = '\n```{code-cell} python\n:tags: [remove-cell]\nrecord("T01", value=2)\n```\n'
    more = (book.root / "chapters/1-one/more.md").read_text(encoding="utf-8")
    back = "\nIt is more {claim}`T01`. Back to {doc}`../1-one`.\n"
    more = more.replace("import record, show", "import glue, record, show")
    number = '\n```{code-cell} python\nglue("seven", 7)\n```\n\nSeven is {glue:text}`seven`.\n'
    book.write("chapters/1-one/more.md", more + record + number + back)
    book.edit(
        "pyproject.toml", 'assets = ["book"]', 'assets = ["book"]\nclaims = "toy.claims:CLAIMS"'
    )
    book.edit(
        "pyproject.toml", "[tool.bookkit.environment]", f"{PUBLISH}[tool.bookkit.environment]"
    )
    book.edit("book/index.md", "two pages.", "two pages.\n\n```{exercise-progress}\n```")
    return book


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    book = lecture(tmp_path_factory.mktemp("below"))
    done = book.build()
    assert done.returncode == 0, done.stdout + done.stderr
    return book


@pytest.fixture(scope="module")
def tree(made):
    return lambda name: BeautifulSoup(made.page(name), "html.parser")


def test_exercises_are_counted_through_a_chapter_and_the_pages_below_it(tree):
    titles = {name: tree(name).select(".exercise > .admonition-title") for name in PAGES}
    numbers = {name: [each.text.split(":")[0] for each in found] for name, found in titles.items()}
    expected = ["1.1", "1.2", "1.3", "1.4", "2.1"]
    assert list(numbers.values()) == [[f"Exercise {number}"] for number in expected]
    links = tree("chapters/1-one").find_all("a", href="1-one/more.html#ex-more")
    assert links[-1].text == "Exercise 1.4: About more"


def test_no_two_figures_have_one_number(tree):
    shown = [tree(name).select_one(".caption-number").text.strip() for name in [*PAGES, "two"][:5]]
    assert shown == ["Fig. 1.1", "Fig. 1.2", "Fig. 1.3", "Fig. 1.4", "Fig. 2.1"]
    assert tree("chapters/1-one").find("a", href="1-one/more.html#fig-more").text == "Fig. 1.4"


def test_a_title_below_a_chapter_has_no_number(tree):
    assert tree("chapters/1-one").select_one("article h1").text.startswith("1. One")
    assert [tree(name).select_one("article h1").text.rstrip("#") for name in BELOW] == [
        "Far",
        "Deep",
        "More",
    ]


def test_the_sidebar_shows_pages_below_their_chapter_folded_unless_one_is_read(tree):
    def folds(name):
        found = tree(name).select("nav.bd-links li.toctree-l1 > details")
        return {each.parent.a.text.strip(): each.has_attr("open") for each in found}

    assert folds("chapters/2-two") == folds("book/index") == {"1. One": False}
    assert folds("chapters/1-one/more") == folds("chapters/1-one") == {"1. One": True}
    links = tree("chapters/2-two").select("nav.bd-links details a")
    assert [link["href"] for link in links] == [
        "1-one/far.html",
        "1-one/3-deep.html",
        "1-one/more.html",
    ]


def test_each_page_has_notebooks_and_buttons_that_lead_to_them(made, tree):
    folder = made.root / "_build" / "html" / "notebooks"
    names = ["1-one-3-deep", "1-one-far", "1-one-more", "1-one", "2-two"]
    for place in (folder, folder / "solutions"):
        assert sorted(file.stem for file in place.glob("*.ipynb")) == sorted(names)
    menu = tree("chapters/1-one/more").select(".dropdown-download-buttons a")
    assert [link["href"] for link in menu] == [
        "../../notebooks/1-one-more.ipynb",
        "../../notebooks/solutions/1-one-more.ipynb",
    ]
    launch = tree("chapters/1-one/more").select_one(".dropdown-launch-buttons a")["href"]
    assert launch.endswith("lab/tree/notebooks/1-one-more.ipynb")


def test_the_notebook_says_to_which_chapter_it_belongs_and_finds_its_way(made):
    file = made.root / "_build" / "html" / "notebooks" / "1-one-more.ipynb"
    notebook = nbformat.read(file, as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells)
    assert "*A page below chapter 1 of Toy. The student's notebook.*" in text
    assert "# Exercise 1.4\n" in text and "**Fig. 1.4.**" in text and "Seven is 7." in text
    assert "(https://owner.github.io/toy/chapters/1-one.html)" in text
    assert "https://owner.github.io/toy/chapters/1-one/more.html" in text


def test_progress_counts_a_chapter_with_the_pages_below_it(tree):
    index = json.loads(tree("chapters/1-one/more").find(id="exercise-index").string)
    one = {"page": "chapters/1-one", "title": "1. One", "exercises": ["one", "far", "deep", "more"]}
    assert index["chapters"][0] == one and index["page"] == "chapters/1-one/more"
    assert index["pages"] == dict(zip(("one", "far", "deep", "more", "two"), PAGES, strict=True))
    assert index["titles"]["more"] == "1.4 About more"
    for name in [*PAGES, "book/index"]:
        assert tree(name).select_one(".exercise-progress"), name


def test_live_cells_claims_goals_and_the_status_page_know_it(made, tree):
    page = tree("chapters/1-one/more")
    settings = json.loads(page.find(id="live-settings").string)
    assert (settings["here"], settings["static"]) == ("../../live.json", "../../_static/")
    (mark,) = [link["href"] for link in page.select("article a") if "t01" in link["href"].lower()]
    assert mark.startswith("../../book/status.html#")
    status = tree("book/status")
    links = {link["href"] for link in status.select("article table a[href]")}
    assert links >= {f"../{name}.html" for name in PAGES}
    assert links >= {"../chapters/1-one/far.html#sec-far", "../chapters/1-one/far.html#ex-far"}


def test_a_new_exercise_in_a_chapter_moves_the_numbers_below_it_without_running_them_again(made):
    first = made.root / "chapters/1-one.md"
    before = first.read_text(encoding="utf-8")
    made.write("chapters/1-one.md", before + EXERCISE.format(id="late"))
    try:
        done = made.build()
        assert done.returncode == 0, done.stdout + done.stderr
        assert "chapters/1-one/more.md: unchanged" in done.stdout
        assert "Exercise 1.5: About more" in made.page("chapters/1-one/more")
    finally:
        made.write("chapters/1-one.md", before)


def test_a_page_that_stands_alone_in_the_contents_belongs_to_no_chapter(tmp_path):
    book = lecture(tmp_path)
    project = open_project(book.root)
    pages = read_pages(project.root, project.pages, project.chapters)
    assert {page.docname: page.chapter for page in pages if page.chapter} == (
        dict.fromkeys(PAGES[:4], 1) | {PAGES[4]: 2}
    )


def test_two_notebooks_of_one_name_are_refused_before_anything_runs(tmp_path):
    book = lecture(tmp_path)
    book.edit("_toc.yml", "  - file: chapters/2-two", "  - file: chapters/1-one-more")
    (book.root / "chapters/2-two.md").rename(book.root / "chapters/1-one-more.md")
    with pytest.raises(BookError, match=r"1-one/more.md and .*1-one-more.md .*1-one-more\.ipynb"):
        assert open_project(book.root).notebooks
    done = book.build()
    assert done.returncode == 1 and "executing" not in done.stdout
