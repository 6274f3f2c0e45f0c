"""What an open blank says in a real IPython shell, wherever it stands, and what later cells say of
it.
"""

import subprocess
import sys

import pytest
from bookkit.exercises.blanks import BLANK, OpenBlank, install, open_blanks
from bookkit.system.files import without_colours
from IPython.core.interactiveshell import InteractiveShell

FIRST = "Exercise 1.1, blank 1 of 2 is still open: the sum"
SECOND = "Exercise 1.1, blank 2 of 2 is still open: the product"
ONE = "Exercise 1.1, blank 1 of 1 is still open: a number"
NOTE = "  # blank 1 of 1: a number"


@pytest.fixture(scope="module")
def one_shell():
    shell = InteractiveShell()
    install(shell)
    install(shell)  # a second time changes nothing
    return shell


@pytest.fixture
def shell(one_shell):
    one_shell.reset()
    return one_shell


@pytest.fixture
def run(shell, capsys):
    """A function from a cell's text to its error, None if there is none, and what it printed."""

    def run(cell: str):
        result = shell.run_cell(cell)
        return result.error_before_exec or result.error_in_exec, without_colours(
            capsys.readouterr().out
        )

    return run


def exercise(code: str, title: str = "# Exercise 1.1") -> str:
    return f"{title}\n{code}"


@pytest.mark.parametrize(
    "code",
    [
        f"x = {BLANK}{NOTE}",
        f"{BLANK}{NOTE}",
        f"# blank 1 of 1: a number\nx = {BLANK}",
        f"print({BLANK}){NOTE}",
        f"print('a', end={BLANK}){NOTE}",
        f"x = 1 + {BLANK} * 2{NOTE}",
        f"x = [1, 2][{BLANK}]{NOTE}",
        f"x = {BLANK}.shape{NOTE}",
        f"x = 'text'.{BLANK}(){NOTE}",
        f"x = {BLANK} is None{NOTE}",
        f"x = [i for i in {BLANK}]{NOTE}",
        f"x = (lambda: {BLANK})(){NOTE}",
        f"def f(x={BLANK}):{NOTE}\n    pass",
        f"def f(x: {BLANK}):{NOTE}\n    pass",
        f"@{BLANK}{NOTE}\ndef f():\n    pass",
        f"def f():\n    {BLANK}{NOTE}\nf()",
        f"def f():\n    # blank 1 of 1: a number\n    return 3 * {BLANK}\nf()",
        f"class A:\n    {BLANK}{NOTE}",
        f"class A:\n    width = {BLANK}{NOTE}",
        f"class A:\n    def __init__(self):\n        self.x = {BLANK}{NOTE}\nA()",
        f"if {BLANK}:{NOTE}\n    pass",
        f"for i in range({BLANK}):{NOTE}\n    pass",
        f"with open({BLANK}):{NOTE}\n    pass",
        f"x = f(\n    1,\n    {BLANK},{NOTE}\n)".replace("f(", "print("),
        f"text = '{BLANK}'\nx = {BLANK}{NOTE}",
        f"x = {BLANK}{NOTE}\n%pwd",
    ],
)
def test_a_blank_says_its_number_and_hint_wherever_it_stands(run, code):
    error, said = run(exercise(code))
    assert isinstance(error, OpenBlank)
    assert error.open_blank == str(error) == ONE
    assert ONE in said
    assert "Traceback" not in said and said.count("\n") <= 3


def test_the_name_is_never_defined(run, shell):
    run(exercise(f"x = {BLANK}{NOTE}"))
    assert BLANK not in shell.user_ns and "x" not in shell.user_ns


@pytest.mark.parametrize(
    "line", [f"a, b = {BLANK}, {BLANK}  # blank 1 of 2: the sum  # blank 2 of 2: the product"]
)
def test_several_blanks_of_a_line_are_told_apart(run, line):
    assert open_blanks(exercise(line)) == [FIRST, SECOND]
    assert str(run(exercise(line))[0]) == FIRST


def test_blanks_on_several_lines_are_told_apart_when_some_are_filled(run):
    lines = [f"a = {BLANK}  # blank 1 of 2: the sum", f"# blank 2 of 2: the product\nb = {BLANK}"]
    assert str(run(exercise("\n".join([lines[0].replace(BLANK, "5"), lines[1]])))[0]) == SECOND
    assert str(run(exercise("\n".join([lines[0], lines[1].replace(BLANK, "6")])))[0]) == FIRST


