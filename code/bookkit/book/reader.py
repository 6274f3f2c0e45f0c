"""The reader's form of a cell: its code without what only hands numbers and pictures to a page."""

import ast
import re
from collections.abc import Iterator, Sequence

from bookkit.exercises.marking import MarkingError, as_python

MODULE = "bookkit.notebook"
PREFIXES = ("", "notebook.", f"{MODULE}.")
SHOW = {f"{prefix}show" for prefix in PREFIXES}
FOR_THE_SITE = {f"{prefix}{name}" for prefix in PREFIXES for name in ("glue", "record")}
REST_OF_LINE = re.compile(r"[ \t]*;?[ \t]*(?:#.*)?(?:\n|\Z)")
SEPARATOR_BEHIND = re.compile(r"[ \t]*;[ \t]*")
SEPARATOR_BEFORE = re.compile(r"[ \t]*;[ \t]*\Z")
DROPPED_WHEN_EMPTY = (ast.For, ast.While, ast.If)

Edit = tuple[ast.stmt, str | None]  # a statement and what stands in its place; None: nothing


def readers_form(source: str) -> str:
    """Return the code of a cell as its readers get it.

    A statement ``show(figure, "name", alt=…)`` becomes ``figure``, which Python displays at the end
    of a cell; elsewhere it becomes ``display(figure)``. Statements ``glue(…)`` and ``record(…)``
    and the import of these names go. Everything else stays as it is, byte for byte.

    Parameters
    ----------
    source : str
        Python with or without magics. What is not Python comes back as it is.

    Returns
    -------
    str
        Empty if no statement remains.
    """
    try:
        tree = ast.parse(as_python(source))
    except (MarkingError, SyntaxError):
        return source
    left = [each for each in tree.body if not _is_gone(each)]
    if tree.body and not left:
        return ""
    edits = list(_edits(tree.body, last=left[-1])) if left else []
    if not edits:
        return source
    text = _Text(source)
    for statement, replacement in reversed(edits):
        text.edit(statement, replacement)
    return text.text.strip("\n")


def _edits(body: Sequence[ast.stmt], last: ast.stmt | None = None) -> Iterator[Edit]:
    """Yield what changes in a block, in order; Python displays the value of ``last``."""
    gone = [each for each in body if _is_gone(each)]
    for each in body:
        if each in gone:
            yield each, "pass" if gone == body and each is body[0] else None
        elif _figure_of(each) is not None:
            yield each, "value" if each is last else "display"
        elif isinstance(each, ast.Import | ast.ImportFrom):
            left = _left_of(each)
            if left is not each:
                yield each, ast.unparse(left)
        else:
            for block in _blocks(each):
                yield from _edits(block)


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Yield the blocks of a compound statement."""
    for name in ("body", "handlers", "cases", "orelse", "finalbody"):
        found = getattr(statement, name, [])
        if name in ("handlers", "cases"):
            yield from (part.body for part in found)
        elif found:
            yield found


def _is_gone(statement: ast.stmt) -> bool:
    """Tell whether a statement, or all that stands in its blocks, is for the site alone."""
    if _called(statement) in FOR_THE_SITE:
        return True
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return _left_of(statement) is None
    if isinstance(statement, DROPPED_WHEN_EMPTY):
        return all(_is_gone(each) for block in _blocks(statement) for each in block)
    return False


def _called(statement: ast.stmt) -> str:
    """Return the dotted name of what a statement calls; empty if it is no such call."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    return ast.unparse(call.func) if isinstance(call, ast.Call) else ""


def _figure_of(statement: ast.stmt) -> ast.expr | None:
    """Return the figure that a statement shows; None if it shows none."""
    if _called(statement) not in SHOW:
        return None
    call = statement.value
    named = [each.value for each in call.keywords if each.arg == "figure"]
    return next((each for each in [*call.args, *named] if not isinstance(each, ast.Starred)), None)


def _left_of(statement: ast.Import | ast.ImportFrom) -> ast.stmt | None:
    """Return what remains of an import: itself, a shorter one, or nothing."""
    module = f"{getattr(statement, 'module', None) or ''}.".lstrip(".")
    ours = {MODULE, *(f"{MODULE}.{name}" for name in ("glue", "record", "show"))}
    names = [each for each in statement.names if each.asname or f"{module}{each.name}" not in ours]
    if len(names) == len(statement.names):
        return statement
    if not names:
        return None
    if isinstance(statement, ast.Import):
        return ast.Import(names)
    return ast.ImportFrom(statement.module, names, statement.level)


class _Text:
    """The text of a cell, which is edited from its end to its beginning."""

    def __init__(self, text: str):
        self.text = text
        self.lines = text.split("\n")

    def place(self, line: int, column: int) -> int:
        """Return the index of a place, whose column is counted in bytes."""
        before = sum(len(each) + 1 for each in self.lines[: line - 1])
        return before + len(self.lines[line - 1].encode()[:column].decode())

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return where a node begins and ends."""
        begin = self.place(node.lineno, node.col_offset)
        return begin, self.place(node.end_lineno, node.end_col_offset)

    def edit(self, statement: ast.stmt, replacement: str | None) -> None:
        """Put something in the place of a statement behind which all is edited already."""
        begin, end = self.span(statement)
        if replacement is None:
            begin, end = self.with_separators(begin, end)
            replacement = ""
        elif replacement in ("value", "display"):
            figure = self.expression(_figure_of(statement))
            is_value = replacement == "value" and not SEPARATOR_BEHIND.match(self.text, end)
            replacement = figure if is_value else f"display({figure})"
        self.text = self.text[:begin] + replacement + self.text[end:]

    def expression(self, node: ast.expr) -> str:
        """Return the code of an argument, as an expression of its own."""
        begin, end = self.span(node)
        code = self.text[begin:end]
        try:
            ast.parse(code, mode="eval")
        except SyntaxError:
            return f"({code})"
        return code

    def with_separators(self, begin: int, end: int) -> tuple[int, int]:
        """Return where to cut a statement out: with its line, or with a semicolon beside it."""
        line = self.text.rfind("\n", 0, begin) + 1
        rest = REST_OF_LINE.match(self.text, end)
        if rest and not self.text[line:begin].strip():
            return line, rest.end()
        behind = SEPARATOR_BEHIND.match(self.text, end)
        if behind and not rest:
            return begin, behind.end()
        before = SEPARATOR_BEFORE.search(self.text, line, begin)
        return (before.start() if before else begin), end
