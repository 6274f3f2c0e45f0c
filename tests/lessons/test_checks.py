"""Checks: what they accept, what they say, and that nothing thrown at them comes back as an error
or as right.
"""

import contextlib
import dataclasses
import itertools
import math
import random
import re
import time
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import pandas as pd
import pytest
import torch
from bookkit.exercises.verdict import MIME, Unreadable, judge
from jupyter_client.manager import start_new_kernel
from lessons.checks import EXERCISES, Exercise, Wrong, answers, check
from torch import nn

ROOT = Path(__file__).parents[2]
OBJECTS = 1000
LETTERS = "abcdefghijklmnopqrstuvwxyzäß _.,;"


class Hostile:
    """Raises wherever it is asked for anything."""

    def __init__(self, error: type[BaseException]):
        object.__setattr__(self, "error", error)

    def _raise(self, *arguments, **options):
        raise object.__getattribute__(self, "error")("hostile")

    __eq__ = __ne__ = __lt__ = __bool__ = __len__ = __iter__ = __call__ = __float__ = __int__ = (
        _raise
    )
    __index__ = __array__ = __getattr__ = __getitem__ = __str__ = __repr__ = __add__ = __neg__ = (
        _raise
    )
    __hash__ = None
    __class__ = property(_raise)


class AlwaysEqual:
    """Says yes to everything."""

    def __eq__(self, other):
        return True

    __ne__ = __lt__ = __gt__ = __le__ = __ge__ = __contains__ = __eq__
    __hash__ = None

    def __getattr__(self, name):
        return AlwaysEqual()

    def __call__(self, *arguments, **options):
        return AlwaysEqual()

    def __bool__(self):
        return True


class Unsayable(Exception):
    """Cannot even be printed."""

    def __str__(self):
        raise RuntimeError("no words")


def unsayable(*arguments, **options):
    raise Unsayable


class Broken(nn.Module):
    """A network that cannot be made."""

    def __init__(self):
        raise SystemExit(3)


def some_number(draw: random.Random) -> float | int | complex:
    far = draw.choice([-1, 1]) * draw.randrange(
        10**8, 10**12
    )  # far from any number that an exercise asks for
    return draw.choice(
        [
            far,
            float(far),
            math.nan,
            math.inf,
            -math.inf,
            draw.random() * 1e-3 + 7e5,
            complex(far, 1),
        ]
    )


def some_text(draw: random.Random) -> str:
    return "".join(draw.choices(LETTERS, k=draw.choice([0, *range(6, 40)])))


def some_shape(draw: random.Random) -> list[int]:
    return [draw.choice([0, 1, 2, 3, 11, 28]) for _ in range(draw.randrange(0, 5))]


def some_tensor(draw: random.Random) -> torch.Tensor:
    kind = draw.choice(
        [
            torch.float32,
            torch.float16,
            torch.bfloat16,
            torch.int64,
            torch.uint8,
            torch.bool,
            torch.complex64,
        ]
    )
    shape = some_shape(draw)
    values = (
        torch.rand(shape, generator=torch.Generator().manual_seed(draw.randrange(2**31))) * 1e6
        + 7e5
    )
    tensor = (values % 200 if kind == torch.uint8 else values).to(kind)
    other = [tensor.to("meta"), torch.full(shape, math.nan), torch.ones(shape, requires_grad=True)]
    return draw.choice([tensor, tensor, *other, *([tensor.to_sparse()] if tensor.dim() else [])])


def some_array(draw: random.Random) -> np.ndarray:
    values = np.full(some_shape(draw), draw.choice([7e5, math.nan, -3e8]))
    return draw.choice(
        [values, values.astype(object), values.astype(str), values.astype("datetime64[s]")]
    )


def some_module(draw: random.Random) -> nn.Module:
    made = [
        nn.Identity(),
        nn.Linear(3, 2),
        nn.Conv2d(2, 5, 3),
        nn.Sequential(),
        nn.Flatten(0),
        nn.LSTM(3, 3),
        nn.Module(),
    ]
    return draw.choice(made)


