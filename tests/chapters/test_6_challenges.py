"""What chapter 6 runs: every challenge gives its numbers with intervals, and none of them looks at
the test set.
"""

import ast
import dataclasses
import itertools
import re
from pathlib import Path

import pandas as pd
import pytest
import torch
from bookkit.book.mime import RECORD
from bookkit.book.myst import sections
from bookkit.book.pages import read_page
from bookkit.exercises.marking import as_python
from firstcnn import augment, models, training
from lessons import setting
from lessons.checks import check
from whole_chapter import as_one, page_code

PAGE = Path(__file__).parents[2] / "chapters" / "6-challenges.md"
BELOW = sorted(PAGE.with_suffix("").glob("*.md"))
PAGES = [PAGE, *BELOW]
LEARNED = 35  # per cent: far more than a guess, with a few hundred images to learn from
CHALLENGES = ("beat", "optimisers", "architecture", "augmentation", "analysis", "your-own")
RATES = (0.0001, 0.001, 0.01, 0.1)
OPTIMISERS = ("SGD", "SGD, momentum", "Adam")
VARIANTS = [
    "kernels of 5 × 5",
    "kernels of 7 × 7",
    "half the filters",
    "twice the filters",
    "one block",
    "three blocks",
    "batch norm",
    "dropout of 0.5",
]
CHANGES = ["±10°, ±2.8 pixels", "±45°", "scaled, sheared", "noise"]


@pytest.fixture(scope="module")
def six(chapter):
    return as_one(chapter, PAGES)


def pieces(text: str) -> list[str]:
    """What a text lists; a sentence in front of the list is a piece of its own."""
    return re.split(r"; |\. ", text.removesuffix("."))


def accuracies(text: str) -> dict[str, tuple[float, float, float]]:
    """Each case of a text with its accuracy and the ends of its interval, in percent."""
    pattern = r"(.*): ([\d.]+)% \(([\d.]+)% to ([\d.]+)%\)"
    found = [match.groups() for piece in pieces(text) if (match := re.fullmatch(pattern, piece))]
    return {name: tuple(map(float, numbers)) for name, *numbers in found}


def differences(text: str) -> dict[str, tuple[str, float, float, float]]:
    """Each case of a text with its verdict, its difference and the ends of the interval, in
    points.
    """
    verdict = r"(higher|lower|not shown different) \(([+−\d.]+) points, ([+−\d.]+) to ([+−\d.]+)\)"
    found = [
        match.groups("")
        for piece in pieces(text)
        if (match := re.fullmatch(rf"(?:(.*): )?{verdict}", piece))
    ]
    return {
        name: (said, *(float(n.replace("−", "-")) for n in numbers))
        for name, said, *numbers in found
    }


def assert_sound(found: dict, names: list[str]) -> None:
    assert list(found) == names
    for verdict, value, low, high in found.values():
        assert low <= value <= high
        assert verdict != "higher" or low >= 0
        assert verdict != "lower" or high <= 0
        assert verdict != "not shown different" or low <= 0 <= high


def assert_measured(found: dict, names: list[str]) -> None:
    assert list(found) == names
    assert all(0 <= low <= value <= high <= 100 for value, low, high in found.values())


def test_all_challenges_are_for_after_class():
    for page in PAGES:
        noted = sections(page.read_text(encoding="utf-8"))
        assert noted and all(minutes is None for _, minutes in noted)


def test_the_chapter_leads_to_every_challenge():
    led = set(re.findall(r"6-challenges/([\w-]+)", PAGE.read_text(encoding="utf-8")))
    assert led == {page.stem for page in BELOW} == {*CHALLENGES, "summary"}


@pytest.mark.parametrize("name", CHALLENGES)
def test_each_challenge_asks_for_a_hypothesis_before_it_runs_and_ends_with_a_question(name):
    text = (PAGE.with_suffix("") / f"{name}.md").read_text(encoding="utf-8")
    asked = text.count("Write down first")
    questions = re.findall(r"^\*\*Question\.\*\*", text, flags=re.M)
    assert asked == len(questions) == (3 if name == "analysis" else 1)
    *_, last = re.finditer(r":::\{admonition\} Write down first", text)
    assert "experiments." in text[last.end() :] and "glue:figure" in text[last.end() :]