def test_of_two_on_a_line_with_one_filled_both_are_named(run):
    line = f"a, b = 5, {BLANK}  # blank 1 of 2: the sum  # blank 2 of 2: the product"
    error, _ = run(exercise(line))
    assert str(error) == "Exercise 1.1, blank 1 or 2 of 2 is still open: the sum / the product"


def test_a_blank_without_its_note_still_speaks(run):
    assert str(run(exercise(f"x = {BLANK}"))[0]) == "A blank of Exercise 1.1 is still open."
    assert str(run(f"x = {BLANK}")[0]) == "A blank of this cell is still open."


@pytest.mark.parametrize("magic", ["%%time", "%%capture"])
def test_blanks_speak_under_a_cell_magic(run, shell, capsys, magic):
    shell.run_cell(f"{magic}\n{exercise(f'x = {BLANK}{NOTE}')}")
    assert "Exercise 1.1, blank 1 of 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    "code",
    [
        f"{BLANK} = 3",
        f"{BLANK}: int = 3",
        f"{BLANK} += 3",
        f"({BLANK} := 3)",
        f"for {BLANK} in range(3): pass",
        f"import math as {BLANK}",
        f"def {BLANK}(): pass",
        f"class {BLANK}: pass",
        f"def f({BLANK}): pass",
        f"print({BLANK}=3)",
        f"x.{BLANK} = 3",
        f"def f():\n    global {BLANK}",
        f"x = {BLANK}{NOTE}\n{BLANK} = 3",
    ],
)
def test_giving_the_blank_a_value_is_refused_in_words(run, shell, code):
    error, _ = run(exercise(code))
    assert isinstance(error, OpenBlank)
    assert str(error).startswith(f"Exercise 1.1 gives {BLANK} a value. It is not a variable")
    assert BLANK not in shell.user_ns
    assert str(run(exercise(f"x = {BLANK}{NOTE}"))[0]) == ONE, "blanks still speak afterwards"


def test_a_blank_that_the_cell_never_reached_is_named_after_it(run):
    error, said = run(exercise(f"def f():\n    return {BLANK}{NOTE}"))
    assert error is None
    assert said == "Still open: Exercise 1.1, blank 1 of 1: a number\n"


def test_several_that_it_never_reached_are_named_in_one_line(run):
    _, said = run(
        exercise(
            f"def f():\n    a = {BLANK}  # blank 1 of 2: the sum\n    {BLANK}  # blank 2 of 2: the"
            " product"
        )
    )
    assert (
        said == "Still open: Exercise 1.1, blank 1 of 2: the sum; Exercise 1.1, blank 2 of 2: the"
        " product\n"
    )


def test_what_a_verdict_says_already_is_not_said_twice(run):
    verdict = f"import types\ndef f():\n    return {BLANK}{NOTE}\n"
    _, said = run(exercise(f"{verdict}types.SimpleNamespace(text='Still open: {ONE}')"))
    assert said.count("Still open") == 1


def test_a_blank_in_a_function_speaks_when_a_later_cell_calls_it(run):
    run(exercise(f"def f():\n    return {BLANK}{NOTE}"))
    assert str(run("1 + f()")[0]) == ONE


def test_a_later_cell_names_the_blank_that_left_its_name_undefined(run):
    run(exercise(f"x = {BLANK}{NOTE}\ny = x + 1\nfrom math import pi"))
    for name in ("x", "y", "pi"):
        error, said = run(f"print({name})")
        assert isinstance(error, OpenBlank)
        assert str(error) == f"`{name}` does not exist yet. {ONE}"
        assert error.open_blank == ONE
        assert str(error) in said and "NameError" not in said


def test_so_it_does_for_a_name_that_only_the_answer_would_give_and_for_what_stands_on_it(run):
    run("def check(answer):\n    return answer")
    run(exercise(f"def f(count):\n    return count\n{BLANK}{NOTE}\ncheck((x, f(2)))"))
    assert str(run("x")[0]) == f"`x` does not exist yet. {ONE}"
    run("y = x + 1")
    assert str(run("y")[0]) == f"`y` does not exist yet. {ONE}"
    assert type(run("count")[0]) is NameError  # the exercise's own


