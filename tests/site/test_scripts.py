"""The site's own scripts: linted, and their modules tested by themselves with Node's own test
runner.
"""

import subprocess
from pathlib import Path

from bookkit.system.processes import tool

ROOT = Path(__file__).parents[2]


def said(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_no_script_has_a_fault_that_can_be_seen_by_reading():
    done = said(tool("node"), "node_modules/eslint/bin/eslint.js", "--max-warnings=0", ".")
    assert done.returncode == 0, done.stdout + done.stderr


def test_live_cells_bound_what_they_show_and_say_why_python_ended():
    done = said(tool("node"), "--test", "tests/site/live_modules.test.mjs")
    assert done.returncode == 0, done.stdout + done.stderr
