"""When `make` installs what: the Makefile with a stand-in for Python that notes what it is asked
for.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
AS_VERSION = "import sys; sys.version = open('version').read(); exec(sys.argv[1])"
STAND_IN = f"""#!/bin/bash
case "$*" in
  "-V") ;;
  "-c import hashlib"*) exec {sys.executable} -c "{AS_VERSION}" "$2" ;;
  "-c import sys"*) ;;
  "-m venv --clear .venv") echo "venv" >> asked; rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
  *"--index-url"*) echo "cpu $*" >> asked; [ ! -e unreachable ] ;;
  *"-e ."*) echo "book" >> asked ;;
  *"pip install"*) echo "pip $*" >> asked; [ ! -e broken ] ;;
  *) echo "$*" >> asked ;;
esac
"""
FILES = ("Makefile", "requirements.txt", "requirements-cuda.txt", "pyproject.toml")


class Folder:
    """A folder with the Makefile, in which nothing is ever installed."""

    def __init__(self, root: Path):
        self.root = root
        for name in FILES:
            shutil.copy(ROOT / name, root / name)
        (root / "version").write_text("3.11.7 (main)")
        (root / "bin").mkdir()
        (root / "bin" / "python3").write_text(STAND_IN)
        (root / "bin" / "python3").chmod(0o755)

    def make(self, *arguments: str, ends: int = 0) -> list[str]:
        """Call ``make serve`` and return what was asked of Python, but for the last: to serve."""
        (self.root / "asked").write_text("")
        environment = {**os.environ, "PATH": f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}"}
        for name in ("MAKEFLAGS", "MAKELEVEL", "PYTHON", "CPU"):
            environment.pop(name, None)
        command = ["make", "serve", *arguments]
        done = subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True
        )
        assert (done.returncode != 0) == ends, done.stdout + done.stderr
        asked = (self.root / "asked").read_text().splitlines()
        assert ends or asked.pop() == "-m bookkit serve --port 8000 --edition open"
        return [line.split()[0] for line in asked]

    @property
    def last_pip(self) -> str:
        return next(
            line
            for line in (self.root / "asked").read_text().splitlines()
            if line.startswith("pip ")
        )


@pytest.fixture
def folder(tmp_path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def ready(folder) -> Folder:
    folder.make()
    return folder


def test_an_environment_is_made_once_from_versions_with_hashes(folder):
    assert folder.make() == ["venv", "pip", "book"]
    assert (
        "--require-hashes --only-binary :all: -r requirements.txt -r requirements-cuda.txt"
        in folder.last_pip
    )
    assert folder.make() == []


def test_digests_decide_and_not_time_stamps(ready):
    for name in FILES:
        os.utime(ready.root / name)  # newer, and the same
    assert ready.make() == []
    for name in FILES[1:]:
        with (ready.root / name).open("a") as file:
            file.write("# changed\n")
        os.utime(ready.root / name, (0, 0))  # and older than all
        assert ready.make() == ["pip", "book"]
        assert ready.make() == []
    (ready.root / "version").write_text("3.12.1 (main)")
    assert ready.make() == ["pip", "book"]


def test_after_an_installation_that_did_not_end_well_all_is_made_anew(ready):
    (ready.root / "broken").touch()
    (ready.root / "requirements.txt").write_text("# other\n")
    assert ready.make(ends=1) == ["pip"]
    shutil.copy(ROOT / "requirements.txt", ready.root)  # back to what had been installed
    (ready.root / "broken").unlink()
    assert ready.make() == ["venv", "pip", "book"]


def test_an_environment_whose_python_is_gone_is_made_anew(ready):
    (ready.root / ".venv" / "bin" / "python").unlink()
    assert ready.make() == ["venv", "pip", "book"]


def test_another_python_that_is_asked_for_gets_an_environment_of_its_own(ready):
    assert ready.make("PYTHON=python3") == []
    (ready.root / "version").write_text("3.13.0 (main)")
    assert ready.make("PYTHON=python3") == ["venv", "pip", "book"]


def test_the_small_build_of_pytorch_comes_first_and_brings_nothing_for_graphics_cards(folder):
    assert folder.make("CPU=1") == ["venv", "cpu", "pip", "book"]
    assert folder.last_pip.endswith("--require-hashes --only-binary :all: -r requirements.txt")
    assert folder.make() == []


def test_where_the_index_of_the_small_build_cannot_be_reached_the_large_one_is_taken(folder):
    (folder.root / "unreachable").touch()
    assert folder.make("CPU=1") == ["venv", "cpu", "pip", "book"]
    assert folder.last_pip.endswith("-r requirements.txt -r requirements-cuda.txt")
