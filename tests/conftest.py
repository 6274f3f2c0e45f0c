"""The book, built once under the smallest profile for all tests that look at chapters or pages, and
a real browser to open it in.
"""

import ast
import base64
import functools
import gc
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chromium import installed
from filelock import FileLock
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from nbformat import NotebookNode

ROOT = Path(__file__).parent.parent
FILES = ("_config.yml", "_toc.yml", "pyproject.toml", "package.json", "package-lock.json", ".npmrc")
FOLDERS = ("book", "chapters", "code")
PROFILE = "trial"
LONG = (
    "test_live",
    "test_exercises",
    "test_in_browser",
    "test_drawing",
    "test_own_work",
    "test_build",
)
signal.signal(
    signal.SIGINT, signal.default_int_handler
)  # ignored where the tests were started in the background
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored under nohup
os.environ.setdefault("OMP_NUM_THREADS", "1")  # the processes of a run have the cores already
os.environ.setdefault("FIRSTCNN_DEVICE", "cpu")  # bits and times are those of processors
os.environ.pop("GITHUB_REPOSITORY", None)  # a workflow sets it, and pages would lead to its branch
os.environ.pop("CI", None)  # a workflow sets it, and no preview would be made first


@dataclass
class ExecutedChapter:
    """A chapter's notebook after execution.

    Attributes
    ----------
    notebook : NotebookNode
    values : dict
        What the chapter glued for its text: name to value.
    figures : dict
        What it showed: name to (PNG bytes, alternative text).
    """

    notebook: "NotebookNode"
    values: dict = field(default_factory=dict)
    figures: dict = field(default_factory=dict)

    def __post_init__(self):
        for output in self.outputs:
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            if name and "image/png" in output.data:
                picture = base64.b64decode(output.data["image/png"])
                self.figures[name] = (picture, output.metadata["image/png"]["alt"])
            elif name:
                text = output.data["application/papermill.record/text/plain"]
                self.values[name] = ast.literal_eval(text)

    @cached_property
    def outputs(self) -> list:
        return [output for cell in self.notebook.cells for output in cell.get("outputs", [])]


def bring_up_to_date(folder: Path) -> None:
    """Copy the book's sources into a folder, without what earlier builds left in it."""
    for name in FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
    for name in FILES:
        shutil.copy2(ROOT / name, folder / name)


def pytest_collection_modifyitems(items):
    """Mark the long trials, and begin with a file that needs the book.

    That takes minutes to build, and the other processes have what needs none. The longest files
    come before the others, so that in the end all processes have something to do.
    """
    for item in items:
        if ROOT / "tests" / "soak" in item.path.parents:
            item.add_marker("soak")
    with_book = list(dict.fromkeys(item.path for item in items if "book" in item.fixturenames))
    rank = {path: 2 for path in with_book} | {path: 0 for path in with_book[:1]}
    long = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: (rank.get(item.path, 1), long.get(item.path.stem, len(LONG))))


def pytest_collectstart():
    """Let nobody look for garbage as long as tests are imported: there is hardly any."""
    gc.disable()


def pytest_collection_finish():
    """Spare the garbage collector what has been imported, which it would walk again and again, and
    let it look for garbage more rarely: that takes a tenth of the time of tests.
    """
    gc.freeze()
    gc.enable()
    gc.set_threshold(10_000, 10, 10)


@pytest.fixture(scope="session")
def profile() -> str:
    """The name of the profile under which the book is built for the tests."""
    return PROFILE


@pytest.fixture(scope="session")
def book(testrun_uid) -> Path:
    """The root of a copy of the book, built under the smallest profile; its site is in _build/html.

    Of the processes that share a run of the tests, the first builds it and the others wait.
    """
    folder = ROOT / "_build" / "tested"
    folder.mkdir(parents=True, exist_ok=True)
    of_run = folder.with_suffix(".run")
    with FileLock(folder.with_suffix(".lock")):
        if not of_run.is_file() or of_run.read_text() != testrun_uid:
            bring_up_to_date(folder)
            build_trial(folder)
            of_run.write_text(testrun_uid)
    return folder


def build_trial(folder: Path) -> None:
    """Build the book in a folder."""
    environment = {name: value for name, value in os.environ.items() if name != "FIRSTCNN_DATA"}
    command = [sys.executable, "-m", "bookkit", "build", "--profile", PROFILE]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def chapter(book):
    """A function from a page's name, such as ``chapters/2-data``, to its executed notebook."""
    import nbformat  # takes a second where bookkit is not there first

    def read(page: str) -> ExecutedChapter:
        file = book / ".executed" / PROFILE / f"{page}.ipynb"
        return ExecutedChapter(nbformat.read(file, as_version=4))

    return read


@pytest.fixture(scope="session")
def quick_exports():
    """PyTorch's exporter builds its table of operators anew for every network; here it does once."""
    from torch.onnx._internal.exporter._registration import ONNXRegistry

    with pytest.MonkeyPatch.context() as patch:
        once = functools.cache(ONNXRegistry.from_torchlib)
        patch.setattr(ONNXRegistry, "from_torchlib", staticmethod(once))
        yield


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium that can reach this machine and nothing else.

    Its pages keep nothing for offline unless they are opened with ``service_workers="allow"``: to
    keep a book takes a quarter of the time of what else is done on a small page.
    """
    only_here = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost"
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=installed(), args=[only_here, *sandbox]
        )
        for opens in ("new_context", "new_page"):
            function = functools.partial(getattr(running, opens), service_workers="block")
            setattr(running, opens, function)
        yield running
        running.close()
