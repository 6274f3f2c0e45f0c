"""A book of three small pages and a package of its own, which builds in seconds."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import bookkit
import warm_builds

CODE = str(Path(bookkit.__file__).parents[1])  # of this checkout, wherever another one is installed
BUILD = [sys.executable, "-m", "bookkit", "build"]
FRONT = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n  display_name: Python 3\n---\n\n"
PYPROJECT = """
[tool.bookkit]
code = "code"
packages = ["toy"]
assets = ["book"]
[tool.bookkit.environment]
profile = "TOY_PROFILE"
[tool.bookkit.profiles]
full = ""
quick = "Only a preview of the toy book."
"""
TOOLS = """
def used():
    return helper() + 1


def helper():
    return 4100000


def other():
    return 7200000
"""
FILES = {
    "pyproject.toml": PYPROJECT,
    "_config.yml": (
        "title: Toy\nonly_build_toc_files: true\nexclude_patterns: [_build, code]\nparse:\n "
        " myst_enable_extensions: [attrs_block, colon_fence, dollarmath]\nsphinx:\n "
        " extra_extensions: [bookkit.sphinx.extension]\n  config:\n    nb_render_plugin: bookkit\n"
    ),
    "_toc.yml": "format: jb-book\nroot: book/index\nchapters:\n- file: one\n- file: two\n",
    "book/index.md": "# Toy\n\nA book of two pages.\n",
    "one.md": (
        FRONT + "# One\n\nA sentence.\n\n```{code-cell} python\nfrom toy import"
        " tools\ntools.used()\n```\n"
    ),
    "two.md": (
        FRONT + "# Two\n\nA sentence.\n\n```{code-cell} python\nfrom toy import"
        " tools\ntools.other()\n```\n"
    ),
    "code/toy/__init__.py": "",
    "code/toy/tools.py": TOOLS,
}


CLAIMS = """
def warmer(gain, places):
    \"""The summer is warmer than the winter.\"""
    return gain["low"] > 0 and len(places) > 1


def round_year(days):
    \"""A year is not a round number of days.\"""
    return days % 10 != 0


CLAIMS = {"T01": warmer, "T02": round_year}
"""
DRAWING = """
```{code-cell} python
:tags: [remove-output]
from bookkit.notebook import record, show
from matplotlib.figure import Figure
figure = Figure(figsize=(2, 1))
figure.subplots().plot([1, 2])
show(figure, "fig-line", alt="A line that rises from 1 to 2.")
```

```{glue:figure} fig-line
:name: fig-line
A line. **Look at** its slope.
```
"""
MEASURED = """
```{code-cell} python
:tags: [remove-cell]
record("T01", gain={"low": 1.5, "high": 2.5}, places=["north", "south"])
record("T02", days=365)
```

Some say otherwise. The summer
is warmer, by 2.0 degrees. {claim}`T01` A year has 365 days {claim}`T02`.
"""
STATUS = """# How it was made

## Pages

```{build-status} pages
```

## Machine

```{build-status} environments
```

## Claims

```{build-status} claims
```

## Figures

```{build-status} figures
```
"""
CHECKS = """
from collections import namedtuple

Exercise = namedtuple("Exercise", "wrong")
Wrong = namedtuple("Wrong", "name typed")
RIGHT = {"sum": 42, "square": 16}


class Verdict:
    def __init__(self, exercise, right):
        self.exercise, self.kind = exercise, "right" if right else "wrong"

    def _repr_mimebundle_(self, include=None, exclude=None):
        about = {"exercise": self.exercise, "verdict": self.kind, "text": "Praise."}
        return {"text/plain": self.kind, "application/vnd.exercise-verdict+json": about}


def check(exercise, answer):
    return Verdict(exercise, answer == RIGHT[exercise])


EXERCISES = {
    "sum": Exercise((Wrong("first", ("1",)), Wrong("second", ("2",)), Wrong("third", ("3",)), )),
    "square": Exercise(tuple(Wrong(str(k), (str(k), None)) for k in range(4))),
}
"""
EXERCISES = """
```{code-cell} python
:tags: [remove-output]
from toy.checks import check
```

```{code-cell} python
:tags: [exercise]
:label: ex-sum
:title: The sum
:kind: predict
total = 30 + 12  # blank: 30 + 12  # of both
check("sum", total)
```

```{code-cell} python
:tags: [exercise]
:label: ex-square
:title: The square
side = 4  # blank: 4  # its side
### BEGIN SOLUTION: from its side
area = side * side
### END SOLUTION
check("square", area)
```

```{code-cell} python
total + area
```
"""


class ToyBook:
    """A book in a temporary folder."""

    def __init__(self, root: Path, files: dict[str, str] = FILES):
        self.root = root
        for name, text in files.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def environment(self, path: Sequence[Path] = ()) -> dict[str, str]:
        """The environment of a build, with folders that come first where Python looks for
        modules.
        """
        places = [*path, self.root / "code", CODE]
        return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, places)), "COLUMNS": "200"}

    def build(self, *options: str, path: Sequence[Path] = ()) -> subprocess.CompletedProcess:
        """Run the command that `make book` runs, in a process that has imported it already: what
        only a new Python reads, such as a sitecustomize, it does not see.
        """
        return warm_builds.run(["build", *options], self.root, self.environment(path))

    def start(self, **variables: str) -> subprocess.Popen:
        """Start the command that `make book` runs; what it says comes from one stream."""
        environment = {**self.environment(), **variables}
        return subprocess.Popen(
            BUILD,
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def claim(self) -> None:
        """Add two claims, what was measured for them, a figure, and the status page."""
        self.edit(
            "pyproject.toml", 'assets = ["book"]', 'assets = ["book"]\nclaims = "toy.claims:CLAIMS"'
        )
        self.edit("_toc.yml", "- file: two", "- file: two\n- file: book/status")
        self.edit("book/index.md", "two pages.", "two pages. Summers are warm. {claim}`T01`")
        self.write("book/status.md", STATUS)
        self.write("code/toy/claims.py", CLAIMS)
        self.write("one.md", FILES["one.md"] + DRAWING + MEASURED)

    def exercise(self) -> None:
        """Make the first page a chapter with two exercises, which a registry knows."""
        self.edit(
            "pyproject.toml",
            'assets = ["book"]',
            'assets = ["book"]\nexercises = "toy.checks:EXERCISES"',
        )
        self.edit("_toc.yml", "- file: one", "- file: 1-one")
        self.write("code/toy/checks.py", CHECKS)
        self.write("1-one.md", FILES["one.md"] + EXERCISES)
        (self.root / "one.md").unlink()

    def page(self, name: str) -> str:
        return (self.root / "_build" / "html" / f"{name}.html").read_text(encoding="utf-8")