def some_function(draw: random.Random):
    result = draw.choice([None, "no", 7e5, torch.zeros(2), Hostile(ValueError)])
    return draw.choice(
        [
            lambda *a, **k: result,
            unsayable,
            partial(print, "x"),
            lambda: result,
            len,
            print,
            Hostile,
            Broken,
        ]
    )


def some_container(draw: random.Random):
    items = [some_thing(draw, 0) for _ in range(draw.randrange(0, 6))]
    keyed = {some_text(draw): item for item in items}
    endless: list = []
    endless.append(endless)
    return draw.choice(
        [items, tuple(items), keyed, iter(items), pd.Series(items, dtype=object), endless, {1, 2}]
    )


def some_other(draw: random.Random):
    errors = [
        ValueError,
        RecursionError,
        SystemExit,
        MemoryError,
        StopIteration,
        GeneratorExit,
        Unsayable,
    ]
    made = [Hostile(error) for error in errors] + [
        AlwaysEqual(),
        object(),
        math,
        ValueError("x"),
        Ellipsis,
        NotImplemented,
    ]
    other = [
        None,
        b"bytes",
        Decimal("7e9"),
        Fraction(10**9, 7),
        np.datetime64("2020-01-01"),
        pd.DataFrame({"a": ["x"]}),
    ]
    return draw.choice(
        made
        + other
        + [torch.float32, torch.device("cpu"), torch.Generator(), range(0), type, int, nn.Linear]
    )


def some_thing(draw: random.Random, depth: int = 1):
    """Return a random object; ``depth`` allows containers."""
    kinds = [
        some_number,
        some_text,
        some_tensor,
        some_array,
        some_module,
        some_function,
        some_other,
    ]
    return draw.choice(kinds + [some_container] * depth)(draw)


@pytest.mark.parametrize("exercise", EXERCISES)
@pytest.mark.parametrize("objects", [OBJECTS // 10, pytest.param(OBJECTS, marks=pytest.mark.soak)])
def test_nothing_thrown_at_a_check_is_right_or_comes_back_as_an_error(exercise, objects):
    draw = random.Random(exercise)
    for number in range(objects):
        verdict = check(exercise, some_thing(draw))
        assert verdict.kind == "wrong" and verdict.text.strip(), number


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_every_exercise_knows_at_least_three_wrong_answers_with_hints_of_their_own(exercise):
    assert len(exercise.wrong) >= 3
    said = [exercise.praise, exercise.otherwise, *(wrong.hint for wrong in exercise.wrong)]
    assert len(set(said)) == len(said) and all(
        20 <= len(text) <= 300 and "!" not in text for text in said
    )
    names = [wrong.name for wrong in exercise.wrong]
    assert len(set(names)) == len(names) and all(names)
    typed = [wrong.typed for wrong in exercise.wrong]
    assert len(set(typed)) == len(typed) and all(
        any(entry is not None for entry in entries) for entries in typed
    )


def test_the_book_has_thirty_exercises_and_a_hundred_wrong_answers():
    assert len(EXERCISES) >= 30
    assert sum(len(exercise.wrong) for exercise in EXERCISES.values()) >= 100


# An exercise of the tests' own: how many sides has a square?

SQUARE = Exercise(
    id="square",
    read=answers.whole,
    right=answers.equals(4),
    praise="As many as it has corners.",
    wrong=(Wrong("a triangle", ("3",), "This is a triangle.", answers.equals(3)),),
    otherwise="Draw it and count.",
)


@pytest.mark.parametrize(
    "answer",
    [
        4,
        4.0,
        Fraction(4),
        np.int8(4),
        np.float16(4),
        np.array([[4]]),
        torch.tensor(4),
        torch.tensor([4.0], dtype=torch.bfloat16),
        torch.tensor(4.0, requires_grad=True),
    ],
)
def test_a_number_counts_in_every_form(answer):
    assert judge(SQUARE, answer)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (3, "This is a triangle."),
        (5, "Draw it and count."),
        (4.5, "a whole number, but got 4.5"),
        ("4", "a number, but got a str"),
        (True, "a number, but got a bool"),
        (None, "a number, but got None"),
        (math.nan, "a finite number, but got nan"),
        (torch.tensor([4, 4]), "one number, but got a tensor of shape (2,)"),
        ([4], "a number, but got a list"),
    ],
)
def test_what_is_wrong_is_said(answer, words):
    verdict = judge(SQUARE, answer)
    assert not verdict and words in verdict.text
    assert repr(verdict) == f"Not yet: {verdict.text}"


