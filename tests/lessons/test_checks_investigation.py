"""Checks of chapter 6: what they say to answers that nobody listed, and to right ones in unusual
forms.
"""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
import torch
from firstcnn import augment, training
from lessons.checks import check
from lessons.checks.investigation import EXERCISES
from torchvision import transforms

BLACK = -0.42
SMALL = training.Recipe(epochs=2, batch_size=64)
LARGE = training.Recipe(epochs=2, augmentation=augment.Affine(rotation=10))
NAMES = {
    **{"augment": augment, "training": training, "dataclasses": dataclasses, "math": math},
    **{"black": BLACK, "small": SMALL, "recipe": LARGE},
}


def typed(exercise, *entries):
    """Return an answer to an exercise from what is typed into its blanks, None for the right
    text.
    """
    right = {"steeper": ('"longer"', '"the same"')}.get(exercise, (None,))
    entries = tuple(
        entry if entry is not None else own for entry, own in zip(entries, right, strict=True)
    )
    if exercise == "choice":
        return lambda runs: eval(entries[0], {"runs": runs}).idxmax()
    values = tuple(eval(entry, dict(NAMES)) for entry in entries)
    return {
        "scanner": lambda: (*values, BLACK),
        "one-change": lambda: (*values, SMALL),
        "steeper": lambda: values,
    }.get(exercise, lambda: values[0])()


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_every_named_wrong_answer_draws_its_own_hint(exercise):
    said = {
        wrong.name: check(exercise.id, typed(exercise.id, *wrong.typed)).text
        for wrong in exercise.wrong
    }
    assert said == {wrong.name: wrong.hint for wrong in exercise.wrong}


@pytest.mark.parametrize(
    "answer",
    [
        *(["B"], "B", ("b",), {"B"}, np.array(["B"]), np.array("B"), pd.Series(["B"])),
        (letter for letter in "B"),
        iter(["B"]),
    ],
)
def test_a_list_of_letters_counts_in_every_form(answer):
    assert check("attempts", answer)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (["C"], "At least one whose interval lies wholly above 0 is missing"),
        (["B", "C"], "At least one of yours has an interval that begins below 0"),
        (["E"], "no row 'e'"),
        (2, "a list of texts"),
    ],
)
def test_letters_are_told_what_is_wrong_with_them(answer, words):
    assert words in check("attempts", answer).text


def test_words_that_are_no_answer_are_named():
    assert (
        '"unchanged" is none of "longer", "shorter" and "the same"'
        in check("steeper", ("longer", "unchanged")).text
    )
    assert check("steeper", ("Longer", "same"))


GROUPED = 'runs.groupby("case")["validation"]'


@pytest.mark.parametrize(
    "text",
    [
        f"{GROUPED}.median()",
        f'{GROUPED}.agg("mean")',
        f"{GROUPED}.mean() * 100",
        'runs.pivot(index="case", columns="seed", values="validation").mean(axis=1)',
        'runs.pivot_table(index="case", values="validation")["validation"]',
    ],
)
def test_recipes_may_be_ranked_in_other_ways(text):
    assert check("choice", typed("choice", text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{GROUPED}.mean().round(2)", "your function takes e, and f is right"),
        (f"{GROUPED}.mean().round(4)", "your function takes m, and n is right"),
        (f"{GROUPED}.mean().round(5)", "your function takes m, and n is right"),
        ('runs.round(4).groupby("case")["validation"].mean()', "takes m, and n is right"),
        (f"{GROUPED}.mean() + {GROUPED}.std()", "your function takes a, and b is right"),
        (f"{GROUPED}.mean() - {GROUPED}.std()", "From a table with the accuracies"),
        (f"{GROUPED}.quantile(0.9)", "From a table with the accuracies"),
        (
            'runs.query("seed < 3").groupby("case")["validation"].mean()',
            "From a table with the accuracies",
        ),
        ('runs.groupby("case")["test"].median()', "From a table with the accuracies"),
        (
            'runs.groupby("case")[["validation"]].mean()',
            "the name of one case, but it returned a Series",
        ),
        ('runs.groupby("case")["val"].mean()', "KeyError"),
        ('run.groupby("case")["validation"].mean()', "Did you mean `runs`?"),
        ('runs.set_index("case")["validation"]', "one lucky seed still decides"),
    ],
)
def test_another_ranking_is_shown_a_table_that_it_gets_wrong(text, words):
    verdict = check("choice", typed("choice", text))
    assert not verdict and words in verdict.text


def test_sums_of_test_accuracies_are_not_taken_for_a_count_of_seeds():
    assert (
        "images that should stay closed"
        in check("choice", typed("choice", 'runs.groupby("case")["test"].sum()')).text
    )


def torchvision_s(images, generator=None):
    torch.manual_seed(int(torch.randint(2**31, (), generator=generator)))
    change = transforms.RandomAffine(20, translate=(4 / 28, 4 / 28), fill=BLACK)
    return torch.stack([change(image) for image in images])


TURN, MOVE = augment.Affine(rotation=20, fill=BLACK), augment.Affine(translation=4 / 28, fill=BLACK)
BOTH = augment.Affine(rotation=20, translation=4 / 28, fill=BLACK)


