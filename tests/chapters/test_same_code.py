"""What a chapter builds and the package has too is the same code: a reader uses what was taught."""

import ast
from functools import cache

import pytest
from sourcedigest import strip_docstrings
from the_book import ROOT, lecture

PACKAGE = ROOT / "code" / "firstcnn"
BUILT = {  # what chapters build for later ones, and the module from which these take it
    "SimpleCNN": ("3", "models"),
    "train_epoch": ("4", "training"),
    "evaluate": ("4", "training"),
}


@cache
def chapters() -> dict[str, ast.Module]:
    """The code of each chapter and the pages below it, by its number."""
    code: dict[str, list[str]] = {}
    for page in lecture():
        code.setdefault(str(page.chapter), []).append(page.code)
    return {number: ast.parse("\n".join(parts)) for number, parts in code.items()}


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


def called(tree: ast.Module) -> set[str]:
    """The names that some code reads."""
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


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
    assert {name for name in built if name in taken} <= set(BUILT)


def test_a_difference_of_one_word_is_seen():
    one = ast.parse('def f(x: int) -> int:\n    """Say."""\n    return x + 1  # more').body[0]
    same = ast.parse("def f(x):\n    return x + 1").body[0]
    other = ast.parse("def f(x):\n    return x - 1").body[0]
    assert bare(one) == bare(same) != bare(other)
