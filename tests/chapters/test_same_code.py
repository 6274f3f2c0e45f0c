"""What a chapter builds and the package or `lessons.book_work` has too is the same code: a reader
uses what was taught.
"""

import ast
from functools import cache

import pytest
from sourcedigest import strip_docstrings
from the_book import CORES, ROOT, lecture

PACKAGE = ROOT / "code" / "firstcnn"
BOOK_WORK = ROOT / "code" / "lessons" / "book_work.py"
KEPT = {  # what readers write and keep: name to the chapter in whose core they do
    "make_loaders": "2",
    "SimpleCNN": "3",
    "train_epoch": "4",
    "evaluate": "4",
}
BUILT = {  # what chapters build for later ones, and the module from which these take it
    "SimpleCNN": ("3", "models"),
}
NAMESAKES = {"accuracy", "augmented"}  # one page's own functions, which do something else


@cache
def chapters() -> dict[str, ast.Module]:
    """The code of each chapter and the pages below it, by its number."""
    code: dict[str, list[str]] = {}
    for page in lecture():
        code.setdefault(str(page.chapter), []).append(page.code)
    return {number: ast.parse("\n".join(parts)) for number, parts in code.items()}


@cache
def cores() -> dict[str, ast.Module]:
    """The code of each chapter's core, by its number."""
    return {str(page.chapter): ast.parse(page.code) for page in CORES}


@cache
def book_work() -> ast.Module:
    """The code of what the book gives to readers who have kept nothing."""
    return ast.parse(BOOK_WORK.read_text(encoding="utf-8"))


@cache
def modules() -> dict[str, ast.Module]:
    """The code of each module or package that a chapter can import, such as ``models``."""
    files = {file.stem: [file] for file in PACKAGE.glob("*.py")}
    files |= {init.parent.name: init.parent.glob("*.py") for init in PACKAGE.glob("*/__init__.py")}
    return {
        name: ast.parse("\n".join(file.read_text(encoding="utf-8") for file in several))
        for name, several in files.items()
    }


def bare(definition: ast.AST) -> str:
    """A class or function without comments, docstrings, decorators, and the type hints of its
    arguments.
    """
    tree = strip_docstrings(ast.parse(ast.unparse(definition)))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns, node.decorator_list = None, []
        elif isinstance(node, ast.arg):
            node.annotation = None
    return ast.dump(tree)


def definitions(tree: ast.Module) -> dict[str, str]:
    """The classes and functions at the top level of some code, by name; of several with one name,
    the last.
    """
    return {n.name: bare(n) for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}


def imported(tree: ast.Module) -> set[tuple[str, str]]:
    """What some code takes from the package: pairs of module and name, as in
    ``models.SimpleCNN``.
    """
    found = {
        (node.value.id, node.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("firstcnn."):
            found |= {(node.module.removeprefix("firstcnn."), alias.name) for alias in node.names}
    return {(module, name) for module, name in found if module in modules()}


def arguments_of(tree: ast.Module, function: str) -> set[str]:
    """The names that some code gives a function as arguments, written as names or as texts."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    given = [a for call in calls if getattr(call.func, "id", "") == function for a in call.args]
    return {getattr(argument, "id", getattr(argument, "value", None)) for argument in given}


def called(tree: ast.Module) -> set[str]:
    """The names that some code reads."""
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


@pytest.mark.parametrize("name", KEPT)
def test_what_the_book_gives_in_place_of_a_readers_work_is_the_solution_of_its_chapter(name):
    assert definitions(cores()[KEPT[name]])[name] == definitions(book_work())[name]


def test_the_book_gives_all_that_readers_write_for_later_and_nothing_else():
    assert set(definitions(book_work())) == set(KEPT)


def test_what_a_core_keeps_is_what_later_cores_take_up():
    keeps = [argument for tree in cores().values() for argument in arguments_of(tree, "keep")]
    takes = [argument for tree in cores().values() for argument in arguments_of(tree, "kept")]
    assert keeps and set(keeps) == set(takes) <= set(KEPT)


@pytest.mark.parametrize("name", BUILT)
def test_what_is_taught_is_what_is_used(name):
    chapter, module = BUILT[name]
    assert definitions(chapters()[chapter])[name] == definitions(modules()[module])[name]


@pytest.mark.parametrize("name", BUILT)
def test_what_a_chapter_builds_is_used_from_the_package_afterwards(name):
    chapter, module = BUILT[name]
    later = [tree for number, tree in chapters().items() if number > chapter]
    assert (module, name) in set().union(*map(imported, later)) or name in called(modules()[module])
    assert not any(name in definitions(tree) for tree in later)


def test_nothing_else_that_chapters_import_is_built_by_a_chapter():
    taken = {name: module for tree in chapters().values() for module, name in imported(tree)}
    built = {name for tree in chapters().values() for name in definitions(tree)}
    assert {name for name in built if name in taken} - NAMESAKES <= {*BUILT, *KEPT}


def test_a_difference_of_one_word_is_seen():
    one = ast.parse('def f(x: int) -> int:\n    """Say."""\n    return x + 1  # more').body[0]
    same = ast.parse("def f(x):\n    return x + 1").body[0]
    other = ast.parse("def f(x):\n    return x - 1").body[0]
    assert bare(one) == bare(same) != bare(other)
