"""A digest moves when, and only when, something that is reached changes."""

import functools
import subprocess
import sys
from pathlib import Path

import pytest
from sourcedigest import SourceNotFound, Sources, source_digest

A = """\
def used(x):
    return helper(x) + LIMIT

def helper(x):
    return x

LIMIT = 3

def other():
    return 1
"""
B = """\
from toy import a
from toy.a import used as renamed

class Box:
    def get(self):
        return renamed(1)

def whole():
    return getattr(a, 'used')
"""
C = """\
from .a import *

TABLE = {}

def register(f):
    TABLE[f.__name__] = f
    return f

@register
def one():
    return 1
"""
D = """\
from functools import wraps

def plain(f):
    @wraps(f)
    def g(*x):
        return f(*x)
    return g

@plain
def one():
    return 1

@plain
def two():
    return 2
"""
PACKAGE = {"__init__.py": '"""A package."""\n', "a.py": A, "b.py": B, "c.py": C}
CODE = "from toy import b\nb.Box().get()\n"


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "toy"
    folder.mkdir()
    for name, text in PACKAGE.items():
        (folder / name).write_text(text)
    return folder


def digest(folder: Path, code: str = CODE) -> str:
    return Sources({"toy": folder}).digest_of_code(code)


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("a.py", "return helper(x) + LIMIT", "return helper(x) - LIMIT"),
        ("a.py", "return x", "return 2 * x"),
        ("a.py", "LIMIT = 3", "LIMIT = 4"),
        ("b.py", "renamed(1)", "renamed(2)"),
        ("b.py", "import used as renamed", "import helper as renamed"),
        ("__init__.py", '"""A package."""\n', "import os\nos.environ.setdefault('A', 'B')\n"),
        ("a.py", "LIMIT = 3", "LIMIT = 3\nprint('imported')\n"),
    ],
)
def test_a_change_to_something_reached_moves_the_digest(package, file, old, new):
    before = digest(package)
    edit(package / file, old, new)
    assert digest(package) != before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("a.py", "return 1", "return 2"),
        ("a.py", "def other():", "def another():"),
        ("a.py", "LIMIT = 3", "LIMIT = 3  # a reason"),
        ("a.py", "def used(x):\n", 'def used(x):\n    """Say more."""\n'),
        ("b.py", "getattr(a, 'used')", "None"),
        ("c.py", "return 1", "return 2"),
        ("__init__.py", "A package.", "The package."),
    ],
)
def test_a_change_to_anything_else_leaves_it(package, file, old, new):
    before = digest(package)
    edit(package / file, old, new)
    assert digest(package) == before


@pytest.mark.parametrize(
    "code",
    [
        "import toy.a as short\nshort.used(1)",
        "import toy\nimport toy.a\ntoy.a.used(1)",
        "def f():\n    from toy.a import used\n    return used(1)",
        "from toy.a import *\nused(1)",
        "from toy import b\nb.whole()",
        "from importlib import import_module\nimport_module('toy.a').used(1)",
        "import os\nos.system('python -m toy.a')",
        "from toy import a\nprint(vars(a))",
        "from toy import b\nb.renamed(2)",
    ],
)
def test_every_way_to_reach_a_function_counts(package, code):
    before = digest(package, code)
    edit(package / "a.py", "return x", "return 2 * x")
    assert digest(package, code) != before


def test_functions_registered_on_import_count_for_whoever_imports_the_module(package):
    code = "from toy import c\nc.TABLE['one']()"
    before = digest(package, code)
    edit(package / "c.py", "return 1", "return 2")
    assert digest(package, code) != before


def test_a_decorator_that_registers_nothing_leaves_functions_apart(package):
    (package / "d.py").write_text(D)
    code = "from toy import d\nd.one()"
    before = digest(package, code)
    edit(package / "d.py", "return 2", "return 3")
    assert digest(package, code) == before
    edit(package / "d.py", "return f(*x)", "return -f(*x)")
    assert digest(package, code) != before


E = """\
from toy.c import register
from toy.d import plain

@{decorator}
def one():
    return 1

@{decorator}
def two():
    return 2
"""


@pytest.mark.parametrize(
    ("decorator", "counts"), [("plain", False), ("register", True), ("register.later", True)]
)
def test_a_decorator_of_another_module_counts_as_one_of_the_same(package, decorator, counts):
    (package / "d.py").write_text(D)
    (package / "e.py").write_text(E.format(decorator=decorator))
    code = "from toy import e\ne.one()"
    before = digest(package, code)
    edit(package / "e.py", "return 2", "return 3")
    assert (digest(package, code) != before) == counts
    before = digest(package, code)
    edit(package / ("d.py" if decorator == "plain" else "c.py"), "(f):", "(f, *_):")
    assert digest(package, code) != before, "what decorates is reached"


def test_a_decorator_that_hands_a_function_on_may_register_it(package):
    (package / "d.py").write_text(D.replace("    @wraps(f)\n", "    note(f)\n    @wraps(f)\n"))
    edit(package / "d.py", "def plain(f):", "def note(f):\n    KNOWN.add(f)\n\ndef plain(f):")
    edit(package / "d.py", "import wraps\n", "import wraps\n\nKNOWN = set()\n")
    code = "from toy import d\nd.one()"
    before = digest(package, code)
    edit(package / "d.py", "return 2", "return 3")
    assert digest(package, code) != before


def test_the_books_own_functions():
    from firstcnn import augment, models

    assert source_digest(models.SimpleCNN) != source_digest(models.TinyCNN)
    assert source_digest(functools.partial(models.DenseNetwork, 512)) == source_digest(
        models.DenseNetwork
    )
    assert source_digest(augment.Affine(rotation=10)) == source_digest(augment.Affine)


def test_what_no_file_holds_is_refused_with_the_reason():
    script = (
        "from sourcedigest import SourceNotFound, source_digest\ntry:\n   "
        " source_digest(type('Mine', (), {}))\nexcept SourceNotFound as error:\n    print(error)"
    )
    out = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout
    assert "notebook cell" in out
    assert issubclass(SourceNotFound, LookupError)
