"""What a reader has written, kept from one chapter to the next.

``keep(SimpleCNN)`` writes the source of a class or function to ``my-first-cnn/SimpleCNN.py`` in the
working folder. ``kept("SimpleCNN")`` returns it in another chapter, or the book's own where there
is none.
"""

import ast
import builtins
import dis
import inspect
import linecache
import os
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from bookkit.exercises.marking import BLANK
from sourcedigest.files import write_whole

from lessons import book_work

FOLDER = "my-first-cnn"
VARIABLE = "FIRSTCNN_WORK"  # names another folder; live pages share one
MINE, BOOK = "mine", "book"
DEFINITIONS = (ast.FunctionDef, ast.ClassDef)
LOADS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
PREAMBLE = '''\
"""{name}, written by keep({name}). You may edit it: kept("{name}") reads this file."""

import math
from collections import OrderedDict

import numpy as np
import torch
from firstcnn import data
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, Subset, TensorDataset
'''


class WorkError(ValueError):
    """A function or class cannot be kept or taken; the message says why, and what to do."""

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows in place of a traceback."""
        return [str(self)]


def work_folder() -> Path:
    """Return the folder of the reader's work: FIRSTCNN_WORK or, without it, ``my-first-cnn`` in the
    working folder.
    """
    return Path(os.environ.get(VARIABLE) or FOLDER)


def keep(*objects: Callable) -> None:
    """Write functions or classes to files, for `kept` in other chapters, and say where.

    Each file holds the source with the imports that it needs, and the reader's own functions and
    classes that it uses. Either all are written, or none.

    Parameters
    ----------
    *objects : function or class
        Defined in cells or files; a later one of the same name takes the place of an earlier one.

    Raises
    ------
    WorkError
        If one is neither a function nor a class, if its source cannot be found, if it uses what the
        file would not hold, or if the file cannot be written.
    """
    texts = {each.__name__: _text_of(each) for each in map(_checked, objects)}
    for name, text in texts.items():
        file = work_folder() / f"{name}.py"
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, text.encode())
        except OSError as error:
            raise WorkError(
                f"{name} was not kept: {file} could not be written ({error.strerror or error})."
                " Look at the folder, or start Jupyter in another one."
            ) from None
        print(f'{name} is kept in {file}. In other chapters kept("{name}") returns it.')


def kept(name: str, whose: str = MINE) -> Any:
    """Return the reader's own function or class of a name, or the book's if there is none, and say
    which it is.

    A file that is broken is reported in a sentence, and the book's is returned.

    Parameters
    ----------
    name : str
        Such as ``"SimpleCNN"``.
    whose : str
        ``"mine"``, or ``"book"`` to take the book's in any case.

    Raises
    ------
    WorkError
        If the book has nothing of this name, or ``whose`` is neither.
    """
    if name not in book_work.__all__:
        names = _listed(book_work.__all__)
        raise WorkError(f"There is no {name!r} to take. Readers write {names}: take one of these.")
    if whose not in (MINE, BOOK):
        raise WorkError(f'whose is {whose!r}, and it is either "{MINE}" or "{BOOK}".')
    file = work_folder() / f"{name}.py"
    if whose == BOOK or not os.path.lexists(file):
        print(f"{name} is the book's" + (f": there is no {file}." if whose == MINE else "."))
        return getattr(book_work, name)
    try:
        own = _read(name, file)
    except _Broken as problem:
        print(
            f"{name} is the book's, since {file} {problem}. Put the file right, or run"
            f" keep({name}) again in its chapter."
        )
        return getattr(book_work, name)
    print(f"{name} is your own, from {file}.")
    return own


class _Broken(Exception):
    """A source cannot be used; the message goes on after what names it."""


def _read(name: str, file: Path) -> Any:
    """Return what a kept file defines under its name."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", "") or "it is no text in UTF-8"
        raise _Broken(f"cannot be read ({why})") from None
    linecache.checkcache(str(file.absolute()))
    return _run(name, text, str(file.absolute()))


def _run(name: str, text: str, file: str) -> Any:
    """Run a source in a fresh namespace, and return what it defines under a name."""
    module = ModuleType(f"my_first_cnn_{name}")
    module.__file__ = file
    try:
        code = compile(text, file, "exec")
        exec(code, vars(module))
    except SyntaxError as error:
        line = f" in line {error.lineno}" if error.lineno else ""
        raise _Broken(f"is not Python{line} ({error.msg})") from None
    except (Exception, SystemExit) as error:
        line = f" in line {found}" if (found := _line_in(file, error)) else ""
        raise _Broken(f"stops{line} with {type(error).__name__} ({error})") from None
    own = vars(module).get(name)
    if not inspect.isfunction(own) and not inspect.isclass(own):
        raise _Broken(f"defines no function or class {name}")
    if missing := sorted(_globals_of(code) - set(vars(module))):
        raise _Broken(f"uses {_listed(missing)}, which it does not define")
    sys.modules[module.__name__] = module  # for pickle, which looks classes up by their module
    return own


def _line_in(file: str, error: BaseException) -> int | None:
    """Return the last line of a file that an error came through."""
    step, line = error.__traceback__, None
    while step is not None:
        line = step.tb_lineno if step.tb_frame.f_code.co_filename == file else line
        step = step.tb_next
    return line


