"""A book of three small pages and a package of its own, which builds in seconds."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

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
    "_config.yml": "title: Toy\nonly_build_toc_files: true\nexclude_patterns: [_build, code]\n"
    "parse:\n  myst_enable_extensions: [attrs_block, colon_fence, dollarmath]\n"
    "sphinx:\n  config:\n    nb_render_plugin: bookkit\n",
    "_toc.yml": "format: jb-book\nroot: book/index\nchapters:\n- file: one\n- file: two\n",
    "book/index.md": "# Toy\n\nA book of two pages.\n",
    "one.md": FRONT + "# One\n\nA sentence.\n\n```{code-cell} python\nfrom toy import tools\ntools.used()\n```\n",
    "two.md": FRONT + "# Two\n\nA sentence.\n\n```{code-cell} python\nfrom toy import tools\ntools.other()\n```\n",
    "code/toy/__init__.py": "",
    "code/toy/tools.py": TOOLS,
}


class ToyBook:
    """A book in a temporary folder."""

    def __init__(self, root: Path):
        self.root = root
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def build(self, *options: str) -> subprocess.CompletedProcess:
        """Run the command that `make book` runs."""
        environment = {**os.environ, "PYTHONPATH": str(self.root / "code"), "COLUMNS": "200"}
        command = [sys.executable, "-m", "bookkit", "build", *options]
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True)

    def page(self, name: str) -> str:
        return (self.root / "_build" / "html" / f"{name}.html").read_text(encoding="utf-8")


@pytest.fixture
def toy_book(tmp_path):
    return ToyBook(tmp_path)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A toy book that has been built once; tests that share it change what they own and say so."""
    book = ToyBook(tmp_path_factory.mktemp("toy"))
    done = book.build()
    assert done.returncode == 0, done.stdout + done.stderr
    return book
