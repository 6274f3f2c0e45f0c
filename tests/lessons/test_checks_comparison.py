"""Checks of chapter 5: right answers in every honest form, and what is said of wrong ones, named or
not.
"""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from firstcnn import models
from lessons.checks import EXERCISES, check
from lessons.checks.comparison.complex_cnn import deep_block
from scipy import stats
from torch import nn
from torch.nn import functional as F
from typed_answers import cells, verdict_on

CELLS = cells("5-comparison")
NAMES = ("dense(128)", "TinyCNN", "SimpleCNN", "pooled SimpleCNN", "ComplexCNN")
COMPARISON = pd.DataFrame(
    {
        "name": NAMES,
        "parameters": 9,
        "accuracy": 0.985,
        "low": (0.97, 0.98, 0.99, 0.97, 0.98),
        "high": 0.99,
    },
    index=list(NAMES),
)
KNOWN = {"torch": torch, "nn": nn, "F": F, "np": np, "pd": pd, "math": math, "models": models}
KNOWN |= {"Tensor": torch.Tensor, "comparison": COMPARISON, "stats": stats}


def on(exercise, *typed, **edits):
    return verdict_on(CELLS[exercise], typed, KNOWN, edits)


def place(number, text):
    """Return entries for blanks, of which only the one with this number, from 1, is changed."""
    return (None,) * (number - 1) + (text,)


NAMED = [(id, wrong) for id in CELLS for wrong in EXERCISES[id].wrong]


@pytest.mark.parametrize(
    ("exercise", "wrong"), NAMED, ids=[f"{id}: {wrong.name}" for id, wrong in NAMED]
)
def test_a_named_mistake_draws_its_own_hint_behind_its_error_if_it_stops(exercise, wrong):
    verdict = on(exercise, *wrong.typed)
    assert not verdict
    assert verdict.text == wrong.hint or (
        verdict.text.startswith("Your answer stops with ") and verdict.text.endswith(wrong.hint)
    )


@pytest.mark.parametrize(
    ("exercise", "typed"),
    [
        ("wilson", ("(share - share**2) / total",)),
        ("wilson", ("count * (total - count) / total**3",)),
        ("wilson", ("np.float64(share * (1 - share) / total)",)),
        ("draw", ("table[np.ix_(rows, columns)]",)),
        ("draw", ("table[:, columns][rows]",)),
        ("draw", ("table[rows[:, None], columns]",)),
        ("draw", ("table.take(rows, 0).take(columns, 1)",)),
        ("draw", ("np.array([[table[r, c] for c in columns] for r in rows])",)),
        ("draw", ("table[rows][:, columns].mean(axis=0)",)),
        ("complex-cnn", place(2, "1152")),
        ("wilson", ("np.var([1] * count + [0] * (total - count)) / total",)),
        ("paired", ('"Higher."', '" Not shown  different"')),
        ("coverage", ("np.mean((low <= truth) * (truth <= high))",)),
        ("coverage", ("1 - ((truth < low) | (truth > high)).mean()",)),
        ("coverage", ("sum(a <= truth <= b for a, b in zip(low, high)) / len(low)",)),
        ("coverage", ("round(float(((low < truth) & (truth < high)).mean()), 3)",)),
        ("false-finds", ("1 - (19 / 20) ** count",)),
        ("false-finds", ("1 - math.prod([1 - 0.05] * count)",)),
        ("false-finds", ("stats.binom.sf(0, count, 0.05)",)),
        ("choose", ("~(table.low < 0.98)",)),
        ("choose", ('table.loc[:, "low"].to_numpy() >= 0.98',)),
        ("choose", ('(table["low"] + 1) - 1 + 1e-12 >= 0.98',)),
        ("pool-shift", ("(9, 0)",)),
        ("pool-shift", ("torch.tensor([[9., 0.]])",)),
        ("pool-shift", ("F.max_pool1d(F.max_pool1d(by_two, 2), 2)",)),
        ("twin", ("dense.fc1.weight.index_select(1, order)",)),
        ("twin", ("dense.fc1.weight.T[order].T",)),
        ("twin", ("torch.stack([dense.fc1.weight[:, k] for k in order.tolist()], dim=1)",)),
        ("twin", ("twin.fc1.weight[:, order]",)),
        ("calibration", ("0.4 * 0.05",)),
        ("calibration", ("4 / 10 * (3 / 4 - 0.7)",)),
        ("calibration", ("torch.tensor(0.02)",)),
        ("crossing", ("2**3",)),
        ("crossing", ("np.float32(8)",)),
    ],
)
def test_a_right_answer_counts_however_it_is_written(exercise, typed):
    assert on(exercise, *typed)


