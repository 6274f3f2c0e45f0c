"""The forms of an exercise, and what is said about wrong marks."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from bookkit.book.pages import read_page
from bookkit.exercises.forms import Exercise, answers, fill, solution_form, student_form
from bookkit.exercises.marking import BLANK, MarkingError
from bookkit.system.errors import BookError

FRONT = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n"


def form(source: str) -> list[str]:
    """The lines of the student's form below the exercise's number."""
    lines = student_form(source, "1.1").split("\n")
    lines.remove("# Exercise 1.1")
    return lines


ONE_LINE = {
    "y = F.relu(conv_output)  # blank: conv_output  # the input": (
        f"y = F.relu({BLANK})  # blank 1 of 1: the input"
    ),
    "d = f(4, 5)  # blank: 4  # four  # blank: 5  # five": (
        f"d = f({BLANK}, {BLANK})  # blank 1 of 2: four  # blank 2 of 2: five"
    ),
    "d = f(4, 5)  # blank: 5  # five  # blank: 4  # four": (
        f"d = f({BLANK}, {BLANK})  # blank 1 of 2: four  # blank 2 of 2: five"
    ),
    "x = [1, 1 + 1]  # blank[2]: 1  # one": f"x = [1, {BLANK} + 1]  # blank 1 of 1: one",
    "x = [1, 1]  # blank[1]: 1  # a  # blank[2]: 1  # b": (
        f"x = [{BLANK}, {BLANK}]  # blank 1 of 2: a  # blank 2 of 2: b"
    ),
    "x = a + b * c  # blank: b * c  # a product": f"x = a + {BLANK}  # blank 1 of 1: a product",
    "x = (a + b) * c  # blank: a + b  # a sum": f"x = ({BLANK}) * c  # blank 1 of 1: a sum",
    "x = (a + b) * c  # blank: (a + b)  # a sum": f"x = {BLANK} * c  # blank 1 of 1: a sum",
    "x = a+b  # blank: a + b  # white space": f"x = {BLANK}  # blank 1 of 1: white space",
    "n = nn.Conv2d(1, 32, padding=1)  # blank: 1, 32  # in, out": (
        f"n = nn.Conv2d({BLANK}, padding=1)  # blank 1 of 1: in, out"
    ),
    "n = f((mean,), (std,))  # blank: (mean,), (std,)  # two": (
        f"n = f({BLANK})  # blank 1 of 1: two"
    ),
    "return_ = 1, 4  # blank: 1, 4  # a pair": f"return_ = {BLANK}  # blank 1 of 1: a pair",
    "x = w[:, order]  # blank: w[:, order]  # which axis?": (
        f"x = {BLANK}  # blank 1 of 1: which axis?"
    ),
    "x = w[:, order]  # blank: order  # in which order?": (
        f"x = w[:, {BLANK}]  # blank 1 of 1: in which order?"
    ),
    "c = '#fff'  # blank: '#fff'  # white": f"c = {BLANK}  # blank 1 of 1: white",
    "c = f('# no', 2)  # blank: 2  # colour #2": (
        f"c = f('# no', {BLANK})  # blank 1 of 1: colour #2"
    ),
    "c = '# blank: x'  # blank: '# blank: x'  # a text": f"c = {BLANK}  # blank 1 of 1: a text",
    "größe = höhe * 2  # (N,)  # blank: höhe  # wie groß?": (
        f"größe = {BLANK} * 2  # (N,)  # blank 1 of 1: wie groß?"
    ),
    "t = f'{a}' + g('ü', b)  # blank: b  # it": (
        f"t = f'{{a}}' + g('ü', {BLANK})  # blank 1 of 1: it"
    ),
    "t = f'{a}'  # blank: f'{a}'  # all of it": f"t = {BLANK}  # blank 1 of 1: all of it",
    "s = sum(x for x in y)  # blank: x for x in y  # each": (
        f"s = sum({BLANK})  # blank 1 of 1: each"
    ),
    "f = lambda x: x * 2  # blank: x * 2  # twice": f"f = lambda x: {BLANK}  # blank 1 of 1: twice",
    "model.train()  # blank: model.train()  # dropout on": f"{BLANK}  # blank 1 of 1: dropout on",
    "x, y = y, x  # blank: y, x  # exchanged": f"x, y = {BLANK}  # blank 1 of 1: exchanged",
    "x = x + 1  # blank: x  # the old one": f"x = {BLANK} + 1  # blank 1 of 1: the old one",
    "f(k=k)  # blank: k  # the value": f"f(k={BLANK})  # blank 1 of 1: the value",
}


@pytest.mark.parametrize("source", ONE_LINE)
def test_a_blank_takes_the_place_of_the_answer(source):
    assert form(source) == [ONE_LINE[source]]


SEVERAL_LINES = {
    "a = 1  # blank: 1  # one\n### BEGIN SOLUTION: two lines\nb = 2\nc = 3\n### END SOLUTION\nd = 4  # blank: 4  # 4": [
        f"a = {BLANK}  # blank 1 of 3: one",
        f"{BLANK}  # blank 2 of 3: two lines",
        f"d = {BLANK}  # blank 3 of 3: 4",
    ],
    "def f(x):\n    ### BEGIN SOLUTION: the square\n    y = x * x  # ü\n\n    return y\n    ### END SOLUTION": [
        "def f(x):",
        f"    {BLANK}  # blank 1 of 1: the square",
    ],
    "y = f(a,  # blank: f(a, b)  # a call\n      b)": [f"y = {BLANK}  # blank 1 of 1: a call"],
    "y = f(a,\n      b)  # blank: f(a, b)  # a call": [f"y = {BLANK}  # blank 1 of 1: a call"],
    "y = f(  # blank: f(a, b)  # a call\n    a,  # the first\n    b,\n)": [
        f"y = {BLANK}  # blank 1 of 1: a call"
    ],
    "y = a + \\\n    b  # blank: a + b  # a sum": [f"y = {BLANK}  # blank 1 of 1: a sum"],
    "y = f(a,\n      b) + c  # blank: c  # c  # blank: f(a, b)  # a call": [
        f"y = {BLANK} + {BLANK}  # blank 1 of 2: a call  # blank 2 of 2: c"
    ],
    "y = f(\n    shuffle=True,  # blank: True  # yes?\n)": [
        "y = f(",
        f"    shuffle={BLANK},  # blank 1 of 1: yes?",
        ")",
    ],
    "@decorated(2)  # blank: 2  # twice\ndef f(): ...": [
        f"@decorated({BLANK})  # blank 1 of 1: twice",
        "def f(): ...",
    ],
    "with torch.no_grad():  # blank: torch.no_grad()  # no gradients\n    x": [
        f"with {BLANK}:  # blank 1 of 1: no gradients",
        "    x",
    ],
    'x = """\n# blank: 1  # no mark\n### BEGIN SOLUTION\n"""\ny = 2  # blank: 2  # two': [
        'x = """',
        "# blank: 1  # no mark",
        "### BEGIN SOLUTION",
        '"""',
        f"y = {BLANK}  # blank 1 of 1: two",
    ],
    "%matplotlib inline\nfiles = !ls\nx = 2  # blank: 2  # two\nf?": [
        "%matplotlib inline",
        "files = !ls",
        f"x = {BLANK}  # blank 1 of 1: two",
        "f?",
    ],
    "x = (7\n     %3)  # blank: 3  # three": ["x = (7", f"     %{BLANK})  # blank 1 of 1: three"],
}