@pytest.mark.parametrize(
    "change", [BOTH, augment.Chain([TURN, MOVE]), torchvision_s], ids=["affine", "chain", "torch"]
)
def test_a_scanner_may_be_built_in_other_ways(change):
    assert check("scanner", (change, BLACK))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (augment.Chain([MOVE, TURN]), "Letters move by up to 4."),
        (augment.Chain([TURN, TURN]), "and 20° are asked for. Letters move by up to 0.0"),
        (augment.Affine(rotation=20.5, translation=4 / 28, fill=BLACK), "turn by up to 20.5"),
        (augment.Affine(rotation=19.5, translation=4 / 28, fill=BLACK), "turn by up to 19.5"),
        (augment.Affine(rotation=20, translation=4.1 / 28, fill=BLACK), "by up to 4.1 pixels"),
        (
            augment.Affine(rotation=20, translation=4 / 28, scaling=0.04, fill=BLACK),
            "Their size changes.",
        ),
        (
            augment.Affine(rotation=20, translation=4 / 28, shear=3, fill=BLACK),
            "Letters are slanted, by up to 3°",
        ),
        (
            lambda images, generator: 2 * (BOTH(images, generator=generator) - BLACK) + BLACK,
            "They come out darker or brighter.",
        ),
        (
            lambda images, generator: BOTH(images, generator=generator).flip(-1, -2),
            "turn by 80° and more",
        ),
        (augment.Affine(rotation=21, translation=4 / 28, fill=BLACK), "turn by up to 21"),
        (
            augment.Affine(rotation=20, translation=0.1, fill=BLACK),
            "move by up to 2.8 pixels sideways and 2.8",
        ),
        (augment.Affine(rotation=20, translation=0.4, fill=BLACK), "move by at least"),
        (
            augment.Affine(rotation=20, translation=4 / 27, fill=BLACK),
            "move by up to 4.1 pixels sideways",
        ),
        (
            augment.Affine(rotation=20, translation=4 / 28, shear=20, fill=BLACK),
            "Letters are slanted, by up to 20°",
        ),
        (
            augment.Affine(rotation=20, translation=4 / 28, scaling=0.2, fill=BLACK),
            "Their size changes.",
        ),
        (
            augment.Affine(rotation=20, translation=4 / 28, fill=1),
            "brightness 1.00; the background has -0.42",
        ),
        (augment.Noise(1.0), "An empty image does not stay empty"),
        (lambda images, generator: images, "Letters turn by up to 0.0°"),
        (
            lambda images, generator: BOTH(images, generator=generator).flip(-1),
            "mirrored or upside down",
        ),
        (
            lambda images, generator: BOTH(images, generator=generator).flip(-2),
            "mirrored or upside down",
        ),
        (
            augment.Affine(rotation=180, translation=4 / 28, fill=BLACK),
            "Letters turn by 80° and more",
        ),
        (
            augment.Affine(rotation=20, translation=4 / 28, fill=BLACK - 0.005),
            "-0.4250; the background has -0.4200",
        ),
        (lambda images, generator: BOTH(images), "Two calls with equal generators"),
        (lambda images: BOTH(images), "unexpected keyword argument 'generator'"),
        (lambda images, generator: 0 * images + BLACK, "no whole letter is left"),
    ],
)
def test_what_a_scanner_does_otherwise_is_measured(change, words):
    verdict = check("scanner", (change, BLACK))
    assert not verdict and words in verdict.text


@pytest.mark.parametrize("rotation", [10, 40])
def test_a_right_shift_is_not_called_wrong_because_the_rotation_is(rotation):
    said = check(
        "scanner", (augment.Affine(rotation=rotation, translation=4 / 28, fill=BLACK), BLACK)
    ).text
    assert said.startswith("The letters move as they should, but they turn")


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        (dataclasses.replace(SMALL, label_smoothing=0.2), "label_smoothing is 0.2 in place of 0"),
        (dataclasses.replace(SMALL, epochs=4, batch_size=32), "epochs is 4 in place of 2"),
        (dataclasses.replace(SMALL, weight_decay=0.1), "it is not the label smoothing"),
        (0.1, "a training.Recipe, but got a float"),
    ],
)
def test_a_recipe_is_told_which_fields_differ(recipe, words):
    assert words in check("one-change", (recipe, SMALL)).text


def test_recipes_in_the_wrong_order_are_not_praised():
    smoothed = dataclasses.replace(SMALL, label_smoothing=0.1)
    verdict = check("one-change", (SMALL, smoothed))
    assert not verdict and "label_smoothing is 0 in place of 0.1" in verdict.text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (20_480, "20480 is too small."),
        (20_532, "20532 is too large."),
        (20_480, "It is the sum without the biases of the fully connected layer."),
        (204_900, "It is ten times what is asked for."),
    ],
)
def test_a_number_of_parameters_is_told_its_side(answer, words):
    assert words in check("twice-the-filters", answer).text


@pytest.mark.parametrize("text", [f"{GROUPED}.mean() - {GROUPED}.sem()", f"{GROUPED}.mean() + 0.1 * {GROUPED}.std()",
                                  f"{GROUPED}.mean() - 0.02 * {GROUPED}.std()"])  # fmt: skip
def test_a_mean_that_is_made_lower_or_higher_by_the_spread_is_not_the_mean(text):
    verdict = check("choice", typed("choice", text))
    assert not verdict and "From a table with the accuracies" in verdict.text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (9178, "the other two are as they were"),
        (50_186, "four times the filters"),
        (67_530, "halved only once"),
        (28_938, "kernels of 5 × 5"),
    ],
)
def test_a_number_of_parameters_is_told_what_it_counts(answer, words):
    assert words in check("twice-the-filters", answer).text


def test_letters_in_one_text_are_to_be_taken_apart():
    assert (
        "quotes of its own" in check("attempts", "B, D").text
        and "quotes of its own" not in check("attempts", "E").text
    )


def test_two_words_may_come_in_an_array():
    assert check("steeper", np.array(["longer", "the same"]))
