"""Parsons problems: exercises of the kind ``parsons``, whose solution is lines to put in order.

The lines are those between ``### BEGIN SOLUTION: …`` and ``### END SOLUTION``. Three marks may
stand among them, each on a line of its own:

- ``### DISTRACTOR: line  # why``: a line that does not belong there, and why.
- ``### ORDER: 2 < 3 or 5 < 2  # why``: what has to hold, with the numbers of the lines as they
  stand. ``2 < 3 < 4`` is an order; ``3 in 1`` says that line 3 stands inside of line 1, and
  ``3 not in 2`` that it does not stand inside of line 2. Without such a mark the lines have the
  one order in which they stand; with one, nothing else matters but the marks and which lines are
  inside of which.
- ``### ALSO: 2 >1 >>3``: all lines once more, in another right arrangement, with a ``>`` for each
  step of indentation.
"""

import ast
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise, permutations, product
from math import factorial, prod
from random import Random
from textwrap import dedent, indent

from bookkit.exercises.marking import (
    AMONG_LINES,
    LAYOUT,
    PARSONS,
    MarkingError,
    as_python,
    read_marks,
    start_of_comment,
    tokens_of,
)

FEWEST, MOST = 3, 10  # lines of a solution
ORDERS = 100  # that may be right
TRIED = 50_000  # orders of an arrangement
STEP = 4  # spaces of indentation
CHAIN = re.compile(r"\d+(?: < \d+)+|\d+ (?:not )?in \d+")
PLACES = re.compile(r">*\d+(?: >*\d+)*")
CONTINUES = re.compile(r"(?:else|elif|except|finally)\b")

Arrangement = tuple[tuple[int, int], ...]  # level and index of each line, from top to bottom


@dataclass(frozen=True)
class Rule:
    """What has to hold of the order of lines.

    Attributes
    ----------
    any : tuple of (tuple of (str, int, int))
        Alternatives. Each is a list of relations between the indices of two lines: ``<`` (before),
        ``in`` (inside of), ``not in``.
    why : str
        Why it matters; "" if the author does not say.
    """

    any: tuple[tuple[tuple[str, int, int], ...], ...]
    why: str

    def holds(self, arrangement: Arrangement) -> bool:
        """Tell whether it holds of lines in this order."""
        places = {index: place for place, (_, index) in enumerate(arrangement)}

        def is_so(sign: str, a: int, b: int) -> bool:
            if sign == "<":
                return places[a] < places[b]
            return (b in _around(arrangement, places[a])) == (sign == "in")

        return any(all(is_so(*each) for each in alternative) for alternative in self.any)


@dataclass(frozen=True)
class Problem:
    """Lines to be put in order.

    Attributes
    ----------
    lines : tuple of str
        The solution; a statement of several lines counts as one.
    levels : tuple of int
        How far each is indented.
    distractors : tuple of (str, str)
        Lines that do not belong there, each with the reason.
    rules : tuple of Rule
    orders : tuple of Arrangement
        All right ones, the solution first.
    """

    lines: tuple[str, ...]
    levels: tuple[int, ...]
    distractors: tuple[tuple[str, str], ...]
    rules: tuple[Rule, ...]
    orders: tuple[Arrangement, ...]

    def code(self, arrangement: Arrangement) -> str:
        """Return lines in some order as code."""
        return _code(self.lines, arrangement)

    def shuffled(self, seed: str) -> list[int]:
        """Return the indices of all lines in an order that is not right, the same for the same
        seed; distractors count on behind the solution.
        """
        right = {tuple(index for _, index in order) for order in self.orders}
        draw = Random(seed)
        indices = list(range(len(self.lines) + len(self.distractors)))
        while True:
            draw.shuffle(indices)
            if tuple(index for index in indices if index < len(self.lines)) not in right:
                return indices

    def text(self, index: int) -> str:
        """Return a line, or a distractor behind them."""
        count = len(self.lines)
        return self.lines[index] if index < count else self.distractors[index - count][0]