def test_a_verdict_shows_itself_as_text_page_and_data():
    bundle = judge(SQUARE, 4)._repr_mimebundle_()
    assert bundle["text/plain"] == "Right: As many as it has corners."
    assert 'data-exercise="square" data-verdict="right"' in bundle["text/html"]
    assert bundle[MIME] == {
        "exercise": "square",
        "verdict": "right",
        "text": "As many as it has corners.",
    }


def test_a_verdict_names_the_mistake_that_it_knows_and_where_the_book_treats_it():
    known = dataclasses.replace(SQUARE.wrong[0], see="mis-triangles")
    stopped = Wrong("no call", ("f",), "Call it.", stops=lambda error: True, see="")
    exercise = dataclasses.replace(SQUARE, wrong=(known, stopped))
    told = judge(exercise, 3)._repr_mimebundle_()[MIME]
    assert (told["mistake"], told["see"]) == ("a triangle", "mis-triangles")
    assert "mistake" not in judge(exercise, 5)._repr_mimebundle_()[MIME]
    call = dataclasses.replace(
        exercise, read=answers.function, right=lambda f: f(1) == 2, look=lambda f: f
    )
    told = judge(call, lambda x: 1 / 0)._repr_mimebundle_()[MIME]
    assert (told["mistake"], told["see"]) == ("no call", "")


def test_every_box_that_a_hint_leads_to_is_in_the_book():
    labels = {
        label
        for file in (ROOT / "chapters").rglob("*.md")
        for label in re.findall(r"^\((mis-[a-z-]+)\)=$", file.read_text("utf-8"), re.MULTILINE)
    }
    named = {wrong.see for exercise in EXERCISES.values() for wrong in exercise.wrong} - {""}
    assert named and named <= labels


def test_what_an_answer_raises_is_quoted_and_escaped():
    exercise = Exercise(
        "call", answers.function, lambda f: f(1) == 2, "Fine.", (), "Look at it again."
    )

    def fails(x):
        raise ValueError("<b>no</b>")

    verdict = judge(exercise, fails)
    said = (
        'Your answer stops with ValueError: <b>no</b>, in the line `raise ValueError("<b>no</b>")`.'
    )
    assert verdict.text == said
    assert "&lt;b&gt;no&lt;/b&gt;" in verdict._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize("blank", ["_____________", "____"])
def test_a_blank_inside_a_function_is_told_apart(blank):
    exercise = Exercise(
        "call", answers.function, lambda f: f(1) == 2, "Fine.", (), "Look at it again."
    )
    made = {}
    exec(f"def double(x):\n    return x * {blank}", made)
    verdict = judge(exercise, made["double"])
    assert verdict.kind == "open" and not verdict


def test_the_words_of_a_notebooks_open_blank_are_kept_wherever_it_was_raised():
    exercise = Exercise(
        "call", answers.function, lambda f: f(1) == 2, "Fine.", (), "Look at it again."
    )

    class OpenBlank(NameError):
        open_blank = "Exercise 1.1, blank 1 of 2 is still open: the factor"

    def double(x):
        try:
            raise OpenBlank
        except NameError as error:
            raise RuntimeError("in a worker") from error

    assert judge(exercise, double).text == OpenBlank.open_blank


