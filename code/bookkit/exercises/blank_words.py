"""Find the blanks in the text of a cell: whole ones, and what is left of one that was half deleted.

It reads text, not syntax trees: a half-deleted blank often leaves code that is no Python.
"""

import ast
import keyword
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from IPython.core.inputtransformer2 import TransformerManager

from bookkit.exercises.marking import BLANK

EXERCISE = re.compile(r"^#\s*(Exercise \d+\.\d+)", flags=re.M)
NOTE = re.compile(r"# blank (\d+) of (\d+): (.*?)(?=[ \t]+# blank \d+ of |[ \t]*$)", flags=re.M)
WORD = re.compile(
    r'"{3}(?:\\.|[^\\])*?"{3}|' + r"'{3}(?:\\.|[^\\])*?'{3}|"
    r'"(?:\\.|[^"\\\n])*"|' + r"'(?:\\.|[^'\\\n])*'|"
    r"#[^\n]*|^[ \t]*[%!][^\n]*|(?P<word>\w+)",
    flags=re.S | re.M,
)
REST = "____"  # so many underscores in a row are in no honest name


@dataclass(frozen=True)
class Place:
    """A blank in the text of a cell, whole or half deleted.

    Attributes
    ----------
    word : str
        What stands there.
    line : int
        Counted from 0.
    before, after : str
        The rest of its line on either side.
    """

    word: str
    line: int
    before: str
    after: str

    @property
    def is_whole(self) -> bool:
        """Whether nobody has touched the blank."""
        return self.word == BLANK and not self.touches

    @property
    def touches(self) -> bool:
        """Whether something stands beside it that Python cannot read there, such as a number."""
        before, after = (
            re.search(r"\w+$|[\])}\"']$", self.before.rstrip()),
            re.match(r"\w+|[\"']", self.after.lstrip()),
        )
        return any(found and not keyword.iskeyword(found[0]) for found in (before, after))


def is_exercise(source: str) -> bool:
    """Tell whether a cell is, or was, an exercise with blanks."""
    return bool(EXERCISE.search(source) or NOTE.search(source))


def is_rest(word: str, names: Collection[str] = ()) -> bool:
    """Tell whether a word of an exercise is what is left of a blank, perhaps with an answer typed
    beside it.

    Parameters
    ----------
    word : str
    names : collection of str
        What the cell or its reader defines: names that end in underscores are left alone.
    """
    if word == BLANK:
        return False
    if set(word) == {"_"}:
        return len(word) >= len(REST) or word not in names
    if word[0].isdigit():
        return word.endswith("_") or REST in word
    return REST in word and word not in names


def places(source: str, names: Collection[str] = ()) -> list[Place]:
    """Return the blanks of a cell in order; half-deleted ones only where there is an exercise."""
    found, exercise = [], is_exercise(source)
    for match in WORD.finditer(source):
        word = match["word"]
        if word and (word == BLANK or (exercise and is_rest(word, names))):
            begin, end = source.rfind("\n", 0, match.start()) + 1, source.find("\n", match.end())
            after = source[match.end() : end if end >= 0 else None].partition("#")[0]
            found.append(
                Place(word, source.count("\n", 0, begin), source[begin : match.start()], after)
            )
    return found


def broken(source: str) -> Place | None:
    """Return the half-deleted blank because of which a cell is no Python; None if there is none."""
    if not is_exercise(source) or is_python(source):
        return None
    return next(
        (place for place in places(source) if place.touches or not may_be_read(place.word)), None
    )


def may_be_read(word: str) -> bool:
    """Tell whether a blank, or what is left of one, is a name for Python and may be meant as
    one.
    """
    return word == BLANK or (set(word) == {"_"} and len(word) < len(REST))


def is_python(source: str) -> bool:
    """Tell whether Python can read a cell, magics aside."""
    try:
        ast.parse(TransformerManager().transform_cell(re.sub(r"\A%%.*", "", source)))
    except (SyntaxError, ValueError):
        return False
    return True


def given_names(tree: ast.AST) -> set[str]:
    """Return every name that some code gives a value, in whatever scope."""
    return set(_given(tree))


def _given(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield node.asname or node.name
        elif isinstance(
            getattr(node, "name", None), str
        ):  # a function, a class, an exception, a pattern
            yield node.name


def texts(source: str, names: Collection[str] = ()) -> list[str]:
    """Return what each blank of a cell says, in order."""
    found, notes = places(source, names), list(NOTE.finditer(source))
    if len(notes) == len(found):  # nothing is filled in yet
        return [
            say(source, place, [note.groups()]) for place, note in zip(found, notes, strict=True)
        ]
    return [
        say(source, place, _notes_for(source, found, index)) for index, place in enumerate(found)
    ]


def _notes_for(source: str, found: list[Place], index: int) -> list[tuple[str, ...]]:
    """Return the notes that may belong to a blank: those of its line, else those right above it."""
    lines, numbers = source.splitlines(), [place.line for place in found]
    line = numbers[index]
    notes, above = NOTE.findall(lines[line]), line - 1
    while (
        not NOTE.search(lines[line]) and above >= 0 and lines[above].lstrip().startswith("# blank ")
    ):
        notes[:0] = NOTE.findall(lines[above])
        above -= 1
    return [notes[numbers[:index].count(line)]] if len(notes) == numbers.count(line) else notes


def say(source: str, place: Place, notes: list[tuple[str, ...]]) -> str:
    """Return what a blank says: of which exercise it is, its number, and what belongs there."""
    exercise = exercise_at(source, place.line)
    numbers, hint = " or ".join(note[0] for note in notes), " / ".join(note[2] for note in notes)
    if not notes:
        blank = f"A blank of {exercise or 'this cell'}"
    else:
        blank = (
            f"{exercise}, " * bool(exercise)
            + f"{'blank' if exercise else 'A blank'} {numbers} of {notes[0][1]}"
        )
    if place.is_whole:
        return f"{blank} is still open: {hint}" if hint else f"{blank} is still open."
    last = " (`_` alone is the last output.)" if place.word == "_" else ""
    cure = "take out all its underscores, then write your answer there"
    return f"{blank} is half deleted: {cure}{': ' * bool(hint)}{hint}{last}"


def exercise_at(source: str, line: int) -> str:
    """Return the exercise to which a line belongs, where several stand in one cell; empty if there
    is none.
    """
    titles = [
        (source.count("\n", 0, found.start()), found[1]) for found in EXERCISE.finditer(source)
    ]
    above = [title for row, title in titles if row <= line]
    return above[-1] if above else titles[0][1] if titles else ""