@pytest.mark.parametrize(
    ("exercise", "old", "new"),
    [
        ("wilson", "return (middle - half) / (1 + q**2 / total), (middle + half) / (1 + q**2 / total)",
         "return [round((middle + sign * half) / (1 + q**2 / total), 3) for sign in (-1, 1)]"),
        ("draw", "generator.integers(images, size=images)", "np.random.randint(0, images, images)"),
        ("complex-cnn", "second, nn.ReLU(), nn.MaxPool2d(2)", "second, nn.MaxPool2d(2), nn.ReLU()"),
        ("complex-cnn", "nn.Flatten()", "nn.Flatten(1), nn.Unflatten(1, (1152,))"),
        ("complex-cnn", "nn.Linear(256, 10)", "nn.Sequential(nn.Linear(256, 10))"),
        ("complex-cnn", "padding=1", 'padding="same"'),
        ("choose", ".tolist()", ""),
        ("choose", 'table["name"][good_enough & small_enough].tolist()',
         'tuple(row["name"] for _, row in table.iterrows() if row["low"] >= 0.98 and row["parameters"] <= 2e6)'),
        ("twin", "return twin", "return twin.double()"),
    ],
)  # fmt: skip
def test_a_right_answer_counts_whatever_is_changed_around_its_blanks(exercise, old, new):
    assert on(exercise, **{old: new})


def test_a_function_that_draws_slowly_counts():
    def draw(table, generator):
        rows, columns = (generator.integers(size, size=size) for size in table.shape)
        return pd.Series(table[rows][:, columns].mean(axis=0)).mean()

    assert check("draw", draw)


