"""What must hold of all exercises of a book: in the chapters, in the checks' registry, and in what
was executed.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from bookkit.book.mime import VERDICT
from bookkit.book.pages import ExecutedPage, Page
from bookkit.book.project import Project
from bookkit.exercises.explain import Explanation
from bookkit.exercises.forms import Exercise
from bookkit.exercises.marking import AMONG_LINES, PARSONS, MarkingError, as_python, read_marks
from bookkit.exercises.parsons import read_problem
from bookkit.system.errors import BookError, stop_at
from bookkit.system.files import read_text

ENOUGH = 3  # wrong answers of an exercise

Registry = Mapping[str, Any]


def read_exercises(pages: Iterable[Page]) -> list[Exercise | Explanation]:
    """Return the exercises of some pages, in the order of the book.

    Raises
    ------
    BookError
        With every page that is marked up wrongly.
    """
    found: list[Exercise | Explanation] = []
    messages: list[str] = []
    for page in pages:
        try:
            found += page.all_exercises
        except BookError as error:
            messages.append(str(error))
    stop_at(messages)
    return found


def check_exercises(project: Project, pages: Iterable[Page]) -> list[Exercise]:
    """Return the exercises in code of all pages, each of which ends with its check and is known to
    the registry. One in words has neither.

    Raises
    ------
    BookError
        With everything that is wrong, each with file, line and cure.
    """
    found = read_exercises(pages)
    checked = [each for each in found if isinstance(each, Exercise)]
    faults = [
        fault for each in checked for fault in (*faults_of_check(each), *faults_of_lines(each))
    ]
    stop_at([*same_ids(found), *faults])
    registry = registry_of(project)
    if registry is not None:
        stop_at(faults_of_registry(project, registry, checked))
    return checked


def check_verdicts(exercises: list[Exercise], executed: Mapping[Path, ExecutedPage]) -> None:
    """Stop if a check did not find the chapter's own solution right.

    Raises
    ------
    BookError
        With every such exercise.
    """
    stop_at(
        message
        for exercise in exercises
        for message in faults_of_verdict(exercise, executed[exercise.file])
    )


def same_ids(exercises: list[Exercise | Explanation]) -> Iterator[str]:
    """Yield which exercises have the id of an earlier one."""
    first: dict[str, Exercise | Explanation] = {}
    for exercise in exercises:
        if exercise.id in first:
            other = first[exercise.id].place
            yield (
                f"{exercise.place}: the label {exercise.label} stands already in {other}: give one"
                " of them another."
            )
        first.setdefault(exercise.id, exercise)


def faults_of_check(exercise: Exercise) -> Iterator[str]:
    """Yield that the last statement of an exercise is not its check, if so."""
    last = (ast.parse(as_python(exercise.source)).body or [ast.Pass(lineno=1)])[-1]
    silent = exercise.source.rstrip().endswith(";")
    if not is_check(last, exercise.id) or silent:
        wrong = (
            "ends with a semicolon, which keeps the verdict from being shown"
            if silent
            else "is not its check"
        )
        yield (
            f"{exercise.file}:{exercise.code_line + last.lineno - 1}: the last statement of"
            f" {exercise.label} {wrong}: "
            f'write check("{exercise.id}", …) as the last line of the cell.'
        )


def faults_of_lines(exercise: Exercise) -> Iterator[str]:
    """Yield what is wrong with lines to be put in order, and marks of such lines where there are
    none.
    """
    place = f"{exercise.file}:{{}}: {{}}"
    if exercise.kind == PARSONS:
        try:
            read_problem(exercise.source)
        except MarkingError as error:
            yield place.format(exercise.code_line + error.line - 1, error.reason)
        return
    for row, line in enumerate(exercise.source.split("\n")):
        if mark := AMONG_LINES.match(line):
            wrong = f"### {mark[1]}: belongs to lines that are put in order: write :kind: {PARSONS}"
            yield place.format(
                exercise.code_line + row,
                f"{wrong} at the top of the cell, or take the mark out.",
            )


def is_check(statement: ast.stmt, exercise: str) -> bool:
    """Tell whether a statement is ``check("<exercise>", …)``."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if (
        not isinstance(call, ast.Call)
        or getattr(call.func, "id", None) != "check"
        or len(call.args) < 2
    ):
        return False
    return isinstance(call.args[0], ast.Constant) and call.args[0].value == exercise


