"""The names that code binds and loads, and so which hidden cells later ones cannot do without."""

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from IPython.core.inputtransformer2 import TransformerManager

HIDING = {"remove-cell", "remove-input"}
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
BLOCKS = (
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.If,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.TryStar,
    ast.Match,
)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class AnyCell(Protocol):
    """A cell of a page, or of a notebook."""

    cell_type: str
    source: str
    metadata: Mapping[str, Any]


def is_hidden(cell: AnyCell) -> bool:
    """Tell whether a cell's code is on no page."""
    tags = {tag.replace("_", "-") for tag in cell.metadata.get("tags", [])}
    return cell.cell_type == "code" and bool(tags & HIDING)


def needed_cells(
    page: Iterable[AnyCell], is_hidden: Callable[[AnyCell], bool] = is_hidden
) -> set[int]:
    """Return the indices of a page's hidden cells that a later visible cell needs, directly or
    through one another.

    A hidden cell is needed if it binds a name, or changes an element or attribute of it, that is
    loaded later before it is bound anew. Functions count as calling what they name wherever they
    are defined.
    """
    cells = [(index, cell) for index, cell in enumerate(page) if cell.cell_type == "code"]
    visible = [tree_of(cell.source) for _, cell in cells if not is_hidden(cell)]
    late = {
        name
        for tree in visible
        for node in ast.walk(tree)
        if isinstance(node, SCOPES)
        for name in free(node)
    }
    wanted: set[str] = set()
    needed: set[int] = set()
    for index, cell in reversed(cells):
        tree = tree_of(cell.source)
        if is_hidden(cell):
            names = changed(tree)
            if not names & wanted and not ("*" in names and wanted):
                continue
            needed.add(index)
        bound: set[str] = set()
        loads = free_in(tree.body, bound)
        wanted = (wanted - bound) | loads | late
    return needed


def tree_of(source: str) -> ast.Module:
    """Return the syntax tree of a cell; of one that is no Python, a tree that loads every name in
    its text.
    """
    try:
        return ast.parse(TransformerManager().transform_cell(source))
    except SyntaxError:
        names = dict.fromkeys(re.findall(r"[^\W\d]\w*", source))
        body = [ast.Expr(ast.Name(name, ast.Load())) for name in names]
        return ast.Module(body, type_ignores=[])


def changed(tree: ast.Module) -> set[str]:
    """Return the names that a cell binds outside of functions, or of which it sets attributes or
    elements.

    ``from module import *`` may bind any name: then that of every cell counts as changed.
    """
    names: set[str] = set()
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        names |= binds(node)
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            names |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        inside = isinstance(node, (*SCOPES, ast.ClassDef, *COMPREHENSIONS))
        waiting += [] if inside else list(ast.iter_child_nodes(node))
    return names


def binds(node: ast.AST) -> set[str]:
    """Return the names that one node binds in the scope where it stands."""
    if isinstance(node, ast.Name):
        return set() if isinstance(node.ctx, ast.Load) else {node.id}
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(item.asname or item.name).partition(".")[0] for item in node.names}
    if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        return {node.name}
    if isinstance(node, ast.MatchMapping) and node.rest:
        return {node.rest}
    return set()


def free_in(statements: Iterable[ast.stmt], bound: set[str]) -> set[str]:
    """Return the names that statements load before they bind them, and add to ``bound`` what they
    bind in any case.
    """
    found: set[str] = set()
    for statement in statements:
        if not isinstance(statement, BLOCKS):
            found |= free(statement) - bound
            bound |= bound_by(statement)
            continue
        headers, blocks = parts_of(statement)
        targets = {name for header in headers for name in bound_by(header)}
        found |= {name for header in headers for name in free(header)} - bound
        for block in blocks:
            found |= free_in(block, bound | targets)
        if isinstance(statement, ast.With | ast.AsyncWith):
            bound |= targets
    return found


def bound_by(node: ast.AST) -> set[str]:
    """Return the names that a statement without blocks binds, or the head of one with blocks."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return set()
    return {name for part in ast.walk(node) for name in binds(part)}


def parts_of(node: ast.AST) -> tuple[list[ast.AST], list[list[ast.stmt]]]:
    """Return what stands in the heads of a compound statement, and its blocks."""
    headers: list[ast.AST] = []
    blocks: list[list[ast.stmt]] = []
    for _, value in ast.iter_fields(node):
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, ast.ExceptHandler | ast.match_case):
                inner, own = parts_of(item)
                headers += [
                    *inner,
                    *([ast.Name(item.name, ast.Store())] if getattr(item, "name", None) else []),
                ]
                blocks += own
            elif isinstance(item, ast.stmt):
                blocks.append([item]) if item is value[0] else blocks[-1].append(item)
            elif isinstance(item, ast.AST):
                headers.append(item)
    return headers, blocks


def free(node: ast.AST) -> set[str]:
    """Return the names that an expression, or a statement without blocks, loads from outside of
    itself.
    """
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Load | ast.Del) else set()
    if isinstance(node, ast.AugAssign):
        return free(node.value) | {
            part.id for part in ast.walk(node.target) if isinstance(part, ast.Name)
        }
    if isinstance(node, SCOPES):
        return free_in_function(node)
    if isinstance(node, ast.ClassDef):
        heads = [*node.decorator_list, *node.bases, *node.keywords]
        return {name for head in heads for name in free(head)} | free_in(node.body, set())
    inner = {name for child in ast.iter_child_nodes(node) for name in free(child)}
    if isinstance(node, COMPREHENSIONS):
        targets = {name for each in node.generators for name in bound_by(each.target)}
        return (inner - targets) | free(node.generators[0].iter)
    return inner


def free_in_function(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """Return the names that a function takes from outside, when it is defined or when it is
    called.
    """
    body = [ast.Expr(node.body)] if isinstance(node, ast.Lambda) else node.body
    inside = [part for statement in body for part in ast.walk(statement)]
    shared = {
        name
        for part in inside
        if isinstance(part, ast.Global | ast.Nonlocal)
        for name in part.names
    }
    own = {part.arg for part in ast.walk(node.args) if isinstance(part, ast.arg)} | changed(
        ast.Module(body, [])
    )
    heads = [
        *getattr(node, "decorator_list", []),
        node.args,
        *filter(None, [getattr(node, "returns", None)]),
    ]
    return (
        (free_in(body, set()) - (own - shared))
        | shared
        | {name for head in heads for name in free(head)}
    )