@pytest.mark.parametrize(
    ("exercise", "typed", "says"),
    [
        ("wilson", ("p * (1 - p) / n",), "NameError: name 'p' is not defined, in the line"),
        ("wilson", ("share * (1 + share) / total",), "For 9 of 10 and q = 1.96, your function gives (0.1872, 1.391)"),
        ("wilson", ("1.0003 * share * (1 - share) / total",), "For 9 of 10 and q = 1.96, your function gives"),
        ("coverage", ("abs(truth - (low + high) / 2).mean()",), "For the intervals -1 to 1, 0.5 to 2"),
        ("coverage", ("(low <= truth) & (truth <= high)",), "What your function returned: This asks for one number"),
        ("false-finds", ("0.05 + 0.05 * count",), "For 1 of them, your function gives 0.1."),
        ("choose", ('table["low"] + 1e-6 >= 0.98',), "an interval from 97.99996% to 99.00% and 1,000 parameters"),
        ("wilson", ("0.9 * 0.1 / 10",), "For 8 of 10 and q = 2.0, your function gives"),
        ("wilson", ("share * (0 - share) / total",), "ValueError: math domain error"),
        ("wilson", ("share * (1 - share) / (2 * total)",), "where (0.5958, 0.9821) is right"),
        ("draw", ("table[columns][:, rows]",), "IndexError: index 2 is out of bounds for axis 0 with size 2"),
        ("draw", ("every[rows]",), "NameError: name 'every' is not defined"),
        ("draw", ("table[rows[:1]][:, columns]",), "your function gives 0.5 in 0 %; draws of seeds and images give it"),
        ("draw", ("table[np.unique(rows)][:, columns]",), "which no draw of whole seeds and images gives"),
        ("draw", ("table[rows][:, columns].std()",), "In 800 draws from the table"),
        ("complex-cnn", place(2, "128 * 3"), "A row of the left factor has 1,152 values, and the right one takes 384"),
        ("complex-cnn", place(2, "values"), "NameError: name 'values' is not defined"),
        ("complex-cnn", place(1, deep_block(second="nn.Conv2d(32, 32, kernel_size=3, padding=1)")),
         "to have 32 channels, but got 64"),
        ("complex-cnn", place(1, deep_block(second="nn.Conv2d(channels_out, 64, kernel_size=3, padding=1)")),
         "to have 32 channels, but got 64"),
        ("complex-cnn", place(1, deep_block(second="nn.Conv2d(channels_out, channels_out, kernel_size=5, padding=2)")),
         "where the book's network has another kind or size of layer"),
        ("complex-cnn", place(1, deep_block(order="first, second, nn.MaxPool2d(2), nn.Dropout(0.25)")),
         "in evaluation mode its answers are"),
        ("complex-cnn", place(1, deep_block(order="first, nn.Sigmoid(), second, nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25)")),
         "in evaluation mode its answers are"),
        ("complex-cnn", place(1, "second = first\nreturn nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.MaxPool2d(2))"),
         "Your answer stops with RuntimeError"),
        ("complex-cnn", place(1, "second = nn.Conv2d(channels_out, channels_out, kernel_size=3, padding=1)"),
         "Your answer stops with TypeError"),
        ("paired", ('"better"',), '"better" is none of "higher", "lower" and "not shown different"'),
        ("choose", ('table["Low"] >= 0.98',), "KeyError: 'Low'"),
        ("choose", ("low >= 0.98",), "NameError: name 'low' is not defined"),
        ("choose", ('table["low"] - 0.01 >= 0.98',), "leaves out a network with an accuracy of 98.50%, an interval"),
        ("choose", ('table["low"].max() >= 0.98',), "takes a network with an accuracy of 97.50%"),
        ("choose", ('table["accuracy"].round(2) >= 0.98',), "takes a network"),
        ("choose", ('(table["low"] + table["high"]) / 2 >= 0.98',), "takes a network with an accuracy of 98.10%"),
        ("choose", ('(table["accuracy"] + table["low"]) / 2 >= 0.98',), "takes a network with an accuracy of"),
        ("choose", ('table["low"] + 0.001 >= 0.98',), "takes a network with an accuracy of"),
        ("wilson", ("float('nan')",), "your function gives (nan, nan), where"),
        ("pool-shift", ("[9., float('nan')]",), "nan at position [1], is not a number"),
        ("pool-shift", ("[[9.], [0.], [0.]]",), "has 3 values, and two poolings leave 2"),
        ("crossing", ("2",), "After 2 epochs P makes about 200 errors, and Q about 80."),
        ("crossing", ("32",), "After 32 epochs P makes about 12 errors, and Q about 33."),
        ("crossing", ("0",), "A training has one epoch at least."),
        ("crossing", ("10**6",), "far beyond the first number of epochs"),
        ("crossing", ("7.5",), "a whole number"),
        ("calibration", ("4 / 10 * 0.7",), "0.28 is its share of the answers times the confidence"),
        ("pool-shift", ("[9., 9.]",), "The first value that differs, 9 at position [1], is too large"),
        ("pool-shift", ("[0., 9., 9., 0.]",), "has 4 values, and two poolings leave 2"),
        ("pool-shift", ('[b"9", b"0"]',), "This asks for numbers"),
        ("pool-shift", ("np.array([9 + 5j, 0])",), "This asks for numbers"),
        ("twin", ("dense.fc2.weight[:, order]",), "is out of bounds for dimension 0 with size 128, in the line"),
        ("twin", ("dense.fc1.weight[:, order + 1]",), "index 784 is out of bounds"),
        ("twin", ("dense.fc1.weight[:, order - 1]",), "the twin meets it with the weights of pixel"),
        ("twin", ("dense.fc1.weight[:, torch.randperm(784)]",), "the twin meets it with the weights of pixel"),
        ("twin", ("dense.fc1.weight.view(784, 128)[order].view(128, 784)",), "not those that dense has for any pixel"),
        ("twin", ("dense.fc1(order)",), "Your answer stops with RuntimeError"),
        ("calibration", ("4 / 10 * (0.7 - 0.75) ** 2",), "second bin: 0.001 is what the square of the distance gives"),
        ("calibration", ("4 / 6 * abs(0.7 - 0.75)",), "second bin: 0.03333 comes out if its answers are divided"),
        ("calibration", ("6 / 10 * abs(0.98 - 0.75)",), "for the second bin: 0.138 is too large"),
    ],
)  # fmt: skip
def test_an_answer_that_nobody_named_hears_what_was_seen_of_it(exercise, typed, says):
    verdict = on(exercise, *typed)
    assert not verdict and says in verdict.text
    assert not any(wrong.hint in verdict.text for wrong in EXERCISES[exercise].wrong)


