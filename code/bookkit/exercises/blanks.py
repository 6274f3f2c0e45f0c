"""Blanks that speak: in IPython, a cell that comes to an open blank says which one, and what
belongs there.

The name of a blank is never defined. Before a cell runs, each open blank in its syntax tree becomes
a call that raises `OpenBlank` with the number and the hint that stand in the cell's own text.
"""

import ast
import builtins
import re
import symtable
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Any

from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

from bookkit.book.names import free_in, tree_of
from bookkit.exercises import blank_words
from bookkit.exercises.blank_words import EXERCISE, given_names, is_exercise, is_rest
from bookkit.exercises.marking import BLANK

STILL_OPEN = re.compile(r"(?:Exercise [\d.]+, blank|A blank) .*?is (?:still open|half deleted).*")


class OpenBlank(NameError):
    """A cell came to a blank that nobody has filled in, or to what an open blank left undefined or
    unfinished.

    Parameters
    ----------
    text : str
        What is shown. Of a traceback that a worker process sent, the line that names the blank
        counts.
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


def open_blanks(source: str, names: Collection[str] = ()) -> list[str]:
    """Return what each open blank of a cell says, in order.

    Parameters
    ----------
    source : str
        The cell as it is now. Blanks in strings and comments do not count.
    names : collection of str
        Names that are no blanks, whatever they look like.
    """
    return blank_words.texts(source, names)


def half_deleted_blanks_first(lines: list[str]) -> list[str]:
    """Return the lines of a cell, or where a half-deleted blank keeps them from being Python, code
    that says so.
    """
    source = "".join(lines)
    place = blank_words.broken(source)
    if place is None:
        return lines
    said = dict(zip(blank_words.places(source), open_blanks(source), strict=True))
    return [f"{_call(said[place])}\n"]


class OpenBlanks(ast.NodeTransformer):
    """Turns every open blank of a cell into a call that raises what it says.

    It never raises by itself: IPython drops a transformer that does.

    Attributes
    ----------
    source : str
        The cell that is about to run, as it was typed.
    """

    source = ""
    names: Collection[str] = ()

    def __init__(self, user_names: Mapping[str, Any]):
        self.user_names = user_names

    def visit_Module(self, tree: ast.Module) -> ast.Module:
        """Return the tree of a cell, or of the code under a magic, with its blanks replaced."""
        of_reader = {name for name in self.user_names if name.strip("_")}
        self.names = given_names(tree) | of_reader
        self.is_exercise = is_exercise(self.source)
        nodes = list(ast.walk(tree))
        blanks = sorted(filter(self.is_blank, nodes), key=_position)
        wrong = [word for node in nodes for word in self.words_given(node)]
        if not blanks and not wrong:
            return tree
        texts = open_blanks(self.source, self.names)
        if wrong:
            half = next((text for text in texts if "half deleted" in text), None)
            return ast.parse(_call(refusal(self.source) if BLANK in wrong or not half else half))
        if len(texts) != len(blanks):
            texts = texts[:1] * len(blanks) or ["A blank of this cell is still open."] * len(blanks)
        self.texts = {_position(node): text for node, text in zip(blanks, texts, strict=True)}
        return ast.fix_missing_locations(self.generic_visit(tree))

    def is_word(self, word: str) -> bool:
        """Tell whether a word is a blank, or what is left of one."""
        return word == BLANK or (self.is_exercise and is_rest(word, self.names))

    def is_blank(self, node: ast.AST) -> bool:
        """Tell whether a node asks for the value of a blank."""
        name = (
            node.id
            if isinstance(node, ast.Name)
            else node.attr
            if isinstance(node, ast.Attribute)
            else None
        )
        return name is not None and isinstance(node.ctx, ast.Load) and self.is_word(name)

    def words_given(self, node: ast.AST) -> list[str]:
        """Return the blanks to which a node gives a value: an assignment, a parameter, an import
        and the like.
        """
        if isinstance(node, ast.Constant) or isinstance(getattr(node, "ctx", None), ast.Load):
            return []
        fields = (
            value if isinstance(value, list) else [value] for _, value in ast.iter_fields(node)
        )
        words = (word for words in fields for word in words if isinstance(word, str) and word)
        return [word for word in words if self.is_word(word)]

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Return the call for a blank, and any other name as it is."""
        return self._instead(node) if self.is_blank(node) else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Return the call for a blank behind a dot."""
        return self._instead(node) if self.is_blank(node) else self.generic_visit(node)

    def _instead(self, node: ast.expr) -> ast.expr:
        call = ast.parse(_call(self.texts[_position(node)]), mode="eval").body
        for part in ast.walk(call):
            ast.copy_location(part, node)
        return call


def _position(node: ast.AST) -> tuple[int, int]:
    return node.end_lineno, node.end_col_offset


def _call(text: str) -> str:
    return f"__import__({__name__!r}, fromlist=['blanks']).raise_open_blank({text!r})"


def refusal(source: str) -> str:
    """Return what is said where a cell gives the name of a blank a value."""
    exercise = found[1] if (found := EXERCISE.search(source)) else "This cell"
    return (
        f"{exercise} gives {BLANK} a value. It is not a variable, but the place of your answer: "
        "take it out, and write the answer where it stood."
    )


def names_of(source: str) -> tuple[set[str], set[str]]:
    """Return the names that a cell is to define, and those that it loads, magics aside; none if it
    is not Python.
    """
    code = TransformerManager().transform_cell(re.sub(r"\A%%.*", "", source))
    try:
        symbols = symtable.symtable(code, "<cell>", "exec").get_symbols()
        nodes = list(ast.walk(ast.parse(code)))
    except SyntaxError:
        return set(), set()
    given = {
        symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()
    }
    given = {name for name in given if name.strip("_")}
    return given, {
        node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def origins(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that it came from."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__


class Watch:
    """What a shell knows of open blanks: those of the cell that runs, and what they left undefined
    or unfinished.

    Parameters
    ----------
    shell : InteractiveShell

    Attributes
    ----------
    unfinished : dict of str
        Names that a cell with an open blank was to define, or one that stands on such names, each
        with what the blank says. Some may have a value: the cell stopped on its way.
    notes : dict of str
        Names that do not hold what the reader may think, each with what is said where a cell uses
        it: an exercise whose blank is open again has left an earlier value, or the check found the
        answer wrong.
    """

    def __init__(self, shell: InteractiveShell):
        self.shell = shell
        self.transformer = OpenBlanks(shell.user_ns)
        self.unfinished: dict[str, str] = {}
        self.notes: dict[str, str] = {}
        self.before: dict[str, Any] = {}
        self.instead: OpenBlank | None = None

    def before_cell(self, info: ExecutionInfo) -> None:
        """Take note of the cell's text."""
        self.transformer.source, self.transformer.names, self.instead = (
            info.raw_cell or "",
            (),
            None,
        )
        names = self.shell.user_ns
        self.before = {
            name: names[name] for name in names_of(self.transformer.source)[0] if name in names
        }
        own = EXERCISE.search(self.transformer.source)
        for name in self.asked_of_reader():
            if self.unfinished.get(name, "").startswith(f"{own[1]},"):
                del self.unfinished[name]  # its own blanks say what is open now

    def asked_of_reader(self) -> set[str]:
        """Return the names that an exercise uses and nobody has given a value: its reader is to."""
        source = self.transformer.source
        if not EXERCISE.search(source):
            return set()
        free = free_in(tree_of(source).body, set()) & names_of(source)[1]  # none of what no code is
        return {name for name in free if name.strip("_")} - {*dir(builtins), *self.shell.user_ns}

    def on_error(
        self,
        shell: InteractiveShell,
        kind: type[Exception],
        error: Exception,
        traceback: TracebackType,
        tb_offset: int | None = None,
    ) -> None:
        """Show an error, or the open blank from which it comes."""
        details = partial(
            shell.InteractiveTB.structured_traceback, kind, error, traceback, tb_offset=tb_offset
        )
        self.instead = self.reason(error, details)
        if self.instead:
            kind, error = OpenBlank, self.instead
        shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)

    def reason(self, error: Exception, details: Callable[[], list[str]]) -> OpenBlank | None:
        """Return the open blank from which an error comes; None if there is none, or if the error
        says so itself.
        """
        if isinstance(error, OpenBlank | SyntaxError):
            return None
        for origin in origins(error):
            if isinstance(origin, OpenBlank):
                return OpenBlank(str(origin))
        if isinstance(error, NameError):
            left = (
                self.unfinished.get(error.name or "")
                if error.name not in self.shell.user_ns
                else None
            )
            return OpenBlank(f"`{error.name}` does not exist yet. {left}") if left else None
        name = next(iter(self.stands_on()), None)
        return (
            OpenBlank(f"`{name}` is not finished yet. {self.unfinished[name]}", details())
            if name
            else None
        )

    def stands_on(self) -> list[str]:
        """Return the unfinished names that the cell takes from others."""
        given, loaded = names_of(self.transformer.source)
        return sorted((loaded - given) & set(self.unfinished))

    def after_cell(self, result: ExecutionResult) -> None:
        """Say which blanks the cell never came to, and remember what it left undefined or
        unfinished.
        """
        if self.instead:
            result.error_in_exec = self.instead  # what the kernel replies with
        self.say_notes(result)
        still_open = open_blanks(self.transformer.source, self.transformer.names)
        causes = [getattr(result.error_in_exec, "open_blank", None), *still_open]
        causes += [self.unfinished[name] for name in self.stands_on()]
        cause = next(filter(None, causes), None)
        for name in names_of(self.transformer.source)[0]:
            self.unfinished.pop(name, None)
            self.unfinished |= {name: cause} if cause else {}
        if still_open:
            self.unfinished = dict.fromkeys(self.asked_of_reader(), cause) | self.unfinished
        said = str(getattr(result.result, "text", ""))  # a verdict names the blank that it met
        left = [text for text in still_open if text not in said]
        if result.success and left:
            print(
                f"Still open: {'; '.join(text.replace(' is still open', '', 1) for text in left)}"
            )
        self.note(
            result, cause if still_open or isinstance(result.error_in_exec, OpenBlank) else None
        )

    def say_notes(self, result: ExecutionResult) -> None:
        """Say once, below what a cell shows, what the names that it takes from others hold."""
        given, loaded = names_of(self.transformer.source)
        failed = not result.success and not isinstance(result.error_in_exec, OpenBlank)
        for name in sorted((loaded - given) & set(self.notes)):
            if result.success != self.notes[name].startswith("Note: `"):
                continue
            said = self.notes[name]
            if result.success or failed:
                print(said)
                self.notes = {other: text for other, text in self.notes.items() if text != said}

    def note(self, result: ExecutionResult, cause: str | None) -> None:
        """Remember which names of this cell hold an earlier value, or one that the check found
        wrong.
        """
        verdict = result.result
        for name in names_of(self.transformer.source)[0]:
            self.notes.pop(name, None)
            value = self.shell.user_ns.get(name)
            if cause and name in self.before and value is self.before[name]:
                self.notes[name] = f"Note: `{name}` still has the value of an earlier run. {cause}"
            elif getattr(verdict, "kind", None) == "wrong" and (
                found := EXERCISE.search(self.transformer.source)
            ):
                self.notes[name] = (
                    f"`{name}` comes from {found[1]}, where the check did not find the answer right"
                    " yet."
                )
        self.before = {}


def install(shell: InteractiveShell) -> None:
    """Make blanks speak in a shell; again makes no difference."""
    if any(isinstance(transformer, OpenBlanks) for transformer in shell.ast_transformers):
        return
    watch = Watch(shell)
    shell.input_transformers_cleanup.append(half_deleted_blanks_first)
    shell.ast_transformers.append(watch.transformer)
    shell.events.register("pre_run_cell", watch.before_cell)
    shell.events.register("post_run_cell", watch.after_cell)
    shell.set_custom_exc((Exception,), watch.on_error)
