"""Ask Lighthouse about the finished book, as its own server shows it:
``.venv/bin/python tools/lighthouse.py [PAGE …]``.

It prints the median of three runs for a phone and for a desktop. Lighthouse is installed for this
alone, in ``_build/lighthouse``.
"""

import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

from bookkit.system.processes import tool
from chromium import installed

ROOT = Path(__file__).parents[1]
PACKAGE = "lighthouse@13.5.0"
FOLDER = ROOT / "_build" / "lighthouse"
RUNS = 3
DEVICES = {"mobile": [], "desktop": ["--preset=desktop"]}
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
TIMES = {
    "first-contentful-paint": "FCP s",
    "largest-contentful-paint": "LCP s",
    "total-blocking-time": "TBT ms",
    "cumulative-layout-shift": "CLS",
}


def pages() -> list[str]:
    """Return the first page, the chapters and the pad of the finished site."""
    site = ROOT / "_build" / "html"
    chapters = sorted(file.relative_to(site).as_posix() for file in site.glob("chapters/*.html"))
    return ["book/index.html", *chapters, "book/draw-a-digit.html"]


def program() -> Path:
    """Return Lighthouse's program, which is installed if it is not there."""
    found = FOLDER / "node_modules" / "lighthouse" / "cli" / "index.js"
    version = FOLDER / PACKAGE
    if not (found.is_file() and version.is_file()):
        FOLDER.mkdir(parents=True, exist_ok=True)
        command = [
            tool("npm"),
            "install",
            "--prefix",
            str(FOLDER),
            "--ignore-scripts",
            "--no-audit",
        ]
        subprocess.run([*command, "--no-fund", PACKAGE], check=True)
        version.touch()
    return found


def report(address: str, options: list[str]) -> dict[str, float]:
    """Return the scores and times of one run."""
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    flags = " ".join(["--headless=new", *sandbox])
    command = [tool("node"), str(program()), address, "--quiet", "--output=json", *options]
    command += [f"--chrome-flags={flags}", f"--only-categories={','.join(CATEGORIES)}"]
    variables = {"CHROME_PATH": installed()} if installed() else {}
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, **variables}
    )
    said = json.loads(done.stdout)
    scores = {name: 100 * (said["categories"][name]["score"] or 0) for name in CATEGORIES}
    return scores | {name: said["audits"][name]["numericValue"] for name in TIMES}


def row(page: str, device: str, reports: list[dict[str, float]]) -> str:
    """Return a line of the table: the medians."""
    median = {name: statistics.median(each[name] for each in reports) for name in reports[0]}
    scores = [f"{median[name]:.0f}" for name in CATEGORIES]
    seconds = [f"{median[name] / 1000:.1f}" for name in list(TIMES)[:2]]
    rest = [
        f"{median['total-blocking-time']:.0f}",
        f"{median['cumulative-layout-shift']:.3f}",
    ]
    return f"| {' | '.join([page, device, *scores, *seconds, *rest])} |"


def main() -> None:
    """Start the book's server, and print a line for each page and device."""
    program()
    command = [sys.executable, "-m", "bookkit", "serve", "--port", "0"]
    server = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
    )
    try:
        address = re.search(r"http://[^/]+/", server.stdout.readline())[0]
        print(f"| page | device | {' | '.join([*CATEGORIES, *TIMES.values()])} |")
        print("|---|---|" + "--:|" * (len(CATEGORIES) + len(TIMES)))
        for page in sys.argv[1:] or pages():
            for device, options in DEVICES.items():
                reports = [report(address + page, options) for _ in range(RUNS)]
                print(row(page, device, reports), flush=True)
    finally:
        server.terminate()
        server.wait(30)


if __name__ == "__main__":
    main()
