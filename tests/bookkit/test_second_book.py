"""Another book than this one: made by the kit alone, where neither this book's packages nor PyTorch
can be imported.
"""

import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from live_page import LivePage, book_server
from toy_book import ToyBook

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "book" / "reference" / "kit.md").read_text(encoding="utf-8")
EXERCISE = """
```{code-cell} python
from bookkit.notebook import glue, record
from toy.checks import check
days = 365.25
glue("days", days)
record("T01", days=days)
```

A year has {glue:text}`days:.1f` days. {claim}`T01` So $d^2 > 0$.

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


def shown(language: str, number: int = 0) -> str:
    """Return the text of a block of this language on the page about the kit, the first one if no
    other is asked for.
    """
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.M | re.S)[number]


class SecondBook(ToyBook):
    """A book with an exercise that is checked, a number in a sentence, a claim and live cells, in
    both editions.
    """

    def __init__(self, root: Path):
        super().__init__(root)
        self.edit("_toc.yml", "- file: one\n", "- file: 1-one\n")
        self.write("pyproject.toml", shown("toml"))
        self.write("_config.yml", shown("yaml"))
        self.write("code/toy/checks.py", shown("python"))
        self.write("code/toy/claims.py", shown("python", 1))
        self.write("1-one.md", (self.root / "one.md").read_text(encoding="utf-8") + EXERCISE)
        (self.root / "one.md").unlink()
        self.edit("book/index.md", "two pages.", "two pages.\n" + PICTURE)
        for name in ABSENT:
            self.write(
                f"absent/{name}.py",
                f"raise ModuleNotFoundError('No module named {name}', name='{name}')\n",
            )

        for name in ("package.json", "package-lock.json", ".npmrc"):  # npm has brought these here
            shutil.copy2(ROOT / name, self.root / name)
        (self.root / "node_modules").symlink_to(ROOT / "node_modules")

    @property
    def alone(self) -> list[Path]:
        """Where Python looks first, so that it finds neither this book's packages nor PyTorch."""
        return [self.root / "absent"]

    def make(self, *options: str) -> subprocess.CompletedProcess:
        return self.build(*options, path=self.alone)


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


@pytest.mark.parametrize("edition", ["html", "course/html"])
def test_a_second_book_has_its_formulas_set(second_book, edition):
    page = (second_book.root / "_build" / edition / "1-one.html").read_text(encoding="utf-8")
    assert 'aria-label="d squared is greater than 0"' in page and "mathjax@" not in page
    styles = second_book.root / "_build" / edition / "_static/site.css"
    assert "font-family:Formulas" in styles.read_text(encoding="utf-8")


def test_a_claim_of_a_second_book_is_marked_as_checked(second_book):
    text = BeautifulSoup(second_book.page("1-one"), "html.parser").get_text()
    assert "claim T01: checked against this build’s results" in " ".join(text.split())


def test_live_cells_and_progress_of_a_second_book_work_in_the_browser(second_book, chromium):
    with book_server(second_book.root, second_book.environment(second_book.alone)) as server:
        window = LivePage(chromium).open(f"{server.address}/1-one.html?token={server.token}")
        progress = window.page.locator(".exercise-progress")
        assert "0 of 1 exercise solved" in progress.inner_text()
        window.make_live()
        assert "4100001" in window.run(window.cells.first)
        window.run(window.cells.nth(1))  # which imports the check
        assert "No module named torch" in window.try_out("import torch")
        scripts = window.page.locator("script[src*='temml']")
        assert scripts.count() == 0
        window.try_out("from IPython.display import HTML\nHTML(r'Of \\(x^2\\), $5 and $7')")
        window.page.locator(".live-output math msup").wait_for()
        assert window.page.locator(".live-output math").count() == 1 and scripts.count() == 1
        window.try_out("from IPython.display import Math\nMath('y_1')")
        window.page.locator(".live-output math msub").wait_for()
        assert scripts.count() == 1
        window.type(window.exercise("sum"), 'total = 12 - 30\ncheck("sum", total)')
        assert "Which sign stands between the two?" in window.run(window.exercise("sum"))
        window.type(window.exercise("sum"), 'total = 12 + 30\ncheck("sum", total)')
        assert "A sum does not ask for the order." in window.run(window.exercise("sum"))
        all_solved = window.page.locator(".exercise-progress:not(:has-text('Open'))")
        for _ in range(2):
            all_solved.get_by_text("1 exercise solved").wait_for()
            window.page.reload()
        assert window.foreign() == [] and window.faults == []
        window.close()


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