@pytest.mark.parametrize("source", SEVERAL_LINES)
def test_answers_may_have_several_lines(source):
    assert form(source) == SEVERAL_LINES[source]


def test_the_number_stands_first_but_for_a_cell_magic():
    assert student_form("x = 1  # blank: 1  # one", "3.2").startswith("# Exercise 3.2\nx = ")
    assert student_form("%%time\nx = 1  # blank: 1  # one", "3.2").startswith(
        "%%time\n# Exercise 3.2\nx = "
    )


def test_a_hint_that_would_run_off_the_page_stands_above_its_line():
    long = "a long hint " * 5 + "ends"
    assert form(f"def f():\n    answer = 3 * 4  # blank: 3 * 4  # {long}")[1:] == [
        f"    # blank 1 of 1: {long}",
        f"    answer = {BLANK}",
    ]
    lines = form(f"answer = f(3, 4)  # blank: 3  # {long}  # blank: 4  # four")
    assert lines == [
        f"# blank 1 of 2: {long}",
        "# blank 2 of 2: four",
        f"answer = f({BLANK}, {BLANK})",
    ]


def test_a_long_hint_does_not_get_into_a_text_of_several_lines():
    long = "a long hint " * 6 + "ends"
    text = f'x = """a\nb""".join(y)  # blank: y  # {long}'
    assert form(text) == ['x = """a', f'b""".join({BLANK})  # blank 1 of 1: {long}']


