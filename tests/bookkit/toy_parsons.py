"""A toy book with lines to be put in order."""

from toy_book import ToyBook

LOOP = """def doubled(numbers):
    seen = [0]
    ### BEGIN SOLUTION: the lines below, in order
    for number in numbers:  # one by one
        seen.clear()
        number = 2 * number
        seen.append(number)
        result = seen[0]
    ### DISTRACTOR: clear(seen)  # That is the reason of the distractor.
    ### ORDER: 1 < 2
    ### ORDER: 3 < 4 < 5
    ### ORDER: 2 < 4 or 5 < 2  # That is the reason of the clearing.
    ### END SOLUTION
    return result


check("loop", doubled)"""
ORDERED = """### BEGIN SOLUTION: three lines
a = 1
b = a + 1
c = a + b
### END SOLUTION
check("ordered", c)"""
CELL = f"""```{{code-cell}} python
:tags: [exercise]
:label: ex-loop
:title: The last number, doubled
:kind: parsons
{LOOP}
```
"""
FLAT = f"""```{{code-cell}} python
:tags: [exercise]
:label: ex-ordered
:title: Three lines
:kind: parsons
{ORDERED}
```
"""
CHECKS = """
from collections import namedtuple

Exercise = namedtuple("Exercise", "wrong")
Wrong = namedtuple("Wrong", "name typed")


class Verdict:
    def __init__(self, exercise, right):
        self.exercise, self.kind = exercise, "right" if right else "wrong"

    def _repr_mimebundle_(self, include=None, exclude=None):
        about = {"exercise": self.exercise, "verdict": self.kind, "text": "Praise."}
        return {"text/plain": self.kind, "application/vnd.exercise-verdict+json": about}


def check(exercise, answer):
    right = answer([1, 2]) == 4 if exercise == "loop" else answer == 3
    return Verdict(exercise, right)


EXERCISES = {
    name: Exercise(tuple(Wrong(str(k), (str(k),)) for k in range(3)))
    for name in ("loop", "ordered")
}
"""


def as_parsons(book: ToyBook) -> None:
    """Make the first page of a toy book a chapter with lines to be put in order."""
    book.exercise()
    book.write("code/toy/checks.py", CHECKS)
    cell = "```{code-cell} python\n:tags: [remove-output]\nfrom toy.checks import check\n```\n"
    text = (book.root / "1-one.md").read_text(encoding="utf-8")
    begin = text[: text.index("```{code-cell} python\n:tags: [remove-output]")]
    (book.root / "1-one.md").write_text(
        f"{begin}\n{cell}\n## Lines\n\n{CELL}\n{FLAT}", encoding="utf-8"
    )