def _checked(thing: Any) -> Callable:
    """Return a function or class, if it is one with a name."""
    if not inspect.isfunction(thing) and not inspect.isclass(thing):
        kind = type(thing).__name__
        raise WorkError(
            f"keep takes functions and classes, and got an object of the class {kind}. Write their"
            " names without brackets behind them, such as keep(SimpleCNN)."
        )
    if not thing.__name__.isidentifier():
        raise WorkError("keep takes functions with a name: write this one with def.")
    return thing


def _text_of(thing: Callable) -> str:
    """Return the whole file that holds a function or class."""
    name = thing.__name__
    parts = dict(_parts(thing, set()))
    missing = sorted(part for part, source in parts.items() if source is None)
    if BLANK in missing:
        raise WorkError(f"{name} was not kept: it still has an open blank. Fill it in first.")
    if missing:
        raise WorkError(
            f"{name} was not kept: it uses {_listed(missing)}, which is not defined inside it, and"
            " another chapter would not have it. Define it inside, or hand it on as an argument."
        )
    imports = [source for source in parts.values() if source.startswith(("import ", "from "))]
    definitions = [source for source in parts.values() if source not in imports]
    text = PREAMBLE.format(name=name) + "".join(f"{line}\n" for line in imports)
    text = "\n\n".join([text, *(f"{source}\n" for source in definitions)])
    try:
        _run(name, text, f"<{name}>")
    except _Broken as problem:
        raise WorkError(f"{name} was not kept: by itself its source {problem}.") from None
    return text


def _parts(thing: Callable, seen: set[str]) -> Iterator[tuple[str, str | None]]:
    """Yield, by name, what a definition uses and the preamble lacks, and then its own source.

    A line of import, or a source; None for what is neither.
    """
    source, names = _source_of(thing)
    seen.add(thing.__name__)
    code = compile(source, "<kept>", "exec")
    for name in sorted(_globals_of(code) - seen):
        seen.add(name)
        value = names.get(name, _preamble().get(name))
        if name in _preamble() and value is _preamble()[name]:
            continue
        if line := _import_of(name, value):
            yield name, line
        elif name in names and _is_definition(value, name):
            yield from _parts(value, seen)
        else:
            yield name, None
    yield thing.__name__, source


def _is_definition(value: Any, name: str) -> bool:
    return (inspect.isfunction(value) or inspect.isclass(value)) and value.__name__ == name


def _import_of(name: str, value: Any) -> str:
    """Return the line that imports a value under a name; "" if none does."""
    if isinstance(value, ModuleType):
        return f"import {value.__name__} as {name}" if value.__name__ != name else f"import {name}"
    home = getattr(value, "__module__", None)
    own = getattr(value, "__name__", name)
    module = sys.modules.get(home) if isinstance(home, str) and home != "__main__" else None
    if module is None or getattr(module, "__spec__", None) is None:
        return ""
    if getattr(module, own, None) is not value:
        return ""
    return f"from {home} import {own}" + (f" as {name}" if own != name else "")


@cache
def _preamble() -> dict[str, Any]:
    """Return what the first lines of every file define, by name."""
    namespace: dict[str, Any] = {}
    exec(PREAMBLE, namespace)
    return namespace


def _globals_of(code: CodeType) -> set[str]:
    """Return the names that some code takes from its module, without Python's own."""
    steps = list(dis.get_instructions(code))
    loaded = {step.argval for step in steps if step.opname in LOADS}
    stored = {step.argval for step in steps if step.opname == "STORE_NAME"}
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    used = (loaded - stored).union(*map(_globals_of, inner))
    return {name for name in used if name not in vars(builtins) and name != "__name__"}


def _source_of(thing: Callable) -> tuple[str, dict[str, Any]]:
    """Return the source of a function or class as it stands in its cell or file, and the names that
    it sees there.
    """
    function = _function_of(thing)
    if function is not None:
        code = function.__code__
        linecache.checkcache(code.co_filename)
        text = "".join(linecache.getlines(code.co_filename, function.__globals__))
        if source := _definition_around(text, thing.__name__, code.co_firstlineno):
            return source, function.__globals__
    raise WorkError(
        f"{thing.__name__} was not kept: its source cannot be found. Run the cell that defines it"
        " again, at the cell's top level, and keep it after that."
    )


def _function_of(thing: Callable) -> FunctionType | None:
    """Return a function without its decorators, and of a class one of its own methods."""
    if inspect.isfunction(thing):
        return inspect.unwrap(thing)
    inside = [
        getattr(value, "__func__", getattr(value, "fget", value)) for value in vars(thing).values()
    ]
    methods = [inspect.unwrap(value) for value in inside if inspect.isfunction(value)]
    own = f"{thing.__qualname__}."
    return next((method for method in methods if method.__qualname__.startswith(own)), None)


def _definition_around(text: str, name: str, line: int) -> str:
    """Return the source of a definition at the top level of a text that reaches over a line, with
    its decorators; "" if there is none.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return ""
    for node in tree.body:
        if isinstance(node, DEFINITIONS) and node.name == name:
            first = min(each.lineno for each in [node, *node.decorator_list])
            if first <= line <= node.end_lineno:
                return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
    return ""


def _listed(names: list[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