def test_an_answer_leaves_no_traces():
    def noisy(x):
        print("noise")
        random.random(), np.random.rand(), torch.rand(3)
        torch.set_grad_enabled(False)
        return 2

    exercise = Exercise(
        "call", answers.function, lambda f: f(1) == 2, "Fine.", (), "Look at it again."
    )
    before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    assert judge(exercise, noisy)
    after = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    assert before == after and torch.is_grad_enabled()


def test_an_interrupt_goes_through():
    def endless(x):
        raise KeyboardInterrupt

    exercise = Exercise(
        "call", answers.function, lambda f: f(1) == 2, "Fine.", (), "Look at it again."
    )
    with pytest.raises(KeyboardInterrupt):
        judge(exercise, endless)


@pytest.mark.parametrize(
    "name", ["dense-parameter", "ex-dense-parameters", None, 3, ["dense-parameters"]]
)
def test_an_unknown_exercise_is_named_with_the_nearest(name):
    with pytest.raises(LookupError, match="There is no exercise") as error:
        check(name, 3)
    assert "did you mean 'dense-parameters'" in str(error.value) or not isinstance(name, str)


@pytest.mark.parametrize(
    ("reader", "answer", "expected"),
    [
        (answers.wholes, torch.Size([2, 3]), (2, 3)),
        (answers.wholes, np.array([2.0, 3.0]), (2, 3)),
        (answers.wholes, [2, torch.tensor(3)], (2, 3)),
        (answers.word, " The same. ", "the same"),
        (answers.words, ["B", "a"], {"a", "b"}),
        (answers.words, "A", {"a"}),
        (answers.several(answers.whole, answers.word), (4, "X"), (4, "x")),
    ],
)
def test_readers_take_what_stands_for_the_same(reader, answer, expected):
    assert reader(answer) == expected


@pytest.mark.parametrize(
    "answer",
    [
        [[1, 2], [3, 4]],
        np.array([[1, 2], [3, 4]]),
        torch.tensor([[1, 2], [3, 4]], dtype=torch.bfloat16),
        [torch.tensor([1, 2]), torch.tensor([3.0, 4.0])],
        pd.DataFrame({"a": [1, 3], "b": [2, 4]}),
    ],
)
def test_an_array_is_read_from_whatever_holds_it(answer):
    assert answers.same(answers.array(answer), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))


@pytest.mark.parametrize(
    ("reader", "answer"),
    [
        (answers.wholes, "23"),
        (answers.wholes, {2, 3}),
        (answers.wholes, torch.tensor(3)),
        (answers.wholes, itertools.count()),
        (answers.wholes, range(10**12)),
        (answers.word, 3),
        (answers.words, [1]),
        (answers.array, "abc"),
        (answers.array, [[1], [2, 3]]),
        (answers.array, None),
        (answers.function, 3),
        (answers.network, "SimpleCNN"),
        (answers.network, nn.functional.relu),
        (answers.several(answers.whole, answers.whole), (1, 2, 3)),
    ],
)
def test_readers_say_what_they_cannot_read(reader, answer):
    with pytest.raises(Unreadable, match="This asks for"):
        reader(answer)


@pytest.mark.parametrize(
    "answer", [range(10**12), torch.zeros(1).expand(10**10), [[0] * 2_000_000]]
)
def test_far_too_many_numbers_are_not_looked_at(answer):
    with pytest.raises(Unreadable, match="far more numbers than were asked for"):
        answers.array(answer)


def test_a_network_is_judged_on_a_copy():
    own = nn.Linear(2, 1).double()
    copy = answers.network(own)
    copy.weight.data.zero_()
    assert (
        own.weight.abs().sum() > 0
        and own.weight.dtype == torch.float64
        and copy.weight.dtype == torch.float32
    )
    assert isinstance(answers.network(nn.Identity), nn.Identity)