def test_an_answer_that_does_not_give_the_name_meets_pythons_own_error(run):
    first, second = (exercise(f"{{}}{NOTE}\nx", f"# Exercise 1.{number}") for number in (1, 2))
    run(first.format(BLANK))
    assert type(run(first.format("z = 3"))[0]) is NameError
    run(first.format(BLANK))
    error, _ = run(second.format("z = 3"))  # another exercise is still right about the first one
    assert str(error) == f"`x` does not exist yet. {ONE}"


def test_so_does_a_cell_that_needs_what_that_one_was_to_define_and_a_function_that_was_defined_before(
    run,
):
    run("def use():\n    return x")
    run(exercise(f"x = {BLANK}{NOTE}"))
    run("z = use()")
    error, _ = run("z")
    assert str(error) == f"`z` does not exist yet. {ONE}"


def test_a_filled_exercise_makes_later_names_pythons_business_again(run):
    run(exercise(f"x = {BLANK}{NOTE}"))
    assert run(exercise(f"x = 3{NOTE}"))[0] is None
    assert run("x")[0] is None
    run("del x")
    assert type(run("x")[0]) is NameError


def test_what_a_stopped_cell_left_half_done_is_called_unfinished_and_the_error_shown(run):
    run(exercise(f"x = {BLANK}{NOTE}"))
    run("parts = []\nfor i in range(3):\n    parts.append(x)")
    run("first = parts[:1]")
    error, said = run("first[0]")
    assert isinstance(error, OpenBlank)
    assert str(error) == f"`first` is not finished yet. {ONE}"
    assert said.startswith(str(error)) and "IndexError: list index out of range" in said
    run(exercise(f"x = 3{NOTE}"))
    run("parts = []\nfor i in range(3):\n    parts.append(x)")
    run("first = parts[:1]")
    assert type(run("first[5]")[0]) is IndexError


def test_a_blank_shows_through_the_error_that_a_library_makes_of_it(run):
    code = (
        "def f():\n    try:\n        g()\n    except Exception as error:\n        raise"
        " ValueError('inside') from error"
    )
    run(f"{code}\ndef g():\n    return {BLANK}{NOTE}".replace("def f", "# Exercise 1.1\ndef f", 1))
    assert str(run("f()")[0]) == ONE


def test_other_errors_stay_as_they_are(run):
    run(exercise(f"x = {BLANK}{NOTE}"))
    error, said = run("no_such_name")
    assert type(error) is NameError and "no_such_name" in said
    assert type(run("def f():\n    q += 1\nf()")[0]) is UnboundLocalError
    error, said = run("1 / 0")
    assert type(error) is ZeroDivisionError and "----> 1" in said
    assert type(run("del no_such_name")[0]) is NameError
    assert isinstance(run("1 +")[0], SyntaxError)
    assert run("1 + 1")[0] is None


def test_a_blank_in_a_loaders_worker_process_speaks():
    code = (
        f"def double(rows):\n    return {BLANK}{NOTE}\n"
        "from torch.utils.data import DataLoader\n"
        "list(DataLoader([1, 2, 3], num_workers=1, collate_fn=double))"
    )
    # in a process of its own: the traceback keeps the worker alive, which would hold open what this
    # process has open
    first = "--InteractiveShellApp.exec_lines=import bookkit.notebook"
    command = [
        sys.executable,
        "-m",
        "IPython",
        "--quick",
        "--no-banner",
        first,
        "-c",
        exercise(code),
    ]
    said = without_colours(
        subprocess.run(command, capture_output=True, text=True, timeout=300).stdout
    )
    assert ONE in said and "Traceback" not in said


def test_outside_ipython_the_notebooks_functions_import_without_a_shell(monkeypatch):
    import importlib

    from bookkit import notebook

    monkeypatch.setattr("IPython.get_ipython", lambda: None)
    importlib.reload(notebook)


HALF = "Exercise 1.1, blank 1 of 1 is half deleted: take out all its underscores"
HALF_DELETED = [
    *(
        "x = ____",
        "x = " + "_" * 12,
        "x = " + "_" * 14,
        f"x = {BLANK}101770",
        f"x = y{BLANK}",
        "x = __",
        "x = ___",
    ),
    *("x = 3" + BLANK, "x = 12" + "_" * 5, f"x = {BLANK} 101770", f"x = 12 {BLANK}", "x = _ _"),
    *(
        "x = 'text'.____()",
        "print('a', end=____)",
        "print('a', ____=3)",
        "____ = 3",
        f"x = 'a' {BLANK}",
        "x = _",
    ),
    *(
        "x = [1, 2][____]",
        "x = (____,\n     )",
        "x = nn.Linear____",
        f"x = f(1) {BLANK}",
        "x = 3__",
        "x = 3_",
    ),
]


