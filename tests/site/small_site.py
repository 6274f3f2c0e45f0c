"""A site of one chapter-like page, made from outputs that stand here: every fold, long lines,
tables, formulas.
"""

import base64
import io
import shutil
import tomllib
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import yaml
from bookkit.book.myst import show_minutes
from bookkit.editions.discussions import fold_answers
from bookkit.editions.pages import folded_solution
from bookkit.sphinx.site import run_sphinx
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output
from PIL import Image

ROOT = Path(__file__).parents[2]
LENGTHS = range(60, 301, 20)
BANNER = "A preview, whose numbers mean nothing."
ADDRESS = "https://pages.example/book"
PUBLISHED = {"site": ADDRESS, "picture": "favicon.svg", "repository": "", "binderhub": ""}
OPENING = """# A page

Half of them, 50 % of 8 MB, took $x^2$ ms, and ($a + b$). It grew by 5%, from 3% to 4 %. {claim}`T01`

(sec-folds)=
## Folds

:::{dropdown} Answer
The answer told-in-dropdown.
:::

:::{admonition} Discuss
:class: discuss
What?
+++
**A good answer** told-in-discussion.
:::

### More <!-- after class -->

The rest.
"""
WORDS = (  # what each fold holds
    "told-in-dropdown",
    "told-in-discussion",
    "told_in_solution",
    "told_in_code",
    "told_in_cell",
    "told-in-output",
)


def line_of(length: int) -> str:
    """A line of code of this many characters, which ends with its length."""
    words = f"value = function({'argument=1, ' * 40}"
    end = f" # end{length}"
    return words[: length - len(end)] + end


def table(columns: int) -> pd.DataFrame:
    """A table with named index whose last column is called last."""
    names = [f"column {k}" for k in range(columns - 2)]
    rows = {name: [f"{k + 0.5:.2f} %" for k in range(3)] for name in names}
    index = pd.Index(["first case", "second case", "third"], name="case")
    return pd.DataFrame(
        {**rows, "verdict": ["lower", "higher", "not shown"], "last": [-7, 80, 1234]}, index=index
    )


def cells() -> list[NotebookNode]:
    """The cells of the page, with what they put out."""
    solution = folded_solution(
        new_code_cell("told_in_solution = 1", metadata={"tags": ["exercise"]})
    )
    named = {
        "html": table(5).to_html(),
        "wide": table(14).style.set_caption("A caption of a wide table").to_html(),
    }
    return [
        new_markdown_cell(fold_answers(show_minutes(OPENING), "here")),
        solution,
        code("told_in_code = 1", "hide-input"),
        code("told_in_cell = 1", "hide-cell", text="1"),
        code("shown = 1", "hide-output", text="told-in-output"),
        code(
            "\n".join(map(line_of, LENGTHS)),
            text="\n".join(line_of(n).replace("end", "out") for n in LENGTHS),
        ),
        code("def deep():\n" + " " * 24 + "return '" + "x" * 200 + "'  # token"),
        *(code(f"table('{name}')", html=text) for name, text in named.items()),
        *(code(f"picture({k})", image=True) for k in range(4)),
    ]


def code(
    source: str, *tags: str, text: str = "", html: str = "", image: bool = False
) -> NotebookNode:
    """A code cell that has put something out."""
    data = (
        {"text/plain": text} if text else {"text/html": html} if html else {"image/png": picture()}
    )
    about = {"image/png": {"alt": "A square, 50 % grey."}} if image else {}
    outputs = [new_output("display_data", data, metadata=about)] if text or html or image else []
    return new_code_cell(source, metadata={"tags": list(tags)}, outputs=outputs)


def picture() -> str:
    """A grey picture as wide as a page and half as high."""
    stream = io.BytesIO()
    Image.fromarray(np.full((640, 1280), 128, np.uint8)).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def make(folder: Path, purged: bool = True) -> Path:
    """Make the site with the book's own styles and scripts; return its folder.

    Unless they are purged, its pages load the sheets of theme, extensions and book one by one.
    """
    stage = stage_in(folder, {"page": cells()}, purged)
    site = folder / "html"
    assert run_sphinx(str(stage), str(site)) == 0
    return site


def stage_in(folder: Path, pages: dict[str, list[NotebookNode]], purged: bool = True) -> Path:
    """Lay out, in a folder, what Sphinx makes a site with these pages of; return where."""
    stage = folder / "stage"
    bring_packages(folder / "node_modules", without=set() if purged else {"purgecss"})
    for brought in ("assets", "browser/minisearch"):
        shutil.copytree(ROOT / "book" / brought, stage / "book" / brought)
    bring_typefaces(stage / "book" / "assets")
    for name in (
        "pyproject.toml",
        "_config.yml",
        "_toc.yml",
    ):  # what tells that this is the folder of a book
        shutil.copy(ROOT / name, folder / name)
    chapters = "".join(f"- file: {name}\n" for name in pages)
    (stage / "_toc.yml").write_text(
        f"format: jb-book\nroot: book/index\nchapters:\n{chapters}", encoding="utf-8"
    )
    (stage / "_config.yml").write_text(
        yaml.safe_dump(configuration(), sort_keys=False), encoding="utf-8"
    )
    (stage / "book" / "index.md").write_text("# Book\n\nA book of one page.\n", encoding="utf-8")
    kernel = {"kernelspec": {"name": "python3", "display_name": "P"}}
    language = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    for name, of_page in pages.items():
        page = nbformat.v4.new_notebook(cells=of_page, metadata=kernel | language)
        (stage / name).parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(page, stage / f"{name}.ipynb")
    return stage


def bring_packages(folder: Path, without: set[str]) -> None:
    """Let a site use the packages from npm that the book uses, but for some."""
    folder.mkdir()
    for package in (ROOT / "node_modules").iterdir():
        if package.name not in without:
            (folder / package.name).symlink_to(package)


def bring_typefaces(folder: Path) -> None:
    """Copy the book's typefaces to where its pages look for them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for package, files in settings["tool"]["bookkit"]["browser-parts"].items():
        if package.startswith("@fontsource/"):
            (folder / package).mkdir(parents=True)
            for file in files:
                shutil.copy(ROOT / "node_modules" / package / file, folder / package)


def configuration() -> dict:
    """The book's configuration for a page that is a preview and executes nothing."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["execute"]["execute_notebooks"] = "off"
    config["title"] = "Book"
    del config["bibtex_bibfiles"], config["sphinx"]["config"]["bibtex_reference_style"]
    config["html"]["announcement"] = BANNER
    config["sphinx"]["config"]["html_static_path"] = ["book/assets", "book/browser"]
    config["sphinx"]["config"]["bookkit_publish"] = PUBLISHED
    return config