def test_the_test_set_stays_closed():
    for page in PAGES:
        code = page_code(page)
        assert "open_test_set" not in code and "test_image" not in code


def is_design(cell) -> bool:
    """Whether a cell is a network of the reader's own, trained once and compared with none."""
    return cell.metadata.get("kind") == "design"


def test_every_training_goes_through_a_sweep_and_is_kept():
    for page in PAGES:
        cells = [cell for cell in read_page(page).code_cells if not is_design(cell)]
        tree = ast.parse("\n".join(as_python(cell.source) for cell in cells))
        called = {
            node.func.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and hasattr(node.func, "attr")
        }
        assert ("sweep" in called) == (page.stem in CHALLENGES)
        assert not {"fit", "trained", "train_epoch"} & called
        assert not [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]


@pytest.mark.parametrize(("profile", "seeds"), [("full", 3), ("quick", 2), ("trial", 2)])
def test_a_full_run_has_three_seeds_at_least(monkeypatch, profile, seeds):
    monkeypatch.setenv("FIRSTCNN_PROFILE", profile)
    assert len(setting.few_seeds()) == seeds


def test_the_network_to_beat_has_learned(six):
    low, high = six.values["target-low"], six.values["target-high"]
    assert 0 <= low <= six.values["target"] <= high <= 100 and six.values["target"] > LEARNED
    right = [
        100 * (1 - six.values[name] / six.values["n"]) for name in ("target-most", "target-fewest")
    ]
    assert right[0] <= six.values["target"] <= right[1]


def test_the_first_try_to_beat_it_has_a_verdict(six):
    assert_measured(accuracies(six.figures["fig-beat"][1]), ["SimpleCNN", "pooled head"])
    assert_sound(differences(six.values["beat-verdict"]), [""])


def test_three_optimisers_ran_at_four_learning_rates(six):
    measured = accuracies(six.figures["fig-optimisers"][1])
    assert_measured(
        measured, [f"{optimiser} at {rate}" for optimiser in OPTIMISERS for rate in RATES]
    )
    assert measured["Adam at 0.001"][0] > measured["SGD at 0.0001"][0], "SGD hardly moves at 0.0001"


def test_the_best_of_each_optimiser_are_compared(six):
    measured = accuracies(six.figures["fig-optimisers"][1])
    for optimiser, name in zip(OPTIMISERS, ("best-sgd", "best-momentum", "best-adam"), strict=True):
        best = measured[f"{optimiser} at {six.values[name]:g}"][0]
        assert best == max(measured[f"{optimiser} at {rate}"][0] for rate in RATES)
    assert_sound(differences(six.values["optimiser-verdicts"]), ["SGD", "SGD, momentum"])
    assert six.values["at-the-end"].count("(") == sum(
        six.values[name] in (RATES[0], RATES[-1])
        for name in ("best-sgd", "best-momentum", "best-adam")
    )


def test_every_variant_of_the_architecture_is_compared_with_one_baseline(six):
    found = differences(six.figures["fig-architectures"][1])
    assert_sound(found, VARIANTS)
    listed = {"higher": "shown-higher", "lower": "shown-lower", "not shown different": "not-shown"}
    for verdict, name in listed.items():
        assert six.values[name] == (
            ", ".join(case for case, row in found.items() if row[0] == verdict) or "none"
        )


def test_the_table_of_architectures_has_costs_beside_the_verdicts(six):
    tables = [o.data["text/html"] for o in six.outputs if "text/html" in o.get("data", {})]
    beside = [table for table in tables if "multiply–accumulates" in table and "verdict" in table]
    assert len(beside) == 1
    assert all(f"<th>{name}</th>" in beside[0] for name in VARIANTS)