# What every check does, whatever it asks

CALL = Exercise("call", answers.function, lambda f: f(1) == 2, "Fine.", (), "Look at it again.")


def test_an_error_of_the_answer_comes_first_and_a_hint_follows_only_if_it_fits_that_error():
    known = Wrong(
        "a",
        ("x",),
        "The name is taken from elsewhere.",
        stops=lambda error: isinstance(error, NameError),
    )
    other = Wrong("b", ("y",), "It gives no number at all.", shows=lambda f: True)
    exercise = Exercise(
        "call", answers.function, lambda f: f(1) == 2, "Fine.", (other, known), "Look."
    )
    said = judge(exercise, lambda x: elsewhere + x).text  # noqa: F821
    assert said.startswith("Your answer stops with NameError: name 'elsewhere' is not defined")
    assert said.endswith("The name is taken from elsewhere.")
    assert judge(exercise, lambda x: 1 / 0).text.startswith(
        "Your answer stops with ZeroDivisionError: division by zero"
    )
    assert other.hint not in judge(exercise, lambda x: 1 / 0).text
    assert judge(exercise, lambda x: 3).text == "It gives no number at all."


def endless(x):
    while True:
        pass


def stubborn(x):
    while True:
        with contextlib.suppress(Exception):
            time.sleep(0.01)


