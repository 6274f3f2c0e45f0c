"""What pages and notebooks get of a Parsons problem: its lines in a shuffled order, and what a
browser needs to judge an order without holding it.
"""

from typing import Any

from bookkit.exercises.marking import BLANK
from bookkit.exercises.parsons import Arrangement, Problem, read_problem
from bookkit.exercises.parsons_view import asked

PRIME, BASIS, BITS = 0x100000001B3, 0xCBF29CE484222325, 0xFFFFFFFFFFFFFFFF


def page_data(id: str, source: str, reasons: bool) -> dict[str, Any]:
    """Return what the page of an exercise has to know of its lines.

    Parameters
    ----------
    id, source : str
        Of an exercise of the kind ``parsons``.
    reasons : bool
        Whether it may hold which line has to be where, and why: else nothing in it can be read as
        an order.

    Returns
    -------
    dict
        ``lines`` as they are shown; ``indent``, whether any stands inside of another one;
        ``leave``, how many do not belong; ``right``, digests of how the right orders begin. With
        reasons also ``rules`` and, by the number of the line, ``wrong``.
    """
    problem = read_problem(source)
    shuffled = problem.shuffled(id)
    data = {
        "lines": [problem.text(index) for index in shuffled],
        "indent": any(problem.levels),
        "leave": len(problem.distractors),
        "right": sorted({each for order in problem.orders for each in digests(id, problem, order)}),
    }
    if reasons:
        count = len(problem.lines)
        places = {index: place for place, index in enumerate(shuffled)}
        data["rules"] = [
            {
                "any": [
                    [[sign, places[a], places[b]] for sign, a, b in alternative]
                    for alternative in rule.any
                ],
                "why": rule.why,
            }
            for rule in problem.rules
            if rule.why
        ]
        data["wrong"] = {
            str(places[count + k]): why for k, (_, why) in enumerate(problem.distractors)
        }
    return data


def digests(salt: str, problem: Problem, order: Arrangement) -> list[str]:
    """Return digests of the first line of an order, of the first two and so on; the last one is
    that of the whole. `assets/parsons.js` computes the same.
    """
    text, found = f"{salt}\n", []
    for level, index in order:
        text += f"{level} {problem.lines[index]}\n"
        found.append(digest(text))
    return [*found, digest(f"{text}end")]


def digest(text: str) -> str:
    """Return a digest of 64 bits (FNV-1a). It keeps an order from being read, not from being
    tried.
    """
    value = BASIS
    for byte in text.encode():
        value = (value ^ byte) * PRIME & BITS
    return f"{value:016x}"


def with_lines(form: str, id: str, source: str) -> str:
    """Return the student's form of an exercise with its lines, shuffled, in comments above the
    blank: for notebooks.
    """
    data = page_data(id, source, reasons=False)
    said = [asked(data), *(f"    {row}" for line in data["lines"] for row in line.split("\n"))]
    rows = form.split("\n")
    place = next(number for number, row in enumerate(rows) if BLANK in row)
    while rows[place - 1].lstrip().startswith("# blank "):
        place -= 1
    before = rows[place][: len(rows[place]) - len(rows[place].lstrip())]
    return "\n".join([*rows[:place], *(f"{before}# {row}" for row in said), *rows[place:]])