def test_augmentations_are_measured_on_digits_as_they_are_and_on_digits_changed_likewise(six):
    assert_sound(differences(six.figures["fig-augmentations"][1]), CHANGES)
    assert_sound(differences(six.values["bought"]), CHANGES)
    assert 0 <= six.values["diagonal"] <= 5
    assert {six.values["worst-train"], six.values["safest"]} <= {"as it is", *CHANGES}


def test_confused_pairs_are_pairs_of_different_digits(six):
    for pairs in (six.values["top-simple"], six.values["top-small"]):
        found = re.findall(r"(\d) and (\d)", pairs)
        assert len(found) >= 3
        assert all(int(a) < int(b) for a, b in found)


def test_more_different_images_are_better_than_few(six):
    found = accuracies(six.figures["fig-sizes"][1])
    for network in ("SmallCNN", "dense(128)"):
        curve = {name: row for name, row in found.items() if name.startswith(network)}
        counts = [int(re.search(r", ([\d,]+) images", name)[1].replace(",", "")) for name in curve]
        assert counts == sorted(counts)
        assert (counts[0], counts[-1]) == (six.values["fewest"], six.values["n-train"])
        first, *_, last = curve.values()
        assert last[0] > first[0]
    assert_sound(differences(six.values["quadrupling"]), [""])
    assert_sound(differences(six.values["start"]), [""])


def test_batch_norm_is_compared_at_three_learning_rates(six):
    names = [
        f"{title} at {rate}" for title in ("with", "without") for rate in (0.0003, 0.003, 0.03)
    ]
    assert_measured(accuracies(six.figures["fig-norm"][1]), names)
    assert_sound(differences(six.values["largest-verdict"]), [""])
    assert_sound(differences(six.values["other-verdicts"]), ["at 0.0003", "at 0.003"])


def test_what_batch_norm_does_is_recorded_as_it_is_told(six):
    (record,) = [kept for output in six.outputs if (kept := output.get("data", {}).get(RECORD))]
    assert record["claim"] == "C13"
    values = record["values"]
    assert values["batch_norms"] == {"SimpleCNN": 3, "TinyCNN": 0, "ComplexCNN": 0}
    verdict, _, low, high = differences(six.values["largest-verdict"])[""]
    assert values["says"] == verdict
    assert (100 * values["low"], 100 * values["high"]) == pytest.approx((low, high), abs=0.0051)


def test_the_template_runs(six):
    assert_measured(accuracies(six.figures["fig-mine"][1]), ["as it is", "weight decay"])
    assert_sound(differences(six.values["mine-verdict"]), ["weight decay"])


def test_the_invented_attempts_are_a_lucky_a_steady_a_like_and_a_worse_one(six):
    found = differences(six.figures["fig-attempts"][1])
    assert_sound(found, ["A", "B", "C", "D"])
    assert [row[0] for row in found.values()] == [
        "not shown different",
        "higher",
        "not shown different",
        "lower",
    ]
    assert max(found, key=lambda name: found[name][1]) == "A"


@pytest.mark.parametrize("answer", ["B", ["b"], {"B"}, ("B",)])
def test_the_attempt_that_is_better_may_be_named_in_any_list(answer):
    assert check("attempts", answer)


def test_no_other_attempts_are_right():
    names = [set(some) for size in range(5) for some in itertools.combinations("ABCD", size)]
    assert [some for some in names if check("attempts", some)] == [{"B"}]


def test_the_prediction_of_a_step_has_one_right_answer_of_nine():
    pairs = itertools.product(("longer", "shorter", "the same"), repeat=2)
    assert [pair for pair in pairs if check("steeper", pair)] == [("longer", "the same")]


@pytest.mark.parametrize("measure", [pd.Series.mean, pd.Series.median])
def test_a_recipe_is_chosen_by_all_its_seeds(measure):
    def choice(runs):
        return max(
            sorted(set(runs["case"])),
            key=lambda case: measure(runs["validation"][runs["case"] == case]),
        )

    assert check("choice", choice)


