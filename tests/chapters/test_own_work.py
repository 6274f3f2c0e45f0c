"""The cores of chapters 2 to 4 run on what the student writes: no network, loop or loader of the
package is used before chapter 4 shows that the package does the same, faster.
"""

import ast
import os
from pathlib import Path

import pytest
from bookkit.book.pages import read_page
from bookkit.exercises.forms import answers, fill
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).parents[2]
SECONDS = 600  # for one cell on a busy machine
PACKAGE_COMES = "(sec-faster)="  # the section of chapter 4 from which on it may be used
FORBIDDEN = """
import firstcnn.experiments, firstcnn.models, firstcnn.training
import lessons.checks

def _raising(original, name):
    def called(*arguments, **options):
        import sys  # a cell's own names are forgotten between chapters
        if sys._getframe(1).f_globals.get("__name__") == "__main__":
            raise RuntimeError(f"A cell uses {name} of the package, not the student's own.")
        return original(*arguments, **options)
    return called

for _module, _names in {
    firstcnn.models: [n for n, m in vars(firstcnn.models).items()
                      if isinstance(m, type) and m.__module__ == "firstcnn.models"],
    firstcnn.training: ["batches", "evaluate", "fit", "train_epoch"],
    firstcnn.experiments: ["networks", "sweep", "trained"],
}.items():
    for _name in _names:
        setattr(_module, _name, _raising(getattr(_module, _name), f"{_module.__name__}.{_name}"))
"""


def cells_of(chapter: Path) -> list:
    """The code cells of a core, as far as the package may not be used in them; drawings are left
    out.
    """
    found = []
    for cell in read_page(chapter).cells:
        if cell.cell_type != "code":
            if PACKAGE_COMES in cell.source:
                break
        elif "show" not in called_in(cell.source):
            found.append(cell)
    return found


def called_in(source: str) -> set[str]:
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return {getattr(call.func, "id", None) for call in calls}


def is_in_sight(cell) -> bool:
    return "remove-cell" not in cell.metadata.get("tags", [])


def solved(cell) -> str:
    """The code of a cell as a student leaves it."""
    return (
        fill(cell.source, (None,) * len(answers(cell.source))) if cell.is_exercise else cell.source
    )


class Student:
    """A kernel in a working folder, in which a student runs the cells of one chapter after the
    other; what belongs to the package may not be used.
    """

    def __init__(self, folder: Path):
        quiet = ["--IPKernelApp.log_level=ERROR"]
        environment = {**os.environ, "FIRSTCNN_PROFILE": "trial", "TQDM_DISABLE": "1"}
        environment.pop("FIRSTCNN_WORK", None)
        self.manager, self.client = start_new_kernel(
            extra_arguments=quiet, cwd=str(folder), env=environment
        )
        assert self.run(FORBIDDEN) == ("", "")

    def __enter__(self) -> "Student":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, source: str) -> tuple[str, str]:
        """Run a cell; return what it prints and its error."""
        messages: list = []
        self.client.execute_interactive(
            source, output_hook=messages.append, timeout=SECONDS, store_history=False
        )
        contents = [message["content"] for message in messages]
        printed = "".join(c["text"] for c in contents if "text" in c)
        errors = [f"{c['ename']}: {c['evalue']}" for c in contents if "ename" in c]
        return printed, "".join(errors)

    def take(self, chapter: Path) -> list[str]:
        """Run a core, with none of the names of the one before; return the errors of cells that a
        student sees.
        """
        faults = []
        self.run("%reset -f")
        for cell in cells_of(chapter):
            _, error = self.run(solved(cell))
            expected = "raises-exception" in cell.metadata.get("tags", [])
            if error and is_in_sight(cell) and not expected:
                faults.append(f"{cell.source}\n{error}")
        return faults


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The working folder of all three chapters, in which a student's work is kept."""
    return tmp_path_factory.mktemp("student")


def chapter(number: int) -> Path:
    (found,) = (ROOT / "chapters").glob(f"{number}-*.md")
    return found


@pytest.fixture(scope="module")
def student(folder):
    """One student for all chapters, since a kernel takes seconds to start."""
    with Student(folder) as somebody:
        yield somebody


@pytest.mark.parametrize("number", [2, 3])
def test_a_core_runs_without_networks_loops_and_loaders_of_the_package(student, number):
    assert student.take(chapter(number)) == []


def test_chapter_4_trains_the_students_network_by_their_loop_on_their_loaders(student, folder):
    assert student.take(chapter(4)) == []
    own = "print(train_epoch.__module__, evaluate.__module__, type(model).__module__)"
    loop, evaluation, network = student.run(own)[0].split()
    assert loop == evaluation == "__main__" and not network.startswith("firstcnn")
    assert "False" not in student.run("print(same, accuracy > 0.3)")[0]
    assert (folder / "my-first-cnn.pt").is_file()


def test_a_use_of_the_package_is_found(student):
    student.run("%reset -f")
    for line in (
        "models.SimpleCNN()",
        "models.TinyCNN()",
        "training.fit(None, None, None, None)",
    ):
        _, error = student.run(f"from firstcnn import models, training\n{line}")
        assert "of the package, not the student's own" in error
    assert student.run("from lessons import book_work; net = book_work.SimpleCNN()") == ("", "")
