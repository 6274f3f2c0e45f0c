"""Another book than this one: made by the kit alone, where neither this book's packages nor PyTorch
can be imported.
"""

import re
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from toy_book import ToyBook

PAGE = (Path(__file__).parents[2] / "book" / "reference" / "kit.md").read_text(encoding="utf-8")
EXERCISE = """
```{code-cell} python
from bookkit.notebook import glue
from toy.checks import check
days = 365.25
glue("days", days)
```

A year has {glue:text}`days:.1f` days.

```{code-cell} python
:tags: [exercise]
:label: ex-sum
:title: The sum
total = 30 + 12  # blank: 30 + 12  # of both
check("sum", total)
```
"""
PICTURE = """
```{import-picture}
What imports what.
```
"""
ABSENT = ("firstcnn", "lessons", "torch")


def shown(language: str) -> str:
    """Return the text of the first block of this language on the page about the kit."""
    return re.search(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.M | re.S)[1]


class SecondBook(ToyBook):
    """A book with an exercise that is checked, a number in a sentence and live cells, in both
    editions.
    """

    def __init__(self, root: Path):
        super().__init__(root)
        self.edit("_toc.yml", "- file: one\n", "- file: 1-one\n")
        self.write("pyproject.toml", re.sub("^claims.*", "", shown("toml"), flags=re.M))
        self.write("_config.yml", shown("yaml"))
        self.write("code/toy/checks.py", shown("python"))
        self.write("1-one.md", (self.root / "one.md").read_text(encoding="utf-8") + EXERCISE)
        (self.root / "one.md").unlink()
        self.edit("book/index.md", "two pages.", "two pages.\n" + PICTURE)
        for name in ABSENT:
            self.write(
                f"absent/{name}.py",
                f"raise ModuleNotFoundError('No module named {name}', name='{name}')\n",
            )

    def make(self, *options: str) -> subprocess.CompletedProcess:
        return self.build(*options, path=[self.root / "absent"])


@pytest.fixture(scope="module")
def second_book(tmp_path_factory) -> SecondBook:
    book = SecondBook(tmp_path_factory.mktemp("second"))
    for options in ((), ("--edition", "course")):
        done = book.make(*options)
        assert done.returncode == 0, done.stdout + done.stderr
    return book


def links(page: Path) -> list[str]:
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    found = [tag[name] for name in ("href", "src") for tag in soup.find_all(attrs={name: True})]
    return [link for link in found if not urlsplit(link).scheme and urlsplit(link).path]


@pytest.mark.parametrize("edition", ["html", "course/html"])
def test_no_link_of_a_second_book_is_dead(second_book, edition):
    site = second_book.root / "_build" / edition
    pages = [
        page
        for page in site.rglob("*.html")
        if "_static" not in page.parts and page.name != "404.html"
    ]
    assert len(pages) >= 4
    for page in pages:
        for link in links(page):
            target = page.parent / unquote(urlsplit(link).path)
            assert target.exists(), f"{page.name}: {link}"


def test_a_second_book_has_its_verdict_its_number_and_its_blank(second_book):
    page = second_book.page("1-one")
    assert "365.2" in page and "A sum does not ask for the order." in page
    assert (
        re.search(r'data-exercise="sum"', page) and "live/live.js" in page and "progress.js" in page
    )
    course = (second_book.root / "_build" / "course" / "html" / "1-one.html").read_text(
        encoding="utf-8"
    )
    assert "30 + 12" not in course and "____" in course


def test_the_picture_of_a_second_books_imports_follows_its_source(second_book):
    before = BeautifulSoup(second_book.page("book/index"), "html.parser")
    assert before.select_one("figure svg") and not before.select("figure svg .arrow")
    second_book.edit("code/toy/tools.py", "def used", "import toy.checks\n\n\ndef used")
    done = second_book.make()
    assert done.returncode == 0, done.stdout + done.stderr
    page = BeautifulSoup(second_book.page("book/index"), "html.parser")
    assert page.select_one("figure svg")["aria-label"] == "toy imports no other package."
    assert len(page.select("figure svg .arrow")) == 1
    assert "What imports what." in page.select_one("figure figcaption").text
    assert "toy.tools imports from toy.checks" in page.get_text()
