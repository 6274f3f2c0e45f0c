"""Small changes of a right answer, each of which somebody could make by a slip."""

import ast
from collections.abc import Iterator
from copy import deepcopy

EXCHANGED = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
}


def mutants(text: str) -> list[str]:
    """Return the changed versions of an expression or of some statements, each with one slip.

    A number is larger or smaller by one (a fraction by half), a truth value the other one, a text
    another; an operation or comparison is exchanged, a sign forgotten; a call loses a keyword, its
    last argument or itself, or has its first two arguments exchanged; a statement is missing.
    """
    tree = ast.parse(text)
    found = (ast.unparse(ast.fix_missing_locations(changed)) for changed in _changed(tree))
    return [mutant for mutant in dict.fromkeys(found) if mutant and mutant != ast.unparse(tree)]


def _changed(tree: ast.Module) -> Iterator[ast.Module]:
    for index, node in enumerate(ast.walk(tree)):
        for number in range(len(list(_versions(node)))):
            copy = deepcopy(tree)
            own = list(ast.walk(copy))[index]
            new = list(_versions(own))[number]
            yield _Put(own, new).visit(copy)
    for index, node in enumerate(ast.walk(tree)):
        body = getattr(node, "body", None)
        if isinstance(body, list) and len(body) > 1:
            for number in range(len(body)):
                copy = deepcopy(tree)
                del list(ast.walk(copy))[index].body[number]
                yield copy


class _Put(ast.NodeTransformer):
    """Put one node in the place of another."""

    def __init__(self, old: ast.AST, new: ast.AST):
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def _versions(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what may stand by a slip where a node stands."""
    if isinstance(node, ast.Constant):
        yield from (ast.Constant(value) for value in _other_values(node.value))
    elif isinstance(node, ast.BinOp) and type(node.op) in EXCHANGED:
        yield ast.BinOp(node.left, EXCHANGED[type(node.op)](), node.right)
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in EXCHANGED:
        yield ast.Compare(
            node.left, [EXCHANGED[type(node.ops[0])](), *node.ops[1:]], node.comparators
        )
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Call):
        yield from _other_calls(node)


def _other_values(value: object) -> list:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if isinstance(value, float):
        return [value * 1.5 if value else 1.0]
    return [f"{value}x"] if isinstance(value, str) else []


def _other_calls(node: ast.Call) -> Iterator[ast.AST]:
    for index in range(len(node.keywords)):
        yield ast.Call(node.func, node.args, node.keywords[:index] + node.keywords[index + 1 :])
    if len(node.args) > 1:
        yield ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords)
    if node.args:
        yield ast.Call(node.func, node.args[:-1], node.keywords)
        yield node.args[0]
    elif isinstance(node.func, ast.Attribute):
        yield node.func.value