@lru_cache(maxsize=100)
def read_problem(source: str) -> Problem:
    """Read the lines to be put in order, and the marks among them.

    Parameters
    ----------
    source : str
        The code of the exercise.

    Raises
    ------
    MarkingError
        If it has not exactly one solution of several lines, or if a mark is wrong.
    """
    begin, end = _rows_of_solution(source)
    rows = source.split("\n")
    found = _lines_within(as_python(source), begin, end)
    texts, levels = tuple(text for text, _ in found), tuple(level for _, level in found)
    _refuse_lines(texts, begin)
    marks = _marks_among(rows, begin, end)
    distractors = tuple(_distractor(row, text, texts) for row, text in marks["DISTRACTOR"])
    solution = tuple(zip(levels, range(len(texts)), strict=True))
    rules = tuple(_rule(row, text, solution) for row, text in marks["ORDER"])
    trees = [solution, *(_also(row, text, texts) for row, text in marks["ALSO"])]
    if rules and max(_number(tree, texts) for tree in trees) > TRIED:
        raise MarkingError(
            begin + 1, "too many lines stand side by side for `### ORDER`: give some of them."
        )
    orders = tuple(dict.fromkeys(order for tree in trees for order in _orders(tree, rules, texts)))
    _refuse_orders(orders, len(texts), begin)
    return Problem(texts, levels, distractors, rules, orders)


def _rows_of_solution(source: str) -> tuple[int, int]:
    """Return the rows where the only solution begins and ends, counted from 0."""
    blanks = read_marks(source).blanks
    rows = source.split("\n")
    if len(blanks) != 1 or "BEGIN SOLUTION" not in rows[blanks[0].start[0]]:
        raise MarkingError(
            1,
            f"an exercise of the kind {PARSONS} has one blank, its lines between"
            " `### BEGIN SOLUTION: hint` and `### END SOLUTION`: mark them so.",
        )
    return blanks[0].start[0], blanks[0].end[0]


def _lines_within(code: str, begin: int, end: int) -> list[tuple[str, int]]:
    """Return the statements between two rows, each with how far it is indented, and without what
    its block is indented by.
    """
    found, level, first = [], 0, None
    for token in tokens_of(code):
        level += {tokenize.INDENT: 1, tokenize.DEDENT: -1}.get(token.type, 0)
        row = token.start[0] - 1
        if token.type == tokenize.COMMENT and begin < row < end and first is None:
            _refuse_comment(token.string, row)
        elif token.type == tokenize.NEWLINE and first is not None:
            if begin < first < end:
                text = dedent("\n".join(code.split("\n")[first : row + 1])).rstrip()
                found.append((text, level))
            first = None
        elif token.type not in LAYOUT and first is None:
            first = row
    outer = min((level for _, level in found), default=0)
    return [(text, level - outer) for text, level in found]


def _refuse_comment(comment: str, row: int) -> None:
    if not AMONG_LINES.match(comment):
        raise MarkingError(
            row + 1,
            f"{comment!r} is neither a line to be put in order nor a mark: write it behind a line,"
            " or write `### DISTRACTOR: line  # why`, `### ORDER: 1 < 2  # why` or"
            " `### ALSO: 2 >1`.",
        )


def _refuse_lines(texts: Sequence[str], begin: int) -> None:
    if not FEWEST <= len(texts) <= MOST:
        raise MarkingError(
            begin + 1,
            f"{len(texts)} lines are to be put in order: write {FEWEST} to {MOST} of them.",
        )
    twice = next((text for text in texts if texts.count(text) > 1), None)
    if twice is not None:
        raise MarkingError(
            begin + 1, f"the line {twice!r} stands there twice: make one of them another."
        )


def _marks_among(rows: Sequence[str], begin: int, end: int) -> dict[str, list[tuple[int, str]]]:
    """Return row and text of each mark, by its word."""
    found: dict[str, list[tuple[int, str]]] = {"DISTRACTOR": [], "ORDER": [], "ALSO": []}
    for row in range(begin + 1, end):
        if mark := AMONG_LINES.match(rows[row]):
            found[mark[1]].append((row, mark[2].strip()))
    return found


def _with_reason(text: str) -> tuple[str, str]:
    cut = start_of_comment(text)
    return text[:cut].strip(), text[cut:].lstrip("# ").strip()


def _distractor(row: int, text: str, lines: Sequence[str]) -> tuple[str, str]:
    line, why = _with_reason(text)
    if not line or not why:
        missing = "line" if not line else "reason behind it"
        raise MarkingError(
            row + 1,
            f"this distractor has no {missing}: write `### DISTRACTOR: line  # why it is wrong`.",
        )
    if not any(_is_python(form) for form in (line, f"{line}\n    pass")):
        raise MarkingError(row + 1, f"the distractor {line!r} is no Python: correct it.")
    if line in lines:
        raise MarkingError(row + 1, f"the distractor {line!r} is in the solution: write another.")
    return line, why


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _rule(row: int, text: str, solution: Arrangement) -> Rule:
    count = len(solution)
    wanted, why = _with_reason(text)
    chains = wanted.split(" or ")
    numbers = [int(number) for number in re.findall(r"\d+", wanted)]
    if not all(map(CHAIN.fullmatch, chains)) or not all(1 <= n <= count for n in numbers):
        raise MarkingError(
            row + 1,
            f"{wanted!r} is no order: write the numbers of lines, from 1 to {count}, such as"
            " `1 < 2 < 3`, `2 in 1`, `3 not in 2` or `2 < 3 or 4 < 2`.",
        )
    rule = Rule(tuple(map(_relations, chains)), why)
    if not rule.holds(solution):
        raise MarkingError(row + 1, f"{wanted!r} does not hold of the solution itself: correct it.")
    return rule