def registry_of(project: Project) -> Registry | None:
    """Return what the setting ``exercises`` names: a mapping from ids to what is known of the
    exercises.

    Each value has ``wrong``, wrong answers with a ``name`` and what is ``typed`` into the blanks.
    None without that setting.

    Raises
    ------
    BookError
        If there is nothing of that name.
    """
    if not project.settings.exercises:
        return None
    return project.named("exercises")


def faults_of_registry(
    project: Project, registry: Registry, exercises: list[Exercise]
) -> Iterator[str]:
    """Yield what chapters and registry do not agree on."""
    known = {exercise.id for exercise in exercises}
    for exercise in exercises:
        if exercise.id in registry:
            yield from faults_of_wrong_answers(project, exercise, registry[exercise.id].wrong)
        else:
            yield (
                f"{exercise.place}: {project.settings.exercises} does not know {exercise.id!r}: "
                "correct the label, or add the exercise there."
            )
    for name in registry:
        if name not in known:
            yield (
                f"{place_in_registry(project, name)}: no chapter has the exercise {name!r}: "
                "correct its id, or take it out."
            )


def faults_of_wrong_answers(
    project: Project, exercise: Exercise, wrong: tuple[Any, ...]
) -> Iterator[str]:
    """Yield what is wrong with the wrong answers of an exercise."""
    place = place_in_registry(project, exercise.id)
    if len(wrong) < ENOUGH:
        yield (
            f"{place}: {exercise.id!r} ({exercise.place}) has {len(wrong)} wrong answers: "
            f"name at least {ENOUGH} that students give."
        )
    blanks = [blank.answer for blank in read_marks(exercise.source).blanks]
    for each in wrong:
        typed = [each.typed] if isinstance(each.typed, str) else list(each.typed)
        if isinstance(each.typed, str) or len(typed) != len(blanks):
            yield (
                f"{place}: {exercise.id!r} ({exercise.place}) has {len(blanks)} blanks, but the"
                f" wrong answer {each.name!r} types {each.typed!r}: give a tuple with a text for"
                " each, None for a right one."
            )
        elif all(text is None or text == right for text, right in zip(typed, blanks, strict=True)):
            yield (
                f"{place}: {exercise.id!r} ({exercise.place}): the wrong answer {each.name!r} types"
                " what is right: give what a student types instead."
            )


def place_in_registry(project: Project, name: str) -> str:
    """Return file and line where the registry's package first names an exercise."""
    module = import_module(project.settings.exercises.partition(":")[0])
    file = Path(module.__file__)
    files = sorted(file.parent.rglob("*.py")) if file.name == "__init__.py" else [file]
    for each in files:
        for line, text in enumerate(read_text(each).split("\n"), start=1):
            if f'"{name}"' in text or f"'{name}'" in text:
                return f"{relative(project, each)}:{line}"
    return f"{relative(project, file)}:1"


def relative(project: Project, file: Path) -> Path:
    """Return a file's path as seen from the book, if it is there."""
    return file.relative_to(project.root) if file.is_relative_to(project.root) else file


def faults_of_verdict(exercise: Exercise, executed: ExecutedPage) -> Iterator[str]:
    """Yield that the check of an exercise did not find it right, if so."""
    outputs = executed.cells[exercise.cell].outputs
    shown = [output.data[VERDICT] for output in outputs if VERDICT in output.get("data", {})]
    own = [verdict for verdict in shown if verdict.get("exercise") == exercise.id]
    if not own:
        yield (
            f"{exercise.place}: the check of {exercise.label} showed no verdict: "
            "import check from the book's checks, and let its call be the cell's last line."
        )
    elif own[-1]["verdict"] != "right":
        yield (
            f"{exercise.place}: the check of {exercise.label} does not find the chapter's own"
            f" solution right, but says “{own[-1]['text']}”: correct the solution, or the check."
        )


def listing(project: Project, pages: Iterable[Page]) -> list[str]:
    """Return the lines of a table of all exercises; the last one counts them and their wrong
    answers.

    Raises
    ------
    BookError
        If a page is marked up wrongly.
    """
    registry = registry_of(project) or {}
    exercises = read_exercises(pages)
    wrong = [len(registry[each.id].wrong) if each.id in registry else 0 for each in exercises]
    head = ("Number", "Id", "Title", "Kind", "Blanks", "Wrong answers")
    rows = [
        (each.number, each.id, each.title, each.kind, str(each.blanks), str(count))
        for each, count in zip(exercises, wrong, strict=True)
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (head, *rows)]
    return [*lines, f"{len(exercises)} exercises, {sum(wrong)} wrong answers"]
