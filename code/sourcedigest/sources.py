"""A digest of the source that a result depends on.

Only what is reached counts. A result that used ``augment.rotate`` depends on that function and on
whatever it refers to, not on its neighbours in the file; comments and docstrings never count. Where
a reference cannot be followed by reading (a module handed on as a value, a star import), the whole
module counts: too much rather than too little.
"""

import ast
import hashlib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)


class SourceNotFound(LookupError):
    """The source of an object stands in no file, so nobody can tell when it changes."""


def strip_docstrings(tree: ast.Module) -> ast.Module:
    """Take every docstring out of a syntax tree, in place, and return the tree."""
    for node in ast.walk(tree):
        if (
            isinstance(node, (ast.Module, *DEFINITIONS))
            and ast.get_docstring(node, clean=False) is not None
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return tree


def dotted(node: ast.AST) -> str:
    """Return ``a.b.c`` for a chain of attributes on a name, and "" for a chain on anything else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, ast.Name) else ""


def root(node: ast.AST) -> str | None:
    """Return the name from which a chain of attributes and subscripts starts, "" if it is none;
    None for ``global``.
    """
    if isinstance(node, ast.Global):
        return None
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def decorators_of(statement: ast.stmt) -> list[str]:
    """Return the dotted names of the decorators of a definition; other statements have none."""
    decorators = getattr(statement, "decorator_list", [])
    return [dotted(getattr(decorator, "func", decorator)) for decorator in decorators]


def parse(text: str | bytes) -> ast.Module:
    """Return the syntax tree of a source; whatever keeps it from being one is a SyntaxError."""
    try:
        return ast.parse(text)
    except ValueError as error:  # zero bytes, in some versions of Python
        raise SyntaxError(str(error), ("<unknown>", 1, 1, None)) from None


class SourceFile:
    """The statements of one module: by the names they bind, and those that act when it is imported.

    Parameters
    ----------
    name : str
        Dotted name of the module.
    text : str or bytes
        Its source; bytes are read as Python reads a file, in the encoding that they declare.
    is_package : bool
        Whether it is an ``__init__.py``: relative imports count from there.

    Raises
    ------
    SyntaxError
        If the text is not Python, with the line.
    """

    def __init__(self, name: str, text: str | bytes, is_package: bool = False):
        self.name, self.is_package = name, is_package
        self.bound: dict[str, list[ast.stmt]] = {}
        self.aliases: dict[str, str] = {}
        self.stars: set[str] = set()
        self.known: dict[ast.stmt, set[str]] = {}
        self.texts: dict[ast.stmt, str] = {}
        tree = strip_docstrings(parse(text))
        for node in ast.walk(tree):
            if isinstance(node, IMPORTS):
                self._note_import(node)
        statements = [
            statement for statement in tree.body if not isinstance(statement, (*IMPORTS, ast.Pass))
        ]
        for statement in statements:
            self._note_names(statement)
        self.effects = [statement for statement in statements if self._acts(statement)]
        decorators = {s: self._imported_decorators(s) for s in statements}
        self.decorated = {statement: names for statement, names in decorators.items() if names}

    def _note_import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for item in node.names:
                target = item.name if item.asname else item.name.partition(".")[0]
                self.aliases[item.asname or target] = target
            return
        base = self._absolute(node)
        for item in node.names:
            if item.name == "*":
                self.stars.add(base)
            else:
                self.aliases[item.asname or item.name] = f"{base}.{item.name}"

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        up = len(parts) - node.level + self.is_package
        return ".".join([*parts[:up], *filter(None, [node.module])])

    def _note_names(self, statement: ast.stmt) -> None:
        if isinstance(statement, DEFINITIONS):
            names = {statement.name}
        else:
            names = {
                n.id
                for n in ast.walk(statement)
                if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
            }
        for name in names:
            self.bound.setdefault(name, []).append(statement)

    def _acts(self, statement: ast.stmt) -> bool:
        """Tell whether a statement may do more than bind a name: calls, registrations, branches."""
        if isinstance(statement, DEFINITIONS):
            return any(
                self.may_register(name.partition(".")[0]) for name in decorators_of(statement)
            )
        if not isinstance(statement, ast.Assign | ast.AnnAssign):
            return True
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        parts = [n for target in targets for n in ast.walk(target)] + list(
            ast.walk(statement.value or ast.Pass())
        )
        stored = (n for n in parts if isinstance(getattr(n, "ctx", None), ast.Store))
        return any(isinstance(n, ast.Attribute | ast.Subscript) for n in stored) or any(
            isinstance(n, ast.Call) for n in parts
        )

    def may_register(self, decorator: str) -> bool:
        """Tell whether a decorator of this module may put what it decorates into something lasting.

        It may if it touches a value of this package, or calls a function of it, which may do so.
        """
        nodes = [
            node for definition in self.bound.get(decorator, []) for node in ast.walk(definition)
        ]
        touched = (n for n in nodes if isinstance(n, ast.Attribute | ast.Subscript | ast.Global))
        called = {
            n.func.id for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
        }
        return any(self._is_lasting(root(node)) for node in touched) or any(
            name in self.bound or self._is_own(self.aliases.get(name, "")) for name in called
        )

    def _imported_decorators(self, statement: ast.stmt) -> set[str]:
        """Return the dotted names of decorators that come from other modules of this package."""
        found = (name.partition(".") for name in decorators_of(statement))
        names = {
            f"{self.aliases[a]}.{rest}".rstrip(".") for a, _, rest in found if a in self.aliases
        }
        return {name for name in names if self._is_own(name)}

    def _is_own(self, name: str) -> bool:
        return name.partition(".")[0] == self.name.partition(".")[0]

    def _is_lasting(self, name: str | None) -> bool:
        """Tell whether a name stands for a value of a module of this package, rather than for a
        local one.
        """
        if name is None or name in self.aliases:
            return name is None or self._is_own(self.aliases[name])
        return any(not isinstance(statement, DEFINITIONS) for statement in self.bound.get(name, []))

    @cached_property
    def everything(self) -> list[ast.stmt]:
        """All statements but imports."""
        return [s for several in self.bound.values() for s in several] + self.effects

    @cached_property
    def imported(self) -> set[str]:
        """The dotted names that the module imports, wherever in it, each with a colon behind it."""
        return {f"{name}:" for name in (*self.aliases.values(), *self.stars)}

    def text(self, statement: ast.stmt) -> str:
        """Return a statement as text in which comments and layout have no part."""
        if statement not in self.texts:
            self.texts[statement] = ast.dump(statement)
        return self.texts[statement]

    def references(self, statement: ast.stmt) -> set[str]:
        """Return the dotted names to which a statement may refer."""
        if statement not in self.known:
            self.known[statement] = set(self._references(statement))
        return self.known[statement]

    def _references(self, statement: ast.stmt) -> Iterator[str]:
        inner = {id(n.value) for n in ast.walk(statement) if isinstance(n, ast.Attribute)}
        for node in ast.walk(statement):
            if isinstance(node, ast.Name | ast.Attribute) and id(node) not in inner:
                yield from self._resolve(dotted(node))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from re.findall(
                    r"\w+(?:\.\w+)+", node.value
                )  # "package.module:function" and the like
        yield from self.stars

    def _resolve(self, chain: str) -> Iterator[str]:
        first, _, rest = chain.partition(".")
        if first in self.aliases:
            yield f"{self.aliases[first]}.{rest}".rstrip(".")
        if first in self.bound:
            yield f"{self.name}.{first}"


@cache
def source_file(name: str, text: bytes, is_package: bool) -> SourceFile:
    """Return a `SourceFile`, read once in a process for each content that a module has.

    To parse a whole package takes long, and each key of a trained network asks for all of it.
    """
    return SourceFile(name, text, is_package)


def read_source(name: str, file: Path, is_package: bool) -> SourceFile:
    """Return the `SourceFile` of a file.

    Raises
    ------
    SyntaxError
        If the file is not Python, with its name and the line.
    """
    try:
        return source_file(name, file.read_bytes(), is_package)
    except SyntaxError as error:
        error.filename = str(file)
        raise


class Sources:
    """The source files of some packages, and what in them reaches what.

    Parameters
    ----------
    places : mapping of str to Path
        Top-level name to the folder of the package, or to the file of the module.
    """

    def __init__(self, places: Mapping[str, Path]):
        self.files: dict[str, SourceFile] = {}
        self.acting: dict[str, list[ast.stmt]] = {}
        self.found: dict[str, list[tuple[SourceFile, list[ast.stmt]]]] = {}
        for name, place in places.items():
            for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
                inside = file.with_suffix("").relative_to(place).parts if place.is_dir() else ()
                is_package = inside[-1:] == ("__init__",)
                module = ".".join([name, *(inside[:-1] if is_package else inside)])
                self.files[module] = read_source(module, file, is_package)

    def digest(self, references: Iterable[str]) -> str:
        """Return a digest of every statement that the dotted names reach."""
        reached = self._reach(references)
        lines = sorted(
            f"{module.name} {module.text(statement)}" for statement, module in reached.items()
        )
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def digest_of_code(self, text: str) -> str:
        """Return a digest of what a piece of code reaches in the packages; its own text does not
        count.

        Raises
        ------
        SyntaxError
            If the text is not Python.
        """
        code = SourceFile("", text)
        names = {name for statement in code.everything for name in code.references(statement)}
        return self.digest(names | code.imported)

    def _reach(self, references: Iterable[str]) -> dict[ast.stmt, SourceFile]:
        waiting, seen, reached = set(references), set(), {}
        lists = set()  # by their identity: to look at each once is what makes this quick
        while waiting:
            seen.add(reference := waiting.pop())
            for module, statements in self._found(reference):
                if id(statements) in lists:
                    continue
                lists.add(id(statements))
                new = [statement for statement in statements if statement not in reached]
                reached |= dict.fromkeys(new, module)
                waiting |= module.imported.union(*map(module.references, new)) - seen
        return reached

    def _found(self, reference: str) -> list[tuple[SourceFile, list[ast.stmt]]]:
        if reference not in self.found:
            self.found[reference] = list(self._find(reference))
        return self.found[reference]

    def _find(self, reference: str) -> Iterator[tuple[SourceFile, list[ast.stmt]]]:
        """Yield what a dotted name stands for; ``a.b:`` stands for what importing ``a.b`` runs, no
        more.
        """
        parts = reference.rstrip(":").split(".")
        modules = [
            self.files[m]
            for m in (".".join(parts[: n + 1]) for n in range(len(parts)))
            if m in self.files
        ]
        yield from ((module, self._effects(module)) for module in modules)
        if not modules or reference.endswith(":"):
            return
        module, rest = modules[-1], parts[modules[-1].name.count(".") + 1 :]
        if rest and rest[0] in module.bound:
            yield module, module.bound[rest[0]]
        elif rest and rest[0] in module.aliases:
            yield from self._find(".".join([module.aliases[rest[0]], *rest[1:]]))
        else:
            yield from ((m, m.everything) for m in self._with_inner(module))

    def _effects(self, module: SourceFile) -> list[ast.stmt]:
        """Return what acts when a module is imported, what its decorators may register included."""
        if module.name not in self.acting:
            self.acting[module.name] = module.effects + [
                statement
                for statement, decorators in module.decorated.items()
                if any(map(self._may_register, decorators))
            ]
        return self.acting[module.name]

    def _may_register(self, decorator: str) -> bool:
        """Tell whether a decorator may register, judged where it is defined; unknown ones may."""
        name, _, function = decorator.rpartition(".")
        module = self.files.get(name)
        if module and isinstance(module.bound.get(function, [None])[-1], FUNCTIONS):
            return module.may_register(function)
        return not module or self._may_register(module.aliases.get(function, ""))

    def _with_inner(self, module: SourceFile) -> list[SourceFile]:
        return [m for m in self.files.values() if f"{m.name}.".startswith(f"{module.name}.")]


def source_digest(*objects: Any, packages: Iterable[str] = ()) -> str:
    """Return a digest of the source of functions or classes and of everything that they reach.

    Parameters
    ----------
    *objects : function, class, partial or instance of a class
        An instance counts as its class; of a ``functools.partial`` the function counts, not its
        arguments.
    packages : iterable of str
        Imported packages that are followed, too, beside those in which the objects were defined.

    Returns
    -------
    str
        64 hexadecimal digits. Comments, docstrings and layout do not change it.

    Raises
    ------
    SourceNotFound
        If an object was not defined in a file, as in a notebook cell.
    """
    places = {name: place for package in packages for name, place in _place(package).items()}
    names = []
    for thing in objects:
        while isinstance(thing, partial):
            thing = thing.func
        if not hasattr(thing, "__qualname__"):
            thing = type(thing)
        places |= _place(thing.__module__)
        names.append(f"{thing.__module__}.{thing.__qualname__}")
    return Sources(places).digest(names)


def _place(module: str) -> dict[str, Path]:
    """Return the top-level package of a module with its folder, or the module itself with its
    file.
    """
    top = sys.modules.get(module.partition(".")[0])
    if getattr(top, "__path__", None) and getattr(top, "__file__", None):
        return {top.__name__: Path(top.__file__).parent}
    file = getattr(sys.modules.get(module), "__file__", None)
    if module == "__main__" or file is None:
        raise SourceNotFound(
            f"{module} was not read from a file: what is defined in a notebook cell cannot be"
            " followed."
        )
    return {module: Path(file)}
