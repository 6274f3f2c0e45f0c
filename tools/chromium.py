"""Make sure that there is a Chromium for the tests and the README's picture:
``.venv/bin/python tools/chromium.py``.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from bookkit.editions.browser import installed
from playwright.sync_api import sync_playwright


def playwright_has_one() -> bool:
    """Tell whether Playwright has downloaded its own Chromium."""
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).is_file()


def ways() -> list[list[str]]:
    """Return the commands that may install one, the first to try first."""
    download = [sys.executable, "-m", "playwright", "install", "chromium"]
    if not shutil.which("apt-get"):
        return [download]
    apt = "apt-get -qq" if os.geteuid() == 0 else "sudo -n apt-get -qq"
    browsers = (
        f"{apt} install -y chromium-headless-shell fonts-liberation || {apt} install -y chromium"
    )
    return [["sh", "-c", f"{apt} update && ({browsers})"], download]


def main() -> None:
    """Take the machine's own, Playwright's, or Debian's package.

    Raises
    ------
    SystemExit
        If none can be had, with what each way said.
    """
    if installed() or playwright_has_one():
        return
    reasons = []
    for command in ways():
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode == 0:
            return
        reasons.append(f"`{' '.join(command)}` said\n{(done.stderr or done.stdout).strip()}")
    sys.exit(
        "Stopped. The tests need Chromium: install it, then call this again.\n" + "\n".join(reasons)
    )


if __name__ == "__main__":
    main()
