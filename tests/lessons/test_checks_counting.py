"""Checks of chapter 1: what they say to answers that nobody listed, and to right ones in unusual
forms.
"""

import pytest
import torch
from lessons.checks import check
from lessons.checks.counting import EXERCISES

EDGE = [[-1, 0, 1]] * 3


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_every_named_wrong_answer_draws_its_own_hint(exercise):
    said = {wrong.name: check(exercise.id, eval(wrong.typed[0])).text for wrong in exercise.wrong}
    assert said == {wrong.name: wrong.hint for wrong in exercise.wrong}


@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        ("dense-parameters", torch.tensor(101_770)),
        ("side-doubles", 4.0),
        ("one-mark-further", 4 * 8.39),
        ("one-mark-further", 33.6),
        ("one-mark-further", (512 * 512 * 128 + 128 + 128 * 10 + 10) / 1e6),
        ("window-by-hand", torch.tensor([[-12.0]])),
        ("turned-window", torch.tensor(EDGE)[None, None]),
        ("turned-window", [[-3, 0, 3], [0, 0, 0], [0, 0, 0]]),  # answers every edge in the same way
    ],
)
def test_a_right_answer_counts_in_unusual_forms(exercise, answer):
    assert check(exercise, answer)


@pytest.mark.parametrize(
    ("exercise", "answer", "words"),
    [
        ("dense-parameters", 101_771, "101771 is too large."),
        ("dense-parameters", 784 * 128 + 10, "is too small."),
        ("dense-parameters", 101.77, "a whole number"),
        ("dense-parameters", 1_017_700, "It is ten times what is asked for."),
        ("dense-parameters", 101_707, "Its digits are those that are asked for, in another order."),
        (
            "dense-parameters",
            784 * 128 + 10,
            "the biases of the 128 hidden units and the weights of the second layer.",
        ),
        (
            "dense-parameters",
            2 * 784 * 128 + 1418,
            "with the weights of the first layer counted twice.",
        ),
        ("side-doubles", 56 * 56, "3136 is the number of pixels of an image of 56 × 56."),
        ("side-doubles", -4, "but not the sign"),
        ("one-mark-further", 3 * 8.390026, "It is 3 times the number at the last mark."),
        ("one-mark-further", 33.6e6, "It is a million times what is asked for."),
        ("one-mark-further", 33.5, "to one decimal"),
        ("window-by-hand", -36, "if all nine pixels are 4 and all nine weights are -1"),
        ("window-by-hand", -1.2, "What is asked for is ten times as much."),
        ("side-doubles", 3.96, "3.96 is too small."),
        ("side-doubles", "four", "a number, but got a str"),
        ("one-mark-further", 33, "33 is too small."),
        ("one-mark-further", 34, "34 is too large."),
        ("window-by-hand", -8, "what two of the nine products come to, and more of them"),
        ("window-by-hand", [-4, -4, -4], "a number, but got a list"),
        (
            "turned-window",
            [[-1, 1, 0]] * 3,
            "bright pixels in the right column alone your kernel gives 0, and 12 is asked for",
        ),
        (
            "turned-window",
            [[0, -1, 1]] * 3,
            "bright pixels in the middle and the right column your kernel gives 0",
        ),
        ("turned-window", [[-2, 0, 2]] * 3, "your kernel gives 24, and 12 is asked for"),
        (
            "turned-window",
            [[-1, -1, 1]] * 3,
            "bright pixels everywhere your kernel gives -12, and 0 is asked for",
        ),
        ("turned-window", [[0, 0, 0]] * 3, "your kernel gives 0, and 12 is asked for"),
        ("turned-window", [[1, 2, 1], [0, 0, 0], [-1, -2, -1]], "compares above with below"),
        (
            "turned-window",
            [-1, 0, 1] * 3,
            "three rows of three weights, but got a list of shape (9,)",
        ),
        ("turned-window", [["-1", "0", "1"]] * 3, "This asks for numbers"),
        ("turned-window", [[-1, 0, 1], [-1, 0, 1], [-1, 0]], "but the rows have 3, 3, 2 weights"),
        (
            "dense-parameters",
            784 * 129 + 128 * 11,
            "belong to what a layer reads, and not to what it writes",
        ),
        (
            "dense-parameters",
            784 * 128 + 128 * 10 + 2,
            "It comes out with one bias for each layer.",
        ),
        ("dense-parameters", 102_000, "It is what is asked for, rounded: count exactly."),
        ("dense-parameters", "101_770", "Quotes make a text of a number."),
        ("dense-parameters", (101, 770), "decimals are written with a point"),
        ("side-doubles", [4], "Square brackets make a list of it."),
        ("side-doubles", (4,), "The comma makes a tuple of it."),
        ("side-doubles", 200, "200 per cent are 2 times as many"),
        ("side-doubles", 0.5, "the larger image would have fewer weights"),
        (
            "side-doubles",
            56 * 56 * 128 + 128,
            "the number of weights and biases of the first layer for an image of 56",
        ),
        ("window-by-hand", 4, "4 is one of the nine products, but for the sign."),
        ("window-by-hand", -48, "-48 is what comes out if the brightness is multiplied in twice."),
    ],
)
def test_a_wrong_answer_is_told_what_it_is(exercise, answer, words):
    verdict = check(exercise, answer)
    assert not verdict and words in verdict.text


def test_a_third_of_the_weights_is_not_called_a_single_row():
    assert "How many rows" not in check("turned-window", [[-1 / 3, 0, 1 / 3]] * 3).text


def test_rows_against_each_other_are_not_called_too_small():
    said = check("turned-window", [[-1, 0, 1], [-1, 0, 1], [1, 0, -1]]).text
    assert said.startswith(
        "For a patch with bright pixels in the right column alone your kernel gives 4, and 12"
    )


def test_no_parameters_at_all_are_no_sum_without_all_of_its_parts():
    assert "without" not in check("dense-parameters", 0).text