@pytest.mark.parametrize(
    ("exercise", "edits", "says"),
    [
        ("wilson", {"(middle - half) / (1": "(middle + half) / (1", "(middle + half) / (1 + q**2 / total)\n": "0\n"},
         "For 9 of 10 and q = 1.96, your function gives"),
        ("wilson", {"return": "ends ="}, "Your function should return two ends, but it returned None"),
        ("draw", {".mean()": ""}, "This asks for one number, but got an array of shape (2, 3)"),
        ("complex-cnn", {"nn.Linear(256, 10)": "nn.Linear(256, 10), nn.Softmax(1)"}, "softmax has been taken"),
        ("complex-cnn", {", nn.Dropout(0.5)": ""}, "answers as a network with no dropout behind its fully"),
        ("complex-cnn", {"nn.Linear(256, 10)": "nn.Linear(256, 1)"}, "answers with shape (3, 1), and (3, 10) is asked for"),
        ("choose", {">= 0.98": ">= 98"}, "No network passes, however good"),
        ("choose", {">= 0.98": "> 0.98"}, "leaves out a network with an accuracy of 98.50%, an interval from 98.00%"),
        ("choose", {"good_enough &": "good_enough |"}, "takes a network with an accuracy of 97.50%"),
        ("choose", {"<= 2_000_000": "< 2_000_000"}, "and 2,000,000 parameters"),
        ("choose", {'table["name"][': 'table["accuracy"]['}, "a list of names, but there is a float in it"),
        ("choose", {"return table": "table"}, "it returned None"),
        ("complex-cnn", {"nn.Linear(512, 256), nn.ReLU()": "nn.Linear(512, 256), nn.LeakyReLU()"}, "in evaluation mode its answers are"),
        ("choose", {"    return table": "    table = comparison\n    return table"}, "table that stands outside"),
        ("choose", {"    return table": "    comparison.head()\n    return table", "<= 2_000": "< 2_000"},
         "2,000,000 parameters"),
        ("twin", {"return twin": "return dense"}, "still expects every pixel at its old position"),
        ("twin", {"twin = models.DenseNetwork()": "twin = dense"}, "Your function changes dense itself"),
        ("twin", {"    twin.load_state_dict(dense.state_dict())\n": ""}, "The weights of the first layer are right"),
        ("twin", {"return twin": "pass"}, "should return a network, but it returned None"),
    ],
)  # fmt: skip
def test_a_change_outside_the_blanks_is_seen(exercise, edits, says):
    verdict = on(exercise, **edits)
    assert not verdict and says in verdict.text


def test_an_unused_layer_is_counted_as_the_praise_counts():
    class Larger(models.ComplexCNN):
        def __init__(self, num_classes=10):
            super().__init__(num_classes)
            self.extra = nn.Linear(512, 512)

    assert not check("complex-cnn", Larger) and not check("complex-cnn", Larger())
    assert check("complex-cnn", models.ComplexCNN()) and not check(
        "complex-cnn", models.SimpleCNN()
    )