@pytest.mark.parametrize("source", [*ONE_LINE, *SEVERAL_LINES])
def test_the_solution_has_no_marks_and_comes_back_from_its_answers(source):
    solution = solution_form(source)
    assert "# blank: " not in solution.replace("'# blank: x'", "").replace(
        "# blank: 1  # no mark", ""
    )
    assert "### END" not in solution
    if "%" not in source or "%3" in source:
        assert ast.dump(ast.parse(solution)) == ast.dump(ast.parse(source))
        assert ast.dump(ast.parse(fill(source, answers(source)))) == ast.dump(ast.parse(source))


def test_a_student_types_into_the_blanks():
    source = (
        "def f(x):\n    y = g(x, 2)  # blank: 2  # two\n"
        "    ### BEGIN SOLUTION: the rest\n    y += 1\n    return y\n    ### END SOLUTION"
    )
    assert answers(source) == ["2", "y += 1\nreturn y"]
    assert (
        fill(source, ["3 + 4", None]) == "def f(x):\n    y = g(x, 3 + 4)\n    y += 1\n    return y"
    )
    filled = fill(source, [None, "if x:\n    return x\nreturn y"])
    assert filled == "def f(x):\n    y = g(x, 2)\n    if x:\n        return x\n    return y"
    assert fill(source, [None, "    if x:\n        return x\n    return y"]) == filled
    assert fill("%%time\nx = 1  # blank: 1  # one", ["2"]) == "%%time\nx = 2"
    with pytest.raises(ValueError, match="1 texts for 2 blanks"):
        fill(source, ["3"])


