"""Read the marks of an exercise: which parts of its code are answers, and what hint stands for
each.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from textwrap import dedent, indent

from bookkit.system.errors import BookError

BLANK = "_" * 13
MARK = re.compile(r"# blank(?:\[(\d+)\])?: ")
BEGIN = re.compile(r"^(\s*)### BEGIN SOLUTION: *(\S.*?)\s*$")
END = re.compile(r"^\s*### END SOLUTION\s*$")
PARSONS = "parsons"  # the kind of exercise whose lines are put in order
AMONG_LINES = re.compile(r"^\s*### (DISTRACTOR|ORDER|ALSO):(.*)")  # of such lines
LIKE_A_MARK = re.compile(r"#\s*blank\b|\b(?:BEGIN|END)[\s_-]*SOLUTION\b", re.IGNORECASE)
OUTSIDE = re.compile(
    r"#\s*blank\s*(?:\[\d*\]\s*)?:|#\s*(?:BEGIN|END) SOLUTION\b|### (?:DISTRACTOR|ORDER|ALSO):",
    re.IGNORECASE,
)
PYTHON_MAGIC = re.compile(r"%%(?:time|timeit|capture|prun)\b")
LINE_MAGIC = re.compile(
    r"^([ \t]*)(?:[%!?][\w.!].*|[\w., ]+=[ \t]*[%!].*|%?[\w.]+\?{1,2}[ \t]*)$", re.MULTILINE
)
LAYOUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}

Position = tuple[int, int]


class MarkingError(BookError):
    """An exercise is marked wrongly.

    Parameters
    ----------
    line : int
        Line of the mark in the cell's code, counted from 1.
    reason : str
        What is wrong and what to do.
    """

    def __init__(self, line: int, reason: str):
        super().__init__(f"code line {line}: {reason}")
        self.line, self.reason = line, reason


@dataclass(frozen=True)
class Blank:
    """An answer and its place.

    Attributes
    ----------
    start, end : (int, int)
        Row and character, both counted from 0, where it begins and ends.
    answer : str
        What a student would type.
    right : str
        What stands there in the solution.
    hint : str
    indent : str
        What precedes every line that is typed here: white space for whole lines, nothing for an
        expression.
    """

    start: Position
    end: Position
    answer: str
    right: str
    hint: str
    indent: str = ""

    def typed(self, text: str | None) -> str:
        """Return what stands there once a student has typed a text; the right one for None."""
        return self.right if text is None else indent(dedent(text), self.indent)


@dataclass(frozen=True)
class Marked:
    """The code of an exercise, its marks read.

    Attributes
    ----------
    lines : tuple of str
        The code without the comments that mark blanks.
    blanks : tuple of Blank
        In the order of the code.
    """

    lines: tuple[str, ...]
    blanks: tuple[Blank, ...]

    def with_texts(self, texts: list[str]) -> list[tuple[str, list[int]]]:
        """Return the code with a text in each blank: its rows, each with the numbers of the blanks
        in it.
        """
        rows: list[tuple[str, list[int]]] = [(line, []) for line in self.lines]
        for number, blank, text in reversed(
            list(zip(range(len(texts)), self.blanks, texts, strict=True))
        ):
            (first, left), (last, right) = blank.start, blank.end
            line = rows[first][0][:left] + text + rows[last][0][right:]
            rows[first : last + 1] = [(line, [number, *rows[last][1]])]
        return rows


@lru_cache(maxsize=500)
def read_marks(source: str) -> Marked:
    """Read the marks in the code of an exercise.

    Parameters
    ----------
    source : str
        The solution. ``code  # blank: text  # hint`` marks that the expression ``text`` on this
        line is an answer; ``# blank[2]: text`` means the second of several on the line. The lines
        between ``### BEGIN SOLUTION: hint`` and ``### END SOLUTION`` are one answer together.

    Raises
    ------
    MarkingError
        If the code is no Python, or a mark is not as it should be.
    """
    code = as_python(source)
    refuse_open_blanks(code)
    lines, spans, opened = source.split("\n"), [], None
    for row, column, comment in comments_of(code):
        begin = BEGIN.match(lines[row])
        if begin or END.match(lines[row]):
            opened = block_mark(lines, row, begin, opened, spans)
        elif opened is not None and LIKE_A_MARK.search(comment):
            raise MarkingError(
                row + 1, "a mark within a solution: what is hidden already needs none; take it out."
            )
        elif found := MARK.search(comment):
            refuse_like_a_mark(comment[: found.start()], row)
            lines[row] = lines[row][: column + found.start()].rstrip()
            spans += [
                blank_at(code, row, *mark) for mark in marks_in(comment[found.start() :], row)
            ]
        else:
            refuse_like_a_mark(comment, row)
    if opened is not None:
        raise MarkingError(
            opened + 1, "BEGIN SOLUTION without END SOLUTION: write ### END SOLUTION where it ends."
        )
    return Marked(tuple(lines), in_order([with_right(blank, lines) for blank in spans]))


def as_python(source: str) -> str:
    """Return the code with the same lines, but without magics, which Python cannot read."""
    if source.startswith("%%") and not PYTHON_MAGIC.match(source):
        raise MarkingError(
            1, f"{source.split()[0]} runs no Python here: an exercise is a cell of Python."
        )
    code = re.sub(r"\A%%.*", "", source)
    try:
        ast.parse(code)
    except SyntaxError:
        code = LINE_MAGIC.sub(r"\1pass", code)
    try:
        ast.parse(code)
    except SyntaxError as error:
        raise MarkingError(
            error.lineno or 1, f"the solution is not valid Python ({error.msg}): correct it."
        ) from None
    for row, (line, kept) in enumerate(zip(source.split("\n"), code.split("\n"), strict=True)):
        if line != kept and LIKE_A_MARK.search(line):
            raise MarkingError(
                row + 1, "a mark on the line of a magic: put what it marks on a line of its own."
            )
    return code


def tokens_of(code: str) -> Iterator[tokenize.TokenInfo]:
    """Yield the tokens of some code."""
    return tokenize.generate_tokens(io.StringIO(code).readline)


def refuse_open_blanks(code: str) -> None:
    """Refuse a solution in which the name of a blank stands."""
    for token in tokens_of(code):
        if token.string == BLANK:
            raise MarkingError(
                token.start[0], f"{BLANK} stands in the solution: write the answer, and mark it."
            )


def comments_of(code: str) -> list[tuple[int, int, str]]:
    """Return every comment with its row and column, counted from 0."""
    return [
        (t.start[0] - 1, t.start[1], t.string)
        for t in tokens_of(code)
        if t.type == tokenize.COMMENT
    ]


def refuse_like_a_mark(comment: str, row: int) -> None:
    """Refuse a comment that somebody may have meant as a mark: its text would reach the student."""
    if LIKE_A_MARK.search(comment):
        raise MarkingError(
            row + 1,
            f"{comment.strip()!r} looks like a mark but is none: write `# blank: text  # hint`,"
            " `### BEGIN SOLUTION: hint` and `### END SOLUTION` on lines of their own, or other"
            " words.",
        )


def block_mark(
    lines: list[str], row: int, begin: re.Match | None, opened: int | None, spans: list[Blank]
) -> int | None:
    """Take in a line that begins or ends a solution; return the row where the one begins that is
    open now.
    """
    if begin and opened is not None:
        raise MarkingError(row + 1, "BEGIN SOLUTION within a solution: end the first one before.")
    if begin:
        return row
    if opened is None:
        raise MarkingError(
            row + 1, "END SOLUTION without a BEGIN SOLUTION above it: write one, or take this out."
        )
    kept = [line for line in lines[opened + 1 : row] if not AMONG_LINES.match(line)]
    inside = "\n".join(kept)
    if not any(line.strip() and not line.strip().startswith("#") for line in kept):
        raise MarkingError(
            opened + 1, "nothing stands between BEGIN and END SOLUTION: write the solution there."
        )
    found = BEGIN.match(lines[opened])
    refuse_like_a_mark(found[2], opened)
    spans.append(
        Blank((opened, 0), (row, len(lines[row])), dedent(inside), inside, found[2], found[1])
    )
    return None


def marks_in(comment: str, row: int) -> Iterator[tuple[str | None, str, str]]:
    """Yield which occurrence, the text and the hint of each blank that a comment marks."""
    while found := MARK.match(comment):
        rest = comment[found.end() :].lstrip()
        cut = start_of_comment(rest)
        text, comment = rest[:cut].strip(), rest[cut:]
        following = MARK.search(comment)
        end = following.start() if following else len(comment)
        hint, comment = comment[:end].lstrip("# ").rstrip(), comment[end:]
        if not text or not hint:
            missing = "text" if not text else "hint after it"
            raise MarkingError(
                row + 1, f"the blank {text!r} has no {missing}: write `# blank: text  # hint`."
            )
        refuse_like_a_mark(f"# {hint}", row)
        yield found[1], text, hint


def start_of_comment(text: str) -> int:
    """Return where a comment begins in a line of code; a # in a string begins none."""
    try:
        return next((t.start[1] for t in tokens_of(text) if t.type == tokenize.COMMENT), len(text))
    except (tokenize.TokenError, SyntaxError):
        return len(text)


