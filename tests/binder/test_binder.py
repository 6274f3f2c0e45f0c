"""binder/ as files: its versions are the book's, its scripts are sound, and it has what cells
import.
"""

import ast
import os
import re
import stat
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from bookkit.book.pages import read_page
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
BINDER = ROOT / "binder"
SCRIPTS = [BINDER / "postBuild", BINDER / "start", ROOT / ".github" / "push-branch"]
ON_BINDER = {
    "python_version": "3.11",
    "python_full_version": "3.11.9",
    "sys_platform": "linux",
    "extra": "",
}
ON_BINDER |= {"implementation_name": "cpython", "platform_python_implementation": "CPython"}


def pins(file: Path) -> dict[str, str]:
    """The versions that a file of requirements asks for on Binder's Python."""
    lines = [
        line.rstrip(" \\")
        for line in file.read_text(encoding="utf-8").splitlines()
        if line[:1].isalnum()
    ]
    wanted = [requirement for requirement in map(Requirement, lines) if applies(requirement)]
    return {requirement.name: str(requirement.specifier) for requirement in wanted}


def applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(ON_BINDER)


def of_binder() -> dict[str, str]:
    """The versions of everything that Binder installs."""
    return pins(BINDER / "requirements.txt") | pins(BINDER / "torch.txt")


def test_versions_are_exact_and_those_of_the_book():
    book, binder = pins(ROOT / "requirements.txt"), of_binder()
    assert all(re.fullmatch(r"==[\w.]+", version) for version in binder.values())
    assert {
        name: (version, book[name])
        for name, version in binder.items()
        if book.get(name, version) != version
    } == {}


def test_everything_that_the_package_needs_is_there():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = {Requirement(line).name for line in project["dependencies"]}
    assert needed | {"ipykernel", "jupyterlab", "jupyter-server"} <= set(of_binder())


@pytest.mark.parametrize(
    "file", ["requirements.txt", "requirements-cuda.txt", "binder/requirements.txt"]
)
def test_every_version_has_hashes_and_comes_from_where_pip_is_told_to_look(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    packages = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", text, flags=re.M | re.S)
    assert packages and all(
        re.search(r"--hash=sha256:[0-9a-f]{64}\b", package) for package in packages
    )
    assert re.findall(r"https?://|--(?:extra-)?index-url|--trusted", text) == []


def test_pytorchs_own_packages_for_graphics_cards_are_where_the_small_build_does_not_look():
    for_cards = {name for name in pins(ROOT / "requirements-cuda.txt")}
    assert "nvidia-cublas" in for_cards and for_cards.isdisjoint(pins(ROOT / "requirements.txt"))
    assert for_cards.isdisjoint(of_binder()) and set(pins(BINDER / "torch.txt")) == {
        "torch",
        "torchvision",
    }


def test_the_book_making_packages_stay_away():
    assert {"sphinx", "myst-nb", "jupyter-book", "pytest"} & set(
        pins(BINDER / "requirements.txt")
    ) == set()


WITHOUT = """
import sys
from importlib.machinery import PathFinder

class Finder(PathFinder):
    def find_spec(name, path=None, target=None):
        absent = name.partition(".")[0] in {modules!r}
        return None if absent else PathFinder.find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Finder
"""


def imports_of_chapters() -> list[str]:
    """Every import statement of the chapters' cells, and of what notebooks hold besides."""
    codes = [read_page(page).code for page in sorted((ROOT / "chapters").rglob("*.md"))]
    nodes = [node for code in codes for node in ast.walk(ast.parse(code))]
    return sorted(
        {ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)}
    )


def test_cells_import_nothing_else():
    missing = set(pins(ROOT / "requirements.txt")) - set(of_binder())
    absent = {
        module
        for module, owners in packages_distributions().items()
        if {canonical(o) for o in owners} <= missing
    }
    assert {"sphinx", "myst_nb"} <= absent
    code = "\n".join([WITHOUT.format(modules=absent), *imports_of_chapters()])
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "code")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def canonical(name: str) -> str:
    return name.lower().replace("_", "-")


def test_python_is_one_that_the_book_runs_on():
    assert (BINDER / "runtime.txt").read_text().strip() == "python-3.11"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts_can_be_read_and_run(script):
    assert script.stat().st_mode & stat.S_IXUSR
    subprocess.run(["bash", "-n", script], check=True)


@pytest.mark.parametrize(
    ("limit", "threads"),
    [(None, "1"), ("0.5", "1"), (".5", "1"), ("1.0", "1"), ("2", "2"), ("2.5", "2")],
)
def test_start_takes_the_cores_that_it_is_given(limit, threads):
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("CPU_LIMIT", "OMP_NUM_THREADS")
    }
    environment.pop("FIRSTCNN_PROFILE", None)
    environment |= {"CPU_LIMIT": limit} if limit else {}
    command = [
        BINDER / "start",
        "sh",
        "-c",
        'echo "$FIRSTCNN_PROFILE $OMP_NUM_THREADS $1"',
        "sh",
        "two words",
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"quick {threads} two words"
