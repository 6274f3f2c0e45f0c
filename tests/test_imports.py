"""Which package may import which, and that no imports run in a circle."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

CODE = Path(__file__).parents[1] / "code"
OTHERS = {  # of this book's packages, those that each may import
    "sourcedigest": set(),
    "bookkit": {"sourcedigest"},
    "firstcnn": {"sourcedigest"},
    "lessons": {"sourcedigest", "bookkit", "firstcnn"},
}


def name_of(file: Path) -> str:
    """Return the dotted name of a module."""
    parts = file.relative_to(CODE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(file): file for file in sorted(CODE.rglob("*.py"))}


def imported(file: Path, inside: bool = True) -> set[str]:
    """Return the dotted names that a module imports, inside functions, too, unless that is not
    wanted.
    """
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree) if inside else tree.body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def test_the_packages_are_those_of_the_rule():
    assert {name.partition(".")[0] for name in MODULES} == set(OTHERS)


@pytest.mark.parametrize("package", OTHERS)
def test_a_package_imports_of_the_others_only_those_that_it_may(package):
    for name, file in MODULES.items():
        if name.partition(".")[0] == package:
            reached = {each.partition(".")[0] for each in imported(file)} & set(OTHERS)
            assert reached <= OTHERS[package] | {package}, name


def test_source_digests_need_nothing_but_the_standard_library():
    for name, file in MODULES.items():
        if name.startswith("sourcedigest"):
            tops = {each.partition(".")[0] for each in imported(file)}
            assert tops <= sys.stdlib_module_names | {"sourcedigest"}, name


def arrows() -> dict[str, set[str]]:
    """The modules that each module imports when it is imported itself."""
    packages = {name for name, file in MODULES.items() if file.name == "__init__.py"}
    return {
        name: {
            target
            for target in imported(file, inside=False) & set(MODULES) - {name}
            if target not in packages or not name.startswith(f"{target}.")
        }
        for name, file in MODULES.items()
    }


def test_no_imports_run_in_a_circle():
    assert list(TopologicalSorter(arrows()).static_order())


def test_the_kit_has_six_floors():
    imports, floors = arrows(), {}
    for name in TopologicalSorter(imports).static_order():
        floors[name] = 1 + max((floors[each] for each in imports[name]), default=0)
    of_the_kit = {name: floor for name, floor in floors.items() if name.startswith("bookkit")}
    top = max(of_the_kit.values())
    assert top <= 6, [name for name, floor in of_the_kit.items() if floor == top]


def test_a_command_does_not_prepare_for_what_no_schema_here_asks_for():
    script = "import sys, bookkit.book.project; sys.exit('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
