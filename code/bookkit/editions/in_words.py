"""Exercises that are answered in words, in notebooks: a cell asks, and one has room for the answer,
or else the criteria and samples with their marks.
"""

from collections.abc import Callable, Iterator, Sequence

from bookkit.exercises.explain import Explanation, Task, how_many, marks_of

Plain = Callable[[str], str]  # from MyST to Markdown
Texts = Callable[[Explanation, Plain], list[str]]

ANSWER = "*Your explanation: double-click this line and write in its place.*"
HELP = (
    "The criteria of a good answer, and three marked answers, are in the notebook with solutions."
)


def students_texts(exercise: Explanation, plain: Plain) -> list[str]:
    """Return the texts of the student's cells: the question, and room for the answer."""
    return [f"{asked(exercise, plain)} {HELP}", ANSWER]


def solved_texts(exercise: Explanation, plain: Plain) -> list[str]:
    """Return the texts of the cells in a notebook with solutions: the question, and how it is
    marked.
    """
    return [asked(exercise, plain), marked(exercise.task, plain)]


def asked(exercise: Explanation, plain: Plain) -> str:
    """Return number, title and question of an exercise, and how long an answer may be."""
    title = f"**Exercise {exercise.number}: {exercise.title}**"
    limit = f"In at most {exercise.task.words} words."
    return f"{title}\n\n{plain(exercise.task.question)}\n\n{limit}"


def marked(task: Task, plain: Plain) -> str:
    """Return the criteria of a task and its samples, each with the book's marks and the reason."""
    criteria = "\n".join(f"{k}. {plain(text)}" for k, text in enumerate(task.criteria, 1))
    parts = [f"**Criteria.** {how_many(task)}\n\n{criteria}"]
    for letter, each in zip("ABC", task.samples, strict=True):
        quoted = "\n".join(f"> {line}".rstrip() for line in plain(each.text).splitlines())
        reason = f"{marks_of(each, task)} {plain(each.reason)}"
        parts.append(f"**Answer {letter}**\n\n{quoted}\n\n{reason}")
    return "\n\n".join(parts)


def parts_of(
    text: str, exercises: Sequence[Explanation]
) -> Iterator[tuple[str, Explanation | None]]:
    """Yield what stands between the exercises of a cell, each with the exercise that follows; None
    at the end.
    """
    lines, begin = text.split("\n"), 0
    for each in exercises:
        yield "\n".join(lines[begin : each.lines.start]), each
        begin = each.lines.stop
    yield "\n".join(lines[begin:]), None
