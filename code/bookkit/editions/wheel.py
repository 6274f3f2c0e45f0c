"""The book's own packages as a wheel, which travels with the notebooks that are handed out."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bookkit.system.errors import BookError

LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
ZIP_BEGINS = "315532800"  # 1980 in seconds: the earliest date that a zip can hold


def build_wheel(root: Path, code: str, name: str, folder: Path) -> Path:
    """Build the book's packages into a wheel. The same source gives the same bytes.

    Parameters
    ----------
    root : Path
        The folder of the book, with pyproject.toml.
    code : str
        The folder of the packages in it.
    name : str
        The wheel's file name, as pyproject.toml makes it.
    folder : Path
        Where the wheel is put.

    Raises
    ------
    BookError
        If pip cannot build it, with the last line that pip said.
    """
    with tempfile.TemporaryDirectory() as scratch:
        source = copy_of_source(root, code, Path(scratch, "source"))
        asked = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
        asked += ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", scratch]
        environment = os.environ | {"SOURCE_DATE_EPOCH": ZIP_BEGINS}
        done = subprocess.run(
            [*asked, str(source)], env=environment, capture_output=True, text=True
        )
        made = Path(scratch, name)
        if done.returncode or not made.is_file():
            said = (done.stderr.strip() or "it made a file of another name").splitlines()[-1]
            raise BookError(
                f"The book's packages cannot be packed for its notebooks: {said}. Correct"
                " [project] and [build-system] in pyproject.toml."
            )
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy2(made, folder / made.name))


def copy_of_source(root: Path, code: str, target: Path) -> Path:
    """Copy what a wheel is made from: pip would leave its own folders beside the original."""
    shutil.copytree(root / code, target / code, ignore=LEFT_OUT)
    for file in root.iterdir():
        if file.is_file() and file.name.startswith(("pyproject.toml", "README", "LICENSE")):
            shutil.copy2(file, target)
    return target
