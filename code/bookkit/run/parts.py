"""Bring what the site needs from npm."""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from bookkit.book.project import Project
from bookkit.system import processes
from bookkit.system.errors import BookError
from bookkit.system.files import digest_of, write_if_changed
from bookkit.system.stopping import undisturbed

ASKED = ("package.json", "package-lock.json", ".npmrc")
BESIDE = ".npm-"  # begins the names of folders in which packages are installed
NOTE = ".installed-from.json"


def bring_browser_parts(project: Project) -> None:
    """Install the packages of package.json and copy the files of them that the site serves into the
    book.

    The table ``browser-parts`` in pyproject.toml names those files, package by package. What is
    installed stays as long as package.json and its lock file are those that it was installed from,
    and no wanted file is missing.

    Raises
    ------
    BookError
        If npm cannot be started or fails, or if a package lacks a wanted file.
    """
    packages = project.root / "node_modules"
    wanted = {
        packages / package / file: project.root / "book" / "browser" / package / Path(file).name
        for package, files in project.settings.browser_parts.items()
        for file in files
    }
    if not wanted:
        return
    if noted(packages) != digests(project.root) or not all(map(Path.is_file, wanted)):
        install(project.root, packages)
    remove_others(project.root / "book" / "browser", set(wanted.values()))
    for source, target in wanted.items():
        if not source.is_file():
            name = source.relative_to(packages)
            raise BookError(
                f"There is no {name} in node_modules: correct the table browser-parts in"
                " pyproject.toml."
            )
        write_if_changed(target, source.read_bytes())


def remove_others(folder: Path, wanted: set[Path]) -> None:
    """Remove what an earlier list of files brought."""
    for file in folder.rglob("*"):
        if file.is_file() and file not in wanted:
            file.unlink()


def digests(folder: Path) -> dict[str, str]:
    """Return the digests of the files that tell npm what to install."""
    return {
        name: digest_of((folder / name).read_bytes()) for name in ASKED if (folder / name).is_file()
    }


def noted(packages: Path) -> dict[str, str]:
    """Return the digests of the files that installed packages come from; nothing if that is not
    known.
    """
    try:
        return json.loads((packages / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def install(root: Path, packages: Path) -> None:
    """Install the packages beside the old ones and put them in their place once all are there."""
    beside = root / "_build"
    beside.mkdir(exist_ok=True)
    for left_over in beside.glob(f"{BESIDE}*"):
        shutil.rmtree(left_over)
    with tempfile.TemporaryDirectory(
        dir=beside, prefix=BESIDE, ignore_cleanup_errors=True
    ) as folder:
        for name in digests(root):
            shutil.copyfile(root / name, Path(folder, name))
        run(
            [processes.tool("npm"), "ci", "--no-audit", "--no-fund"],
            Path(folder),
            "npm could not bring the browser parts",
        )
        fresh = Path(folder, "node_modules")
        write_if_changed(fresh / NOTE, json.dumps(digests(Path(folder))))
        with undisturbed():
            if packages.exists():
                packages.rename(Path(folder, "before"))
            fresh.rename(packages)


def run(command: list[str], folder: Path, failure: str) -> None:
    """Run a command quietly; show what it said if it fails."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = processes.run(command, folder, {**os.environ, "PATH": path})
    if done.returncode:
        raise BookError(
            f"{failure}: `{' '.join(command)}` said\n{(done.stderr or done.stdout).strip()}"
        )
