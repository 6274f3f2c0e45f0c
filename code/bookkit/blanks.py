"""Blanks that speak: in IPython, a cell that comes to an open blank says which one, and what belongs there.

The name of a blank is never defined. Before a cell runs, each open blank in its syntax tree becomes a call that raises
`OpenBlank` with the number and the hint that stand in the cell's own text.
"""

import ast
import io
import re
import symtable
import tokenize
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import TracebackType

from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

from bookkit.marking import BLANK

EXERCISE = re.compile(r"^#\s*(Exercise \d+\.\d+)", flags=re.M)
NOTE = re.compile(r"# blank (\d+) of (\d+): (.*?)(?=[ \t]+# blank \d+ of |[ \t]*$)", flags=re.M)
STILL_OPEN = re.compile(r"(?:Exercise [\d.]+, blank|A blank) .*?is still open.*")


class OpenBlank(NameError):
    """A cell came to a blank that nobody has filled in, or to what an open blank left undefined or unfinished.

    Parameters
    ----------
    text : str
        What is shown. Of a traceback that a worker process sent, the line that names the blank counts.
    details : list of str
        The traceback of what happened, where the open blank is only the likely reason.

    Attributes
    ----------
    open_blank : str
        Which blank is open, and its hint.
    """

    def __init__(self, text: str, details: Sequence[str] = ()):
        lines = text.strip().splitlines() or [""]
        super().__init__(lines[-1].partition("OpenBlank: ")[2] or lines[-1])
        self.open_blank = found[0] if (found := STILL_OPEN.search(str(self))) else str(self)
        self.details = list(details)

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows in place of a traceback."""
        cure = "Write your answer in its place, and run that cell again."
        return [str(self), cure, *(["What happened here:"] if self.details else []), *self.details]


def raise_open_blank(text: str) -> None:
    """Raise `OpenBlank`; the call that stands for a blank."""
    raise OpenBlank(text)


def open_blanks(source: str) -> list[str]:
    """Return what each open blank of a cell says, in order.

    Parameters
    ----------
    source : str
        The cell as it is now. Blanks in strings and comments do not count.
    """
    lines, places = source.splitlines(), _places(source)
    exercise = found[1] if (found := EXERCISE.search(source)) else ""
    notes = NOTE.findall(source) if len(NOTE.findall(source)) == len(places) else None
    if notes:  # nothing is filled in yet
        return [_say(exercise, [note]) for note in notes]
    return [_say(exercise, _notes_for(lines, places, index)) for index in range(len(places))]


def _places(source: str) -> list[int]:
    """Return the line of each open blank, counted from 0."""
    masked = re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.M)
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(masked).readline):
            if token.type == tokenize.NAME and token.string == BLANK:
                found.append(token.start[0] - 1)
    except (tokenize.TokenError, SyntaxError):
        pass  # what stands before the fault counts
    return found


def _notes_for(lines: list[str], places: list[int], index: int) -> list[tuple[str, str, str]]:
    """Return the notes that may belong to an open blank: those of its line, else those right above it."""
    line = places[index]
    notes, above = NOTE.findall(lines[line]), line - 1
    while not NOTE.search(lines[line]) and above >= 0 and lines[above].lstrip().startswith("# blank "):
        notes[:0] = NOTE.findall(lines[above])
        above -= 1
    return [notes[places[:index].count(line)]] if len(notes) == places.count(line) else notes


def _say(exercise: str, notes: list[tuple[str, str, str]]) -> str:
    if not notes:
        return f"A blank of {exercise or 'this cell'} is still open."
    numbers, hints = " or ".join(note[0] for note in notes), " / ".join(note[2] for note in notes)
    blank = f"blank {numbers} of {notes[0][1]}"
    return f"{exercise}, {blank} is still open: {hints}" if exercise else f"A {blank} is still open: {hints}"


class OpenBlanks(ast.NodeTransformer):
    """Turns every open blank of a cell into a call that raises what it says.

    It never raises by itself: IPython drops a transformer that does.

    Attributes
    ----------
    source : str
        The cell that is about to run, as it was typed.
    """

    source = ""

    def visit_Module(self, tree: ast.Module) -> ast.Module:
        """Return the tree of a cell, or of the code under a magic, with its blanks replaced."""
        blanks = sorted((node for node in ast.walk(tree) if is_blank(node)), key=_position)
        if not blanks and not any(map(gives_a_value, ast.walk(tree))):
            return tree
        texts = open_blanks(self.source)
        if len(texts) != len(blanks):
            texts = texts[:1] * len(blanks) or [_say("", [])] * len(blanks)
        if any(map(gives_a_value, ast.walk(tree))):
            return ast.parse(_call(refusal(self.source)))
        self.texts = {_position(node): text for node, text in zip(blanks, texts, strict=True)}
        return ast.fix_missing_locations(self.generic_visit(tree))

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Return the call for a blank, and any other name as it is."""
        return self._instead(node) if is_blank(node) else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Return the call for a blank behind a dot."""
        return self._instead(node) if is_blank(node) else self.generic_visit(node)

    def _instead(self, node: ast.expr) -> ast.expr:
        call = ast.parse(_call(self.texts[_position(node)]), mode="eval").body
        for part in ast.walk(call):
            ast.copy_location(part, node)
        return call


def _position(node: ast.AST) -> tuple[int, int]:
    return node.end_lineno, node.end_col_offset


def _call(text: str) -> str:
    return f"__import__({__name__!r}, fromlist=['blanks']).raise_open_blank({text!r})"


def is_blank(node: ast.AST) -> bool:
    """Tell whether a node asks for the value of a blank."""
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None
    return name == BLANK and isinstance(node.ctx, ast.Load)


def gives_a_value(node: ast.AST) -> bool:
    """Tell whether a node gives the name of a blank a value: an assignment, a parameter, an import and the like."""
    if is_blank(node) or isinstance(node, ast.Constant):
        return False
    fields = (value if isinstance(value, list) else [value] for _, value in ast.iter_fields(node))
    return any(BLANK in values for values in fields)


def refusal(source: str) -> str:
    """Return what is said where a cell gives the name of a blank a value."""
    exercise = found[1] if (found := EXERCISE.search(source)) else "This cell"
    return (
        f"{exercise} gives {BLANK} a value. It is not a variable, but the place of your answer: "
        "take it out, and write the answer where it stood."
    )


def names_of(source: str) -> tuple[set[str], set[str]]:
    """Return the names that a cell is to define, and those that it loads, magics aside; none if it is not Python."""
    code = TransformerManager().transform_cell(re.sub(r"\A%%.*", "", source))
    try:
        symbols = symtable.symtable(code, "<cell>", "exec").get_symbols()
        nodes = list(ast.walk(ast.parse(code)))
    except SyntaxError:
        return set(), set()
    given = {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}
    return given, {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def origins(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that it came from."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__


class Watch:
    """What a shell knows of open blanks: those of the cell that runs, and what they left undefined or unfinished.

    Parameters
    ----------
    shell : InteractiveShell

    Attributes
    ----------
    unfinished : dict of str
        Names that a cell with an open blank was to define, or one that stands on such names, each with what the blank
        says. Some may have a value: the cell stopped on its way.
    """

    def __init__(self, shell: InteractiveShell):
        self.shell = shell
        self.transformer = OpenBlanks()
        self.unfinished: dict[str, str] = {}
        self.instead: OpenBlank | None = None

    def before_cell(self, info: ExecutionInfo) -> None:
        """Take note of the cell's text."""
        self.transformer.source, self.instead = info.raw_cell or "", None

    def on_error(
        self,
        shell: InteractiveShell,
        kind: type[Exception],
        error: Exception,
        traceback: TracebackType,
        tb_offset: int | None = None,
    ) -> None:
        """Show an error, or the open blank from which it comes."""
        details = partial(shell.InteractiveTB.structured_traceback, kind, error, traceback, tb_offset=tb_offset)
        self.instead = self.reason(error, details)
        if self.instead:
            kind, error = OpenBlank, self.instead
        shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)

    def reason(self, error: Exception, details: Callable[[], list[str]]) -> OpenBlank | None:
        """Return the open blank from which an error comes; None if there is none, or if the error says so itself."""
        if isinstance(error, OpenBlank | SyntaxError):
            return None
        for origin in origins(error):
            if isinstance(origin, OpenBlank):
                return OpenBlank(str(origin))
        if isinstance(error, NameError):
            left = self.unfinished.get(error.name or "") if error.name not in self.shell.user_ns else None
            return OpenBlank(f"`{error.name}` does not exist yet. {left}") if left else None
        name = next(iter(self.stands_on()), None)
        return OpenBlank(f"`{name}` is not finished yet. {self.unfinished[name]}", details()) if name else None

    def stands_on(self) -> list[str]:
        """Return the unfinished names that the cell takes from others."""
        given, loaded = names_of(self.transformer.source)
        return sorted((loaded - given) & set(self.unfinished))

    def after_cell(self, result: ExecutionResult) -> None:
        """Say which blanks the cell never came to, and remember what it left undefined or unfinished."""
        if self.instead:
            result.error_in_exec = self.instead  # what the kernel replies with
        still_open = open_blanks(self.transformer.source)
        causes = [getattr(result.error_in_exec, "open_blank", None), *still_open]
        causes += [self.unfinished[name] for name in self.stands_on()]
        cause = next(filter(None, causes), None)
        for name in names_of(self.transformer.source)[0]:
            self.unfinished.pop(name, None)
            self.unfinished |= {name: cause} if cause else {}
        said = str(getattr(result.result, "text", ""))  # a verdict names the blank that it met
        left = [text for text in still_open if text not in said]
        if result.success and left:
            print(f"Still open: {'; '.join(text.replace(' is still open', '', 1) for text in left)}")


def install(shell: InteractiveShell) -> None:
    """Make blanks speak in a shell; again makes no difference."""
    if any(isinstance(transformer, OpenBlanks) for transformer in shell.ast_transformers):
        return
    watch = Watch(shell)
    shell.ast_transformers.append(watch.transformer)
    shell.events.register("pre_run_cell", watch.before_cell)
    shell.events.register("post_run_cell", watch.after_cell)
    shell.set_custom_exc((Exception,), watch.on_error)