def drowsy(x):
    """Works a little, then sleeps, for five seconds in all."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        sum(range(40_000))
        time.sleep(0.01)
    return x + 1


@pytest.mark.parametrize("answer", [endless, stubborn, drowsy, lambda x: time.sleep(60)])
def test_an_answer_that_does_not_end_is_stopped(monkeypatch, answer):
    monkeypatch.setattr("bookkit.exercises.verdict.SHARE", 0.15)
    assert "did not end within two seconds" in judge(CALL, answer).text


def test_an_answer_that_waits_for_a_processor_is_not_stopped(monkeypatch):
    monkeypatch.setattr("bookkit.exercises.verdict.SHARE", 0.15)
    monkeypatch.setattr("bookkit.exercises.time_limit._delay", time.monotonic)  # others have it
    assert judge(CALL, lambda x: time.sleep(1) or x + 1).text == "Fine."


def nest(depth):
    inner = [0] * 10
    for _ in range(depth):
        inner = [inner] * 10
    return inner


class Endless:
    """Says that it holds three values, and never stops giving them."""

    def __len__(self):
        return 3

    def __iter__(self):
        return itertools.repeat(1)


@pytest.mark.parametrize("answer", [nest(12), Endless()])
@pytest.mark.parametrize("exercise", EXERCISES)
def test_objects_without_end_are_not_gone_through(exercise, answer):
    assert check(exercise, answer).kind == "wrong"


class YesTensor(torch.Tensor):
    """Answers yes to whatever is asked of it."""

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return (
            True
            if function is torch.allclose
            else super().__torch_function__(function, types, args, kwargs)
        )


class YesText(str):
    """Equal to everything."""

    __hash__ = str.__hash__

    def __eq__(self, other):
        return True


@pytest.mark.parametrize(
    "answer",
    [
        YesTensor(),
        torch.zeros(4).as_subclass(YesTensor),
        torch.zeros(3, 3).as_subclass(YesTensor),
        YesText("x"),
        MagicMock(spec=nn.Module),
        MagicMock(spec=float),
        MagicMock(),
    ],
    ids=["empty", "four", "window", "text", "network", "number", "anything"],
)
@pytest.mark.parametrize("exercise", EXERCISES)
def test_what_says_yes_to_everything_is_right_nowhere(exercise, answer):
    assert not check(exercise, answer) and not check(exercise, lambda *a, **k: answer)


@pytest.mark.parametrize(
    "value", ["4", b"4", 4 + 0j, np.complex64(4), torch.tensor(4 + 1j), ["4"], YesText("4")]
)
def test_texts_bytes_and_complex_numbers_are_no_numbers(value):
    assert not judge(SQUARE, value)
    with pytest.raises(Unreadable):
        answers.array([[value]])


def test_a_network_that_is_its_own_copy_stays_as_it_is():
    class Own(nn.Linear):
        def __deepcopy__(self, memo):
            return self

    own = Own(2, 1).double()
    with pytest.raises(Unreadable, match="cannot be copied"):
        answers.network(own)
    assert own.weight.dtype == torch.float64


def test_what_an_answer_prints_is_kept_with_the_verdict_and_cut():
    def prints(x):
        print("shape", x)
        return 2

    verdict = judge(CALL, prints)
    assert verdict and verdict.printed.endswith("tried it:\nshape 1")
    long = judge(CALL, lambda x: print("y" * 10_000)).printed
    assert len(long) < 2_200 and "more characters" in long


@pytest.fixture(scope="module")
def notebook():
    """Return a function that runs a cell in a kernel and returns the kinds and texts of what it
    shows.
    """
    manager, client = start_new_kernel(extra_arguments=["--IPKernelApp.log_level=ERROR"])

    def run(source):
        shown = []
        client.execute_interactive(
            source, output_hook=lambda message: shown.append(message["content"]), timeout=120
        )
        return [
            c["data"]["text/plain"] if "data" in c else c.get("text", "")
            for c in shown
            if "data" in c or "text" in c
        ]

    run("from lessons.checks import check")
    yield run
    client.stop_channels()
    manager.shutdown_kernel(now=True)


CHECKED = 'check("side-doubles", 4)'


@pytest.mark.parametrize(
    "cell",
    [
        CHECKED,
        f"{CHECKED};",
        f"verdict = {CHECKED}",
        f"{CHECKED}\nx = 3",
        f"if {CHECKED}:\n    pass",
        f"assert {CHECKED}",
    ],
)
def test_a_verdict_is_shown_once_wherever_the_check_stands(notebook, cell):
    assert [text.startswith("Right:") for text in notebook(cell)] == [True]


def test_a_verdict_that_was_kept_is_shown_again_in_a_later_cell(notebook):
    notebook(f"kept = {CHECKED}")
    assert [text.startswith("Right:") for text in notebook("kept")] == [True]


def test_prints_of_an_answer_and_the_line_of_its_error_are_shown(notebook):
    said = notebook(
        "def find(labels, digit, count):\n    print(labels.shape)\n    return"
        " lables\n\ncheck('find', find)"
    )
    assert "torch.Size([11])" in said[0]
    assert "in the line `return lables`. Did you mean `labels`?" in said[1]


class _Unsayable(Exception):
    def __str__(self):
        raise SystemExit


class _Nameless(NameError):
    name = property(lambda self: 1 / 0)


@pytest.mark.parametrize("error", [_Unsayable, _Nameless])
def test_an_error_that_cannot_be_told_is_named(error):
    def answer(*given):
        raise error

    assert error.__name__ in check("side-after", answer).text


def test_a_wrong_name_in_a_comprehension_hears_what_the_function_is_given():
    def answer(side, kernel, padding=0, stride=1):
        return [place + nix for place in range(side)][-1]  # noqa: F821

    assert "is given side, kernel, padding and stride" in check("side-after", answer).text


@pytest.mark.parametrize(
    "value", ["a" * 100_000, list(range(100_000)), 10**5_000], ids=["a text", "a list", "a number"]
)
def test_what_an_answer_gives_is_shown_no_longer_than_it_can_be_read(value):
    assert len(check("side-after", lambda *given: value).text) < 600


def test_the_type_of_new_tensors_is_as_it_was():
    check("side-after", lambda *given: torch.set_default_dtype(torch.float64))
    assert torch.get_default_dtype() == torch.float32