def blank_at(code: str, row: int, occurrence: str | None, text: str, hint: str) -> Blank:
    """Return the blank for the expression of a text that touches a row of the code."""
    wanted = meanings(text)
    if not wanted:
        raise MarkingError(
            row + 1, f"the blank {text!r} is not a Python expression: mark a whole one."
        )
    places = [span for span in occurrences(code, text) if span[0][0] <= row <= span[1][0]]
    whole = [span for span in places if is_whole(code, span, wanted)]
    if not places:
        raise MarkingError(
            row + 1, f"the blank {text!r} does not stand on its line: write it as the code has it."
        )
    if not whole:
        raise MarkingError(
            row + 1,
            f"the blank {text!r} is no whole expression here, but a part of one, of an f-string, or"
            " a name that is given a value: mark a whole expression, or whole arguments.",
        )
    if (len(whole) > 1 and not occurrence) or not 1 <= int(occurrence or 1) <= len(whole):
        raise MarkingError(
            row + 1,
            f"the blank {text!r} stands {len(whole)} times on its line: "
            f"write `# blank[N]: {text}  # {hint}` with N from 1 to {len(whole)}.",
        )
    start, end = whole[int(occurrence or 1) - 1]
    return Blank(start, end, text, "", hint)


def with_right(blank: Blank, lines: list[str]) -> Blank:
    """Return the blank of an expression with what stands there once all marks are taken out."""
    return blank if blank.right else replace(blank, right=between(lines, blank.start, blank.end))