WRONG = {
    "x = 1  # blank: 2  # two": (1, "'2' does not stand on its line"),
    "x = 1\ny = 2  # blank: 1  # one": (2, "'1' does not stand on its line"),
    "x = 'a'  # blank: a  # a letter": (1, "'a' does not stand on its line"),
    "x = ab  # blank: a  # a letter": (1, "'a' does not stand on its line"),
    "x = 1  # 2  # blank: 2  # two": (1, "'2' does not stand on its line"),
    "x = 1 + 1  # blank: 1  # one": (
        1,
        r"stands 2 times.*blank\[N\]: 1  # one` with N from 1 to 2",
    ),
    "x = 1 + 1  # blank[3]: 1  # one": (1, "N from 1 to 2"),
    "x = 1  # blank[0]: 1  # one": (1, "N from 1 to 1"),
    "x = a + b * c  # blank: a + b  # a sum": (1, "no whole expression"),
    "x = a - b - c  # blank: b - c  # a difference": (1, "no whole expression"),
    "x = a and b and c  # blank: a and b  # both": (1, "no whole expression"),
    "x = 0 < a < 1  # blank: a < 1  # less": (1, "no whole expression"),
    "x = 1  # blank: x  # a name": (1, "no whole expression"),
    "f(key=1)  # blank: key  # a keyword": (1, "no whole expression"),
    "x = a.b  # blank: b  # an attribute": (1, "no whole expression"),
    "import numpy  # blank: numpy  # a module": (1, "no whole expression"),
    "def f(x): ...  # blank: f  # a name": (1, "no whole expression"),
    "def f(x): ...  # blank: x  # a parameter": (1, "no whole expression"),
    "for x in y: ...  # blank: x  # a target": (1, "no whole expression"),
    "del x  # blank: x  # a name": (1, "no whole expression"),
    "x = w[1:2]  # blank: [1:2]  # a slice": (1, "not a Python expression"),
    "x = [1, 2]  # blank: 1, 2]  # two": (1, "not a Python expression"),
    "x = 1  # blank: x = 1  # a statement": (1, "not a Python expression"),
    "x = 1  # blank: 1": (1, "'1' has no hint"),
    "x = f(1, 2)  # blank: 1  # blank: 2  # two": (1, "'1' has no hint"),
    "x = 1  # blank:  # one": (1, "'' has no text"),
    "x = f(a)  # blank: f(a)  # all  # blank: a  # a part": (1, "overlaps"),
    "x = 1  #blank: 1  # one": (1, "looks like a mark but is none"),
    "x = 1  # Blank: 1  # one": (1, "looks like a mark but is none"),
    "x = 1  # blank : 1  # one": (1, "looks like a mark but is none"),
    "x = 1  # blank 1 of 1: one": (1, "looks like a mark but is none"),
    "x = f(1, 2)  # blank: 1  # one  # Blank: 2  # two": (1, "looks like a mark but is none"),
    "x = f(1, 2)  # Blank: 1  # one  # blank: 2  # two": (1, "looks like a mark but is none"),
    "y = 1\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION": (2, "looks like a mark but is none"),
    "# BEGIN SOLUTION: x\nx = 1": (1, "looks like a mark but is none"),
    "x = 1  ### BEGIN SOLUTION: x\ny = 1\n### END SOLUTION": (1, "looks like a mark but is none"),
    "### BEGIN SOLUTION: a\nx = 1\n### End solution": (3, "a mark within a solution"),
    "y = 1\n### BEGIN SOLUTION: a\nx = 1": (2, "without END SOLUTION"),
    "x = 1\n### END SOLUTION": (2, "END SOLUTION without"),
    "### BEGIN SOLUTION: a\nx\n### BEGIN SOLUTION: b\n### END SOLUTION": (3, "within a solution"),
    "### BEGIN SOLUTION: a\nx = 1  # blank: 1  # one\n### END SOLUTION": (
        2,
        "a mark within a solution",
    ),
    "### BEGIN SOLUTION: a\n\n# nothing\n### END SOLUTION": (1, "nothing stands between"),
    "### BEGIN SOLUTION: a\nfor x in y:\n### END SOLUTION\n    z": (1, "would not be valid Python"),
    f"x = f(1, {BLANK})  # blank: 1  # one": (1, "stands in the solution"),
    "y = 1\nx = = 2": (2, "not valid Python"),
    "%%bash\nls": (1, "%%bash runs no Python"),
    "y = 1\n%time x = 1  # blank: 1  # one": (2, "on the line of a magic"),
    "%%time  # blank: 1  # one\nx = 1": (1, "on the line of a magic"),
}


@pytest.mark.parametrize("source", WRONG)
def test_a_wrong_mark_is_named_with_its_line_and_a_cure(source):
    line, words = WRONG[source]
    with pytest.raises(MarkingError, match=words) as raised:
        student_form(source, "1.1")
    assert raised.value.line == line
    assert ":" in raised.value.reason


def exercises_in(folder: Path, *cells: str, name: str = "3-nets.md") -> list[Exercise]:
    """The exercises of a page of texts and cells, `chapters/name`."""
    (folder / name).write_text(FRONT + "\n\n".join(cells) + "\n", encoding="utf-8")
    return list(replace(read_page(folder / name), file=Path("chapters", name)).exercises)