def _relations(chain: str) -> tuple[tuple[str, int, int], ...]:
    numbers = [int(word) - 1 for word in re.findall(r"\d+", chain)]
    sign = re.sub(r"[\d ]*(<|not in|in).*", r"\1", chain)
    return tuple((sign, one, other) for one, other in pairwise(numbers))


def _also(row: int, text: str, lines: Sequence[str]) -> Arrangement:
    words = text.split()
    if PLACES.fullmatch(text):
        found = tuple((word.count(">"), int(word.lstrip(">")) - 1) for word in words)
        if sorted(index for _, index in found) == list(range(len(lines))) and _is_python(
            _code(lines, found)
        ):
            return found
    raise MarkingError(
        row + 1,
        f"{text!r} is no arrangement of the {len(lines)} lines: write the number of each line once,"
        " with a > in front for each step of indentation, so that it is Python.",
    )


def _code(lines: Sequence[str], arrangement: Arrangement) -> str:
    return "\n".join(indent(lines[index], " " * STEP * level) for level, index in arrangement)


def _around(arrangement: Arrangement, place: int) -> set[int]:
    """Return the indices of the lines that the line at a place is inside of."""
    level, found = arrangement[place][0], set()
    for above, index in reversed(arrangement[:place]):
        if above < level:
            found.add(index)
            level = above
    return found


def _orders(
    tree: Arrangement, rules: Sequence[Rule], lines: Sequence[str]
) -> Iterator[Arrangement]:
    """Yield the orders of an arrangement that keep to the rules; itself alone where there are
    none.
    """
    if not rules:
        yield tree
        return
    for order in _rearranged(tree, lines):
        if all(rule.holds(order) for rule in rules) and _is_python(_code(lines, order)):
            yield order


def _number(tree: Arrangement, lines: Sequence[str]) -> int:
    """Return how many arrangements `_rearranged` yields."""
    blocks = _blocks(tree, lines) if tree else []
    inner = [part for block in blocks for part in _parts(block) if part[0][0] > block[0][0]]
    return factorial(len(blocks)) * prod(_number(part, lines) for part in inner)


def _parts(block: Arrangement) -> list[Arrangement]:
    """Return the heads of a statement and what is inside of each, from top to bottom."""
    groups = groupby(block, key=lambda line: line[0] == block[0][0])
    return [tuple(group) for _, group in groups]


def _rearranged(tree: Arrangement, lines: Sequence[str]) -> Iterator[Arrangement]:
    """Yield the arrangements in which blocks change places with what stands beside them."""
    if not tree:
        yield ()
        return
    blocks = _blocks(tree, lines)
    inner = [list(_inside(block, lines)) for block in blocks]
    for chosen in product(*inner):
        for order in permutations(chosen):
            yield tuple(line for block in order for line in block)


def _blocks(tree: Arrangement, lines: Sequence[str]) -> list[Arrangement]:
    """Return the statements of a block, each with what is inside of it; an else stays with its
    if.
    """
    outer, number, numbers = tree[0][0], 0, []
    for level, index in tree:
        number += level == outer and not CONTINUES.match(lines[index])
        numbers.append(number)
    pairs = zip(numbers, tree, strict=True)
    return [tuple(line for _, line in group) for _, group in groupby(pairs, key=lambda p: p[0])]


def _inside(block: Arrangement, lines: Sequence[str]) -> Iterator[Arrangement]:
    """Yield a statement with its inner lines in every order."""
    choices = [
        [part] if part[0][0] == block[0][0] else list(_rearranged(part, lines))
        for part in _parts(block)
    ]
    for chosen in product(*choices):
        yield tuple(line for part in chosen for line in part)


def _refuse_orders(orders: Sequence[Arrangement], count: int, begin: int) -> None:
    if len(orders) > ORDERS:
        raise MarkingError(
            begin + 1,
            f"{len(orders)} orders are right, and at most {ORDERS} may be: say with `### ORDER: 1 <"
            " 2` which lines must come before which.",
        )
    if len({tuple(index for _, index in order) for order in orders}) == factorial(count):
        raise MarkingError(begin + 1, "every order is right: there is nothing to put in order.")