@pytest.mark.parametrize("code", HALF_DELETED)
def test_a_half_deleted_blank_is_told_from_an_open_one_also_where_it_leaves_no_python(run, code):
    first, *rest = code.split("\n")
    error, said = run(exercise("\n".join([first + NOTE, *rest])))
    assert isinstance(error, OpenBlank), said
    assert HALF in error.open_blank or "is half deleted" in str(error)
    assert "SyntaxError" not in said and said.count("\n") <= 3


@pytest.mark.parametrize(
    "code",
    [
        "x = __name__",
        "x_ = 3\nx = x_ + 1",
        "_private = 3\nx = _private",
        "for _ in range(3):\n    x = _",
        "_, x = divmod(7, 2)\nx += _",
        "x = [_ for _ in range(3)]",
        "x = (lambda _: _ + 1)(2)",
        "a____b = 3\nx = a____b",
        "x = '____' + \"___\"  # ____ and _",
        "x = 1_000",
        "x = (1).__class__",
    ],
)
def test_honest_names_with_underscores_stay_names(run, code):
    assert run(exercise(code + NOTE)) == (None, "")


def test_a_name_that_an_earlier_cell_gave_is_no_blank(run):
    run("a____ = 3")
    assert run(exercise(f"x = a____{NOTE}")) == (None, "")


def test_outside_exercises_underscores_are_pythons_business(run):
    assert type(run("x = ____")[0]) is NameError
    assert isinstance(run("x = 3____")[0], SyntaxError)


def test_another_syntax_error_beside_an_open_blank_stays_what_it_is(run):
    assert isinstance(run(exercise(f"x = (1\ny = {BLANK}{NOTE}"))[0], SyntaxError)


def test_of_two_blanks_the_half_deleted_one_has_its_own_number(run):
    lines = f"a = {BLANK}  # blank 1 of 2: the sum\nb = ____  # blank 2 of 2: the product"
    assert open_blanks(exercise(lines))[0] == FIRST
    assert open_blanks(exercise(lines))[1].startswith("Exercise 1.1, blank 2 of 2 is half deleted")
    assert open_blanks(exercise(lines.replace(BLANK, "5")))[0].startswith(
        "Exercise 1.1, blank 2 of 2 is half deleted"
    )


def test_of_two_exercises_in_one_cell_each_blank_has_its_own(run):
    cell = f"{exercise('x = 3' + NOTE)}\n{exercise(f'y = {BLANK}{NOTE}', '# Exercise 1.2')}"
    assert str(run(cell)[0]) == ONE.replace("1.1", "1.2")
    assert [text[:12] for text in open_blanks(cell.replace("x = 3", f"x = {BLANK}"))] == [
        "Exercise 1.1",
        "Exercise 1.2",
    ]


def test_an_earlier_value_of_an_exercise_that_is_open_again_is_told_once_where_it_is_used(run):
    run(exercise("x = [3]"))
    run(exercise(f"x = {BLANK}{NOTE}"))
    assert run("y = x")[1] == f"Note: `x` still has the value of an earlier run. {ONE}\n"
    assert run("z = x")[1] == ""
    run(exercise(f"x = [4]{NOTE}"))
    assert run("y = x")[1] == ""


def test_a_name_that_the_open_cell_gave_anew_is_not_called_old(run):
    run(exercise("a = [1]\nx = [3]"))
    run(exercise(f"a = [2]\nx = {BLANK}{NOTE}"))
    assert run("b = a")[1] == ""


def test_after_a_wrong_verdict_an_error_further_down_names_the_exercise(run):
    verdict = "import types\nx = [3]\ntypes.SimpleNamespace(kind='{}', text='')"
    run(exercise(verdict.format("wrong")))
    error, said = run("x[5]")
    assert type(error) is IndexError
    assert said.endswith(
        "`x` comes from Exercise 1.1, where the check did not find the answer right yet.\n"
    )
    run(exercise(verdict.format("right")))
    assert "Exercise" not in run("x[5]")[1]