def cell(*lines: str) -> str:
    return "\n".join(["```{code-cell} python", *lines, "```"])


def exercise(name: str, *code: str) -> str:
    return cell(":tags: [exercise]", f":label: ex-{name}", f":title: About {name}", *code)


def test_exercises_are_numbered_and_know_their_lines(tmp_path):
    first = exercise("one", ":kind: predict", "", "x = 1  # blank: 1  # one")
    second = exercise("two", "y = f(1, 2)  # blank: 1  # one  # blank: 2  # two")
    found = exercises_in(tmp_path, "# Nets", first, "Text.", cell("z = 1"), second)
    assert [(e.id, e.label, e.title, e.kind) for e in found] == [
        ("one", "ex-one", "About one", "predict"),
        ("two", "ex-two", "About two", ""),
    ]
    assert [(e.number, e.blanks, e.cell) for e in found] == [("3.1", 1, 1), ("3.2", 2, 4)]
    text = (tmp_path / "3-nets.md").read_text().splitlines()
    for each in found:
        assert text[each.line - 1] == ":tags: [exercise]"
        assert text[each.code_line - 1] == each.source.split("\n")[0]


def test_a_page_without_a_number_counts_its_exercises(tmp_path):
    only = exercise("a", "x = 1  # blank: 1  # one")
    assert [e.number for e in exercises_in(tmp_path, only, name="nets.md")] == ["1"]


FAULTS = {
    "a mark below others": (
        [exercise("a", "x = 1", "", "y = 2  # blank: 3  # three")],
        13,
        "does not stand",
    ),
    "no label": (
        [cell(":tags: [exercise]", ":title: A", "x = 1  # blank: 1  # one")],
        8,
        ":label:",
    ),
    "no title": (
        [cell(":tags: [exercise]", ":label: ex-a", "x = 1  # blank: 1  # one")],
        8,
        ":title:",
    ),
    "no blank": ([exercise("a", "x = 1")], 11, "has no blank"),
    "another label": (
        [cell(":tags: [exercise]", ":label: one", ":title: A", "x = 1  # blank: 1  # one")],
        8,
        "'one' does not fit",
    ),
    "no exercise": (
        [cell(":tags: [hide-input]", "x = 1", "y = 2  # blank: 2  # two")],
        10,
        "outside an exercise",
    ),
    "no exercise, a block": (
        [cell("### BEGIN SOLUTION: x", "x", "### END SOLUTION")],
        8,
        "outside an exercise",
    ),
    "no exercise, no Python": (
        [cell(":tags: [raises-exception]", "x = = 1  # blank: 1")],
        9,
        "outside an exercise",
    ),
    "in a directive": (
        ["# A\n\n:::{note}\nSee:\n\n```{code-cell} python\nx\n```\n:::"],
        12,
        "never runs",
    ),
    "in a list": (["- Item\n\n  ```{code-cell} python\n  x\n  ```"], 9, "never runs"),
    "in a quotation": (["> ```{code-cell} python\n> x\n> ```"], 7, "never runs"),
    "between colons": ([":::{code-cell} python\nx\n:::"], 7, "never runs"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_wrong_page_is_named_with_file_and_line(tmp_path, name):
    cells, line, words = FAULTS[name]
    with pytest.raises(BookError, match=rf"^chapters/3-nets.md:{line}: .*{words}"):
        exercises_in(tmp_path, *cells, cell("last = 1"))


def test_what_only_looks_like_a_code_cell_is_left_alone(tmp_path):
    shown = "````md\n```{code-cell} python\nx\n```\n````"
    raw = "````{code-block} md\n```{code-cell} python\nx\n```\n````"
    comment = "<!--\n```{code-cell} python\nx\n```\n-->"
    directive = ":::{note}\n```python\nx\n```\n:::\n\n:::{note}\nText\n:::"
    harmless = cell("x = '# blank: 1  # one'  # blank lines follow", "print('### BEGIN SOLUTION')")
    assert exercises_in(tmp_path, shown, raw, comment, directive, harmless) == []