@pytest.mark.parametrize(
    "scores",
    [
        lambda runs: -runs["validation"].mean(),
        lambda runs: runs["validation"].std(),
        lambda runs: runs["validation"].count(),
        lambda runs: runs["validation"].first(),
        lambda runs: runs["validation"].mean() + runs["test"].mean(),
        lambda runs: runs["validation"].mean() - runs["validation"].std(),
        lambda runs: runs["seed"].mean(),
    ],
)
def test_a_recipe_is_not_chosen_otherwise(scores):
    assert not check("choice", lambda runs: scores(runs.groupby("case")).idxmax())


def test_the_filters_are_counted_as_pytorch_counts_them():
    counted = models.count_parameters(models.SmallCNN(channels=(16, 32)))
    assert all(
        check("twice-the-filters", count)
        for count in (counted, float(counted), torch.tensor(counted))
    )
    assert not any(check("twice-the-filters", counted + off) for off in (-1, 1, 0.5))


BLACK = -0.4242
SCANNED = augment.Affine(rotation=20, translation=4 / 28, fill=BLACK)


def whole_pixels(images, generator):
    angles = 40 * torch.rand(len(images), generator=generator) - 20
    turned = augment.rotate(images, angles, BLACK)
    moves = torch.randint(-4, 5, (len(images), 2), generator=generator).tolist()
    return torch.cat(
        [
            augment.shift(image[None], *move, BLACK)
            for image, move in zip(turned, moves, strict=True)
        ]
    )


def one_for_all(images, generator):
    angle, right, down = (2 * torch.rand(3, generator=generator) - 1).tolist()
    return augment.shift(
        augment.rotate(images, 20 * angle, BLACK), round(4 * right), round(4 * down), BLACK
    )


@pytest.mark.parametrize(
    "answer",
    [
        SCANNED,
        dataclasses.replace(SCANNED, translation=0.143),
        augment.Chain(
            (dataclasses.replace(SCANNED, translation=0), dataclasses.replace(SCANNED, rotation=0))
        ),
        lambda images, generator: images.copy_(SCANNED(images, generator)),
        whole_pixels,
    ],
)
def test_a_scanner_may_be_imitated_in_any_way(answer):
    assert check("scanner", (answer, BLACK))


@pytest.mark.parametrize(
    "answer",
    [
        *(dataclasses.replace(SCANNED, rotation=angle) for angle in (0, 15, 19, 21, 25)),
        *(
            dataclasses.replace(SCANNED, translation=share)
            for share in (0, 0.1, 3 / 28, 5 / 28, 0.2)
        ),
        *(
            dataclasses.replace(SCANNED, fill=paper)
            for paper in (BLACK - 0.1, BLACK + 0.1, -BLACK, 1)
        ),
        dataclasses.replace(SCANNED, scaling=0.1),
        dataclasses.replace(SCANNED, shear=10),
        augment.Chain((SCANNED, SCANNED)),
        augment.Chain((SCANNED, augment.Noise(0.05))),
        lambda images, generator: SCANNED(images),
        one_for_all,
    ],
)
def test_another_augmentation_is_no_such_scanner(answer):
    assert not check("scanner", (answer, BLACK))


SMALL = training.Recipe(epochs=1, batch_size=64)


@pytest.mark.parametrize(
    ("fields", "is_right"),
    [
        ({"label_smoothing": 0.1}, True),
        ({"label_smoothing": 0.2}, False),
        ({"weight_decay": 0.1}, False),
        ({"label_smoothing": 0.1, "epochs": 5}, False),
        ({"label_smoothing": 0.1, "precision": "float32"}, False),
        ({"label_smoothing": 0.1, "momentum": 0.5, "schedule": "constant"}, False),
    ],
)
def test_one_change_is_one_change(fields, is_right):
    assert bool(check("one-change", (dataclasses.replace(SMALL, **fields), SMALL))) == is_right
    assert (
        bool(
            check(
                "one-change", (training.Recipe(**{"epochs": 1, "batch_size": 64} | fields), SMALL)
            )
        )
        == is_right
    )