def meanings(text: str) -> list[ast.expr | list[ast.expr]]:
    """Return what a text can mean: one expression, or several arguments or elements; nothing if it
    is no Python.
    """
    found: list[ast.expr | list[ast.expr]] = []
    for opening, closing in ("(", ")"), ("[", "]"):
        try:
            tree = ast.parse(f"{opening}{text}\n{closing}", mode="eval").body
        except SyntaxError:
            continue
        found += [tree] if opening == "(" else [tree.elts] if isinstance(tree, ast.List) else []
    return found


def occurrences(code: str, text: str) -> list[tuple[Position, Position]]:
    """Return where the tokens of a text stand in the code, whatever white space is between them."""
    try:
        wanted = [token.string for token in words_of(text)]
    except (tokenize.TokenError, SyntaxError):
        return []
    tokens = words_of(code)
    strings = [token.string for token in tokens]
    found = (
        i for i in range(len(strings) - len(wanted) + 1) if strings[i : i + len(wanted)] == wanted
    )
    return [(from_zero(tokens[i].start), from_zero(tokens[i + len(wanted) - 1].end)) for i in found]


def words_of(code: str) -> list[tokenize.TokenInfo]:
    """Return the tokens that mean something, without commas in front of a closing bracket."""
    tokens = [token for token in tokens_of(code) if token.type not in LAYOUT]
    closers = [token.string in (")", "]", "}") for token in tokens[1:]] + [False]
    return [
        token
        for token, closes in zip(tokens, closers, strict=True)
        if not (token.string == "," and closes)
    ]


def from_zero(position: Position) -> Position:
    """Return row and column counted from 0 for a tokenizer's, which counts rows from 1."""
    return position[0] - 1, position[1]


def between(lines: list[str], start: Position, end: Position) -> str:
    """Return what stands in some lines from one position to another."""
    lines = lines[start[0] : end[0] + 1]
    lines[-1] = lines[-1][: end[1]]
    lines[0] = lines[0][start[1] :]
    return "\n".join(lines)


class Fill(ast.NodeTransformer):
    """Put an expression, or several arguments or elements, where the blank is evaluated; f-strings
    stay as they are.
    """

    def __init__(self, filling: ast.expr | list[ast.expr]):
        self.filling = filling

    def visit_Name(self, node: ast.Name) -> ast.expr | list[ast.expr]:
        """Replace the blank, unless it is given a value."""
        return self.filling if node.id == BLANK and isinstance(node.ctx, ast.Load) else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        """Leave an f-string."""
        return node


def is_whole(
    code: str, span: tuple[Position, Position], wanted: list[ast.expr | list[ast.expr]]
) -> bool:
    """Tell whether the code means the same when a blank stands there and what is wanted is put into
    the blank.
    """
    (first, left), (last, right) = span
    lines = code.split("\n")
    lines[first : last + 1] = [f"{lines[first][:left]}{BLANK}{lines[last][right:]}"]
    try:
        filled = (Fill(filling).visit(ast.parse("\n".join(lines))) for filling in wanted)
        return any(ast.dump(tree) == ast.dump(ast.parse(code)) for tree in filled)
    except SyntaxError:
        return False


def in_order(spans: list[Blank]) -> tuple[Blank, ...]:
    """Return blanks in the order of the code, which must not overlap."""
    spans = sorted(spans, key=lambda blank: blank.start)
    for before, after in pairwise(spans):
        if before.end > after.start:
            raise MarkingError(
                after.start[0] + 1,
                f"the blank {after.answer!r} overlaps {before.answer!r}: leave one of them out.",
            )
    return tuple(spans)


def names_of_blanks(code: str) -> int:
    """Return how often code evaluates the name of a blank; -1 if it is no Python."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return -1
    return sum(isinstance(node, ast.Name) and node.id == BLANK for node in ast.walk(tree))