def test_the_numbers_of_the_calibration_exercise_tell_its_mistakes_apart():
    hints = [on("calibration", *wrong.typed).text for wrong in EXERCISES["calibration"].wrong]
    assert len(set(hints)) == len(hints) >= 10


def test_ends_and_names_may_come_one_by_one():
    assert on(
        "wilson",
        **{
            "return (middle - half) / (1 + q**2 / total), (middle + half) / (1 + q**2 / total)": "return ((middle + sign * half) / (1 + q**2 / total) for sign in (-1, 1))"
        },
    )
    assert on(
        "choose",
        **{".tolist()": ".tolist()\nacceptable = lambda table, take=acceptable: iter(take(table))"},
    )


@pytest.mark.parametrize("factor", [1.0001, 0.9999])
def test_ends_that_are_nearly_right_are_not_rounded_ones(factor):
    times = f"return {factor} * (middle - half)"
    verdict = on("wilson", **{"return (middle - half)": times})
    assert not verdict and "For 9 of 10 and q = 1.96, your function gives" in verdict.text


def test_ends_in_single_precision_and_a_generator_of_pixels_count():
    assert check(
        "wilson",
        lambda count, total, q=1.96: np.float32(
            [stats.binomtest(count, total).proportion_ci(2 * stats.norm.cdf(q) - 1, "wilson")]
        ),
    )
    assert check("pool-shift", (value for value in (9.0, 0.0)))


def test_two_words_may_come_in_an_array():
    assert check("paired", np.array(["higher", "not shown different"]))
    assert not check("paired", np.array(["higher", "higher"]))
    assert "2 values in order" in check("paired", np.array(["higher"])).text


@pytest.mark.parametrize("size", ["128**3", "128 * 28 * 28 * 9"])
def test_a_network_that_is_far_too_large_is_not_built(size):
    said = on("complex-cnn", *place(2, size)).text
    assert "A row of the left factor has 1,152 values" in said

    class Huge(nn.Module):
        def __init__(self, num_classes=10):
            super().__init__()
            self.fc = nn.Linear(784, 10**8)

        def forward(self, x):
            return self.fc(x.flatten(1))

    assert "parameters, far more than are asked for" in check("complex-cnn", Huge).text


@pytest.mark.parametrize(
    ("typed", "edits", "says"),
    [
        (("dense.fc1.weight[:, order].round(decimals=4)",), {}, "have the right order, but they are not exactly those"),
        (("dense.fc1.weight[:, order].half()",), {}, "have the right order, but they are not exactly those"),
        (("dense.fc2.weight",), {}, "What is copied has 128 values along its last axis"),
        ((), {"    return twin": "    dense.fc2.weight.data.zero_()\n    return twin"}, "changes dense itself"),
        ((), {"    return twin": "    dense.fc2.bias.data.zero_()\n    twin.fc2.bias.data.zero_()\n    return twin"},
         "changes dense itself"),
        ((), {"twin.fc1.weight.copy_(": "dense.fc1.weight.copy_("}, "changes dense itself"),
        ((), {"    return twin": "    twin.fc2.bias.data.zero_()\n    return twin"}, "those of dense: `fc2.bias`."),
        ((), {"return twin": "return nn.Sequential(twin, nn.Softmax(1))"}, "does not say what dense says"),
        ((), {'"twin", twin_of': '"twin", models.DenseNetwork()'}, "asks for a function"),
    ],
)  # fmt: skip
def test_what_is_said_of_a_twin_is_true_of_all_its_parameters(typed, edits, says):
    assert says in on("twin", *typed, **edits).text


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (0.3, "times the accuracy"),
        (0.7, "the confidence alone"),
        (0.012, "what the first bin adds"),
        (0.08, "one half"),
    ],
)
def test_more_values_of_the_second_bin_are_told_what_they_are(value, says):
    assert says in on("calibration", str(value)).text


def test_texts_in_a_list_of_numbers_are_named():
    assert "got a list with a str in it" in on("pool-shift", "['9', '0']").text
    assert "has 1 value," in on("pool-shift", "[2.]").text
